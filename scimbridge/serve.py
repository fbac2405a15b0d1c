"""The bridge under gunicorn: a checked start, threads, and refusals in SCIM's words instead of HTML.

Knows gunicorn, sockets and processes; nothing of what the application does. What is served comes as
`prepare`: it is called in the master, before a socket is bound, raises when the configuration is faulty, and
returns the factory that every worker calls once for an application of its own. So nothing that cannot live
through a fork (connections, locks, threads) is made before it.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http import RequestParser, errors
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from scimbridge.observe import logs
from scimbridge.scim.errors import ERROR_URN

Wsgi = Callable[..., Any]
Factory = Callable[[], Wsgi]
Prepare = Callable[[], Factory]

LONGEST_REQUEST_LINE = 8190
"""Bytes; gunicorn's own upper bound. Longer filters go by POST to /.search."""
MOST_HEADERS = 100
LONGEST_HEADER = 8190
ARRIVAL = 30.0
"""Seconds within which a request has to arrive whole, so that a trickle does not hold a thread."""
KEPT_ALIVE = 75
"""Seconds that an idle connection stays open: longer than load balancers keep theirs (60)."""

_log = logs.named(__name__)


class SlowRequest(errors.ParseException, ValueError):
    """A request that did not arrive within ARRIVAL.

    A ValueError, since werkzeug reads that from a body as a client that went away.
    """


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve; `graceful_seconds` is what requests under way get at a stop."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    threads: int = 32
    graceful_seconds: int = 55


def run(prepare: Prepare, options: Options) -> None:
    """Serve until SIGTERM or SIGINT. Whatever `prepare` raises is raised here, and nothing listens then.

    SIGHUP prepares anew: when that fails, the old workers go on and the log says why.
    """
    Master(_Served(prepare, options)).run()


class _Served(BaseApplication):
    """What gunicorn serves, with its settings."""

    def __init__(self, prepare: Prepare, options: Options) -> None:
        self.prepare = prepare
        self.factory = prepare()
        self._options = options
        super().__init__(prog="scimbridge")

    def load_config(self) -> None:
        """Set all that matters, so that no variable meant for another gunicorn changes it."""
        options = self._options
        host = f"[{options.host}]" if ":" in options.host else options.host
        chosen = {
            "bind": [f"{host}:{options.port}"],
            "workers": options.workers,
            "threads": options.threads,
            "worker_class": Worker,
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - a heartbeat file
            "worker_connections": 1000 + options.threads,
            "preload_app": False,
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
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        """Make the application; called once in every worker."""
        return self.factory()


class Master(Arbiter):
    """The process that holds the socket and the workers."""

    def handle_hup(self) -> None:
        """Take a changed configuration, unless it is faulty: then nothing changes."""
        try:
            self.app.factory = self.app.prepare()
        except Exception as error:  # noqa: BLE001 - whatever it is, the workers that run must go on
            _log.error("reload refused", faults=getattr(error, "faults", ()), exc_info=error)
            return
        super().handle_hup()


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

    def handle(self, conn: TConn) -> object:
        """Serve one request of a connection."""
        if not conn.initialized and conn.parser is None and not self.cfg.is_ssl:
            conn.parser = RequestParser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = _Unreader(conn.sock)
            # A client that does not read its answer is let go as well: the kernel's send timeout.
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(ARRIVAL), 0))
        if isinstance(getattr(conn.parser, "unreader", None), _Unreader):
            conn.parser.unreader.deadline = time.monotonic() + ARRIVAL
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:  # noqa: ARG002 - gunicorn's signature
        """Answer for what never reached the application, or broke out of it (RFC 7644 §3.12)."""
        status, detail = refusal(exc)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request failed", method=getattr(req, "method", None), exc_info=exc)
        else:
            _log.warning("request refused", status=status.value, reason=type(exc).__name__)
        try:
            util.write_nonblock(client, _answer(status, detail))
        except OSError as error:
            _log.debug("client gone before the refusal", reason=type(error).__name__)


_OURS = "The bridge failed; its log says why."
_REFUSALS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (errors.InvalidResponseHeader, HTTPStatus.INTERNAL_SERVER_ERROR, _OURS),
    (errors.InvalidResponseHeaderName, HTTPStatus.INTERNAL_SERVER_ERROR, _OURS),
    (
        errors.LimitRequestLine,
        HTTPStatus.REQUEST_URI_TOO_LONG,
        f"The request line is over {LONGEST_REQUEST_LINE} bytes; long queries go by POST to /.search.",
    ),
    (
        errors.LimitRequestHeaders,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The headers are too many or too long: at most {MOST_HEADERS} of {LONGEST_HEADER} bytes each.",
    ),
    (
        SlowRequest,
        HTTPStatus.REQUEST_TIMEOUT,
        f"The request did not arrive whole within {ARRIVAL:.0f} seconds.",
    ),
    (
        errors.ExpectationFailed,
        HTTPStatus.EXPECTATION_FAILED,
        "The only expectation that can be met is 100-continue.",
    ),
    (
        errors.UnsupportedTransferCoding,
        HTTPStatus.NOT_IMPLEMENTED,
        "The only transfer coding that can be read is chunked.",
    ),
    (
        errors.InvalidRequestLine,
        HTTPStatus.BAD_REQUEST,
        "The request line is malformed; a URL holds ASCII only, all else percent-encoded.",
    ),
    (errors.InvalidRequestMethod, HTTPStatus.BAD_REQUEST, "The method is not a word in capital letters."),
    (errors.InvalidHTTPVersion, HTTPStatus.BAD_REQUEST, "The HTTP version is neither 1.0 nor 1.1."),
    (errors.InvalidHeader, HTTPStatus.BAD_REQUEST, "A header, or the framing of the body, is malformed."),
    (errors.InvalidHeaderName, HTTPStatus.BAD_REQUEST, "The name of a header is malformed."),
    (errors.ObsoleteFolding, HTTPStatus.BAD_REQUEST, "A header goes on over a second line."),
    (errors.ParseException, HTTPStatus.BAD_REQUEST, "The request is not well-formed HTTP."),
)


def refusal(error: BaseException) -> tuple[HTTPStatus, str]:
    """Return the status and the detail for `error`; no detail repeats what the client sent."""
    for kind, status, detail in _REFUSALS:
        if isinstance(error, kind):
            return status, detail
    return HTTPStatus.INTERNAL_SERVER_ERROR, _OURS


def _answer(status: HTTPStatus, detail: str) -> bytes:
    body = json.dumps({"schemas": [ERROR_URN], "status": str(status.value), "detail": detail}).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Connection: close\r\n"
        "Content-Type: application/scim+json\r\n"
        "Cache-Control: no-store\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
