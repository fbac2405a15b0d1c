"""The bridge under gunicorn: a checked start, threads, and refusals in SCIM's words instead of HTML.

Knows gunicorn, sockets and processes; nothing of what the application does. What is served comes as
`prepare`: it is called in the master, before a socket is bound, raises when the configuration is faulty, and
returns the factory that every worker calls once for an application of its own. So nothing that cannot live
through a fork (connections, locks, threads) is made before it.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import _DEFER, DEFAULT_WORKER_DATA_TIMEOUT, TConn, ThreadWorker

from scimbridge.observe import logs, processes
from scimbridge.serve import addresses, tuning
from scimbridge.serve.listening import check_address
from scimbridge.serve.refusals import (
    ARRIVAL,
    LONGEST_HEADER,
    LONGEST_REQUEST_LINE,
    MOST_HEADERS,
    SlowRequest,
    Stopping,
    refusal,
    render,
)
from scimbridge.serve.service_manager import ServiceManager
from scimbridge.serve.tls import Tls, make_context

Wsgi = Callable[..., Any]
Factory = Callable[[], Wsgi]
Prepare = Callable[[], Factory]

KEPT_ALIVE = 75
"""Seconds that an idle connection stays open: longer than load balancers keep theirs (60)."""
BEGUN_LATE = 3.0
"""Seconds after which a worker that was told to stop begins nothing more: what is begun then could not be finished."""

_log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. Without `tls` it is plain HTTP.

    `graceful_seconds` is what requests under way get at a stop: the longest that one may take, and five seconds.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    threads: int = 32
    graceful_seconds: int = 55
    tls: Tls | None = None


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
        self._options = options
        self.renew()
        super().__init__(prog="scimbridge")

    def renew(self) -> None:
        """Take configuration and TLS files as they are now; where anything is wrong with them, nothing changes."""
        # Whoever prepares looks at the TLS files too, so that all faults are one answer.
        factory = self._prepare()
        self._context = None if self._options.tls is None else make_context(self._options.tls)
        self._factory = factory

    def load_config(self) -> None:
        """Set all that matters, so that no variable meant for another gunicorn changes it."""
        options = self._options
        host = f"[{options.host}]" if ":" in options.host else options.host
        chosen = {
            "bind": [f"{host}:{options.port}"],
            "workers": options.workers,
            "threads": options.threads,
            "worker_class": Worker,
            "worker_tmp_dir": processes.MEMORY,
            "worker_connections": 1000 + options.threads,
            "preload_app": False,
            "child_exit": lambda _master, tuning: processes.forget_gauges(tuning.pid),
            "max_requests": 0,
            "timeout": 60,
            "graceful_timeout": options.graceful_seconds,
            "keepalive": KEPT_ALIVE,
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

    def __init__(self, app: _Served, manager: ServiceManager, listening: addresses.Listening) -> None:
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


class _Unreader(SocketUnreader):
    """Reads a request from its socket until `deadline` (monotonic seconds), and no longer."""

    deadline = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what has arrived, or raise SlowRequest."""
        if self.sock.gettimeout() is not None:  # the drain of an unread body brings a bound of its own
            arrived: bytes = super().chunk(size_hint)
            return arrived
        remaining = self.deadline - time.monotonic()
        try:
            self.sock.settimeout(max(remaining, 0.001))
            arrived = super().chunk(size_hint)
        except TimeoutError as error:
            raise SlowRequest from error
        finally:
            self.sock.settimeout(None)
        return arrived


class Worker(ThreadWorker):
    """A threaded worker that bounds how long a request takes to arrive, and refuses in SCIM's words."""

    begins_until = float("inf")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop: what is under way goes on, what waits for a thread is begun only while there is time."""
        self.begins_until = min(self.begins_until, time.monotonic() + BEGUN_LATE)
        super().handle_exit(sig, frame)

    def handle_request(self, req: Any, conn: TConn) -> object:
        """Carry out a request that has arrived."""
        if time.monotonic() > self.begins_until:
            raise Stopping
        return super().handle_request(req, conn)

    def handle(self, conn: TConn) -> object:
        """Serve one request of a connection."""
        if conn.parser is None:
            if self.cfg.is_ssl:
                if not conn.wait_for_data(DEFAULT_WORKER_DATA_TIMEOUT):
                    return _DEFER
                if not _secure(conn):
                    return False
            conn.parser = RequestParser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = _Unreader(conn.sock)
            # A client that does not read its answer is let go as well: the kernel's send timeout.
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(ARRIVAL), 0))
        conn.parser.unreader.deadline = time.monotonic() + ARRIVAL
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:  # noqa: ARG002 - gunicorn's signature
        """Answer for what never reached the application, or broke out of it (RFC 7644 §3.12)."""
        if isinstance(exc, ssl.SSLError):  # what is said over a broken connection is not heard
            _log.info("TLS connection broken", reason=exc.reason)
            return
        status, detail = refusal(exc)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request failed", method=getattr(req, "method", None), exc_info=exc)
        else:
            _log.warning("request refused", status=status.value, reason=type(exc).__name__)
        try:
            util.write_nonblock(client, render(status, detail))
        except OSError as error:
            _log.debug("client gone before the refusal", reason=type(error).__name__)


def _secure(conn: TConn) -> bool:
    """Put TLS around a new connection, and say whether both sides agreed on it within ARRIVAL."""
    try:
        conn.sock = ssl_wrap_socket(conn.sock, conn.cfg)
        conn.sock.settimeout(ARRIVAL)
        conn.sock.do_handshake()
    except ssl.SSLError as error:
        _log.info("TLS refused", reason=error.reason)
        return False
    except OSError as error:
        _log.debug("client gone before TLS", reason=type(error).__name__)
        return False
    # Whoever has connected and sends nothing yet is waited for without a thread, as it is without TLS.
    conn.data_ready = conn.sock.pending() > 0
    return True
