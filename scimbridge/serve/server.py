"""The bridge under gunicorn: a checked start, threads, and refusals in SCIM's words instead of HTML.

Knows gunicorn, sockets and processes; nothing of what the application does. What is served comes as
`prepare`: it is called in the master, before a socket is bound, raises when the configuration is faulty, and
returns the factory that every worker calls once for an application of its own. So nothing that cannot live
through a fork (connections, locks, threads) is made before it.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from scimbridge.observe import logs, processes
from scimbridge.observe.server_load import ServerLoad
from scimbridge.serve import addresses, tuning
from scimbridge.serve.bounds import ArrivalBounds
from scimbridge.serve.crowd import Networks
from scimbridge.serve.listening import check_address
from scimbridge.serve.refusals import LONGEST_HEADER, LONGEST_REQUEST_LINE, MOST_HEADERS
from scimbridge.serve.service_manager import ServiceManager
from scimbridge.serve.tls import Tls, make_context
from scimbridge.serve.worker import Worker
from scimbridge.settings.declared import Settings

Wsgi = Callable[..., Any]
Factory = Callable[[], Wsgi]
Prepare = Callable[[], Factory]

_log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. Without `tls` it is plain HTTP.

    `graceful_seconds` is what requests under way get at a stop: the longest that one may take, and five seconds.
    `bounds` is what a request may take until it is whole, `longest_wait` how many seconds it then waits for a thread,
    `client_share` the part of the threads that one client may hold. An address of `trusted_proxies` stands for many
    clients. `load` is where each worker says what it has to do.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    threads: int = 32
    graceful_seconds: int = 55
    tls: Tls | None = None
    bounds: ArrivalBounds = field(default=ArrivalBounds())
    longest_wait: float = 25.0
    client_share: float = 0.5
    trusted_proxies: Networks = ()
    load: ServerLoad = field(default_factory=ServerLoad, compare=False)


def choose(settings: Settings, tls: Tls | None, load: ServerLoad) -> Options:
    """Return the options that settings make."""
    bounds = ArrivalBounds(connections=settings.connections, connections_per_address=settings.connections_per_address)
    return Options(
        settings.host, settings.port, settings.workers, settings.threads,
        graceful_seconds=int(settings.request_deadline) + 5, tls=tls, bounds=bounds,
        # What is begun later would not have half of its time left.
        longest_wait=settings.request_deadline / 2, client_share=settings.thread_share,
        trusted_proxies=settings.trusted_proxies, load=load,
    )  # fmt: skip


def run(prepare: Prepare, options: Options) -> None:
    """Serve until SIGTERM or SIGINT. Whatever `prepare` raises is raised here, and nothing listens then.

    Raises `SettingsFaults` for TLS files that are no good, and `CannotListen` where the address cannot be had. SIGHUP
    prepares anew and reads the TLS files anew: when that fails, the old workers go on and the log says why. Who started
    it, and `scimbridge health`, are told of it all.
    """
    manager = ServiceManager.of(os.environ, time.monotonic_ns)
    with processes.counting_together(options.workers), addresses.listening(os.environ) as listening:
        served = _Served(prepare, options)
        check_address(options.host, options.port)
        Master(served, manager, listening).run()


class _Served(BaseApplication):
    """What gunicorn serves, with its settings."""

    def __init__(self, prepare: Prepare, options: Options) -> None:
        self._prepare = prepare
        self.options = options
        self.renew()
        super().__init__(prog="scimbridge")

    def renew(self) -> None:
        """Take configuration and TLS files as they are now; where anything is wrong with them, nothing changes."""
        # Whoever prepares looks at the TLS files too, so that all faults are one answer.
        factory = self._prepare()
        self._context = None if self.options.tls is None else make_context(self.options.tls)
        self._factory = factory

    def load_config(self) -> None:
        """Set all that matters, so that no variable meant for another gunicorn changes it."""
        options = self.options
        host = f"[{options.host}]" if ":" in options.host else options.host
        chosen = {
            "bind": [f"{host}:{options.port}"],
            "workers": options.workers,
            "threads": options.threads,
            "worker_class": Worker,
            "worker_tmp_dir": processes.MEMORY,
            # How many there may be is decided by our worker; gunicorn's own count would close kept-alive ones.
            "worker_connections": 1_000_000,
            "http_parser": "python",
            "preload_app": False,
            "child_exit": lambda _master, tuning: processes.forget_gauges(tuning.pid),
            "max_requests": 0,
            "timeout": 60,
            "graceful_timeout": options.graceful_seconds,
            "keepalive": int(options.bounds.idle) or 1,
            "limit_request_line": LONGEST_REQUEST_LINE,
            "limit_request_fields": MOST_HEADERS,
            "limit_request_field_size": LONGEST_HEADER,
            # X-Forwarded-* is the application's to judge (SCIMBRIDGE_TRUSTED_PROXIES), under any server.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "control_socket_disable": True,
            "logger_class": _Log,
            "accesslog": None,
            "proc_name": "scimbridge",
        }
        if options.tls is not None:
            # The files' names make gunicorn say https; what is used is the context that was made of them.
            chosen |= {
                "certfile": str(options.tls.certfile),
                "keyfile": None if options.tls.keyfile is None else str(options.tls.keyfile),
                "ssl_context": lambda _config, _default: self._context,
            }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        """Make the application; called once in every worker."""
        application = self._factory()
        tuning.tune()
        return application


class Master(Arbiter):
    """The process that holds the socket and the workers, and tells others on this machine how far it is."""

    def __init__(self, app: _Served, manager: ServiceManager, listening: addresses.ListeningFile) -> None:
        self._manager, self._listening, self._url = manager, listening, ""
        super().__init__(app)

    def start(self) -> None:
        """Bind the socket, and say where."""
        super().start()
        self._url = addresses.url_of(self.LISTENERS[0].getsockname()[:2], tls=self.cfg.is_ssl)
        if trouble := self._listening.say(self._url):
            _log.warning("health cannot find this bridge by itself", reason=trouble, url=self._url)
        self._manager.ready(f"listens at {self._url}")

    def handle_hup(self) -> None:
        """Take a changed configuration, unless it is faulty: then nothing changes."""
        self._manager.reloading()
        try:
            self.app.renew()
        except Exception as error:  # noqa: BLE001 - whatever it is, the workers that run must go on
            faults = getattr(error, "faults", ())
            _log.error("reload refused: what was in force before goes on", faults=faults, exc_info=error)
            self._manager.ready(f"listens at {self._url}; the last reload was refused, the log says why")
            return
        super().handle_hup()
        self._manager.ready(f"listens at {self._url}")

    def stop(self, graceful: bool = True) -> None:
        """Say so, and let requests under way finish."""
        self._manager.stopping()
        self._listening.close()
        super().stop(graceful)


class _Log(Logger):
    """Hands gunicorn's sentences to our one handler, instead of writing them in its own way."""

    def setup(self, cfg: Any) -> None:
        """Let records rise to the root logger, which `logs.configure` made ready."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.loglevel = logging.getLogger().getEffectiveLevel()
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
            log.setLevel(logging.NOTSET)
