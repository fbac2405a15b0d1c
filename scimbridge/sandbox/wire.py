"""HTTP/1.1 on a loopback socket for one WSGI application: keep-alive, one thread for each connection.

The development server of werkzeug parses headers through the email package and writes head and body apart;
this one costs a fraction of it, answers with one write, and can close the socket without an answer, which
the sandbox needs. It is for tests and demonstrations, not for the open network.
"""

from __future__ import annotations

import contextlib
import io
import socket
import sys
from functools import lru_cache
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast
from urllib.parse import unquote_to_bytes

from scimbridge.sandbox.trouble.faults import ConnectionDroppedError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

REQUEST_LINE: Final = 8190
HEADERS: Final = 64 * 1024
BODY: Final = 16 * 1024 * 1024
IDLE: Final = 120.0
_REASONS: Final = {
    400: "Bad Request",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Headers Too Large",
}
_BODILESS: Final = ("204", "304")


class _BadRequestError(Exception):
    """The bytes are not a request that can be answered further on."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@lru_cache(maxsize=512)
def _environ_name(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def _read_head(reader: BinaryIO) -> tuple[list[str], dict[str, str]] | None:
    """Return the words of the request line and the headers under their WSGI names; None at the end."""
    line = reader.readline(REQUEST_LINE + 3)
    if not line:
        return None
    if len(line) > REQUEST_LINE + 2:
        raise _BadRequestError(414)
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 - method, target, version
        raise _BadRequestError(400)
    headers: dict[str, str] = {}
    size = 0
    while (line := reader.readline(HEADERS)) not in (b"\r\n", b"\n"):
        size += len(line)
        if size > HEADERS:
            raise _BadRequestError(431)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or name != name.strip():
            raise _BadRequestError(400)
        key = _environ_name(name)
        text = value.strip()
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return words, headers


def _read_body(reader: BinaryIO, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.pop("HTTP_TRANSFER_ENCODING", "").lower():
        return _read_chunks(reader)
    text = headers.get("CONTENT_LENGTH") or "0"
    if not text.isdigit():
        raise _BadRequestError(400)
    if int(text) > BODY:
        raise _BadRequestError(413)
    return reader.read(int(text))


def _read_chunks(reader: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(reader.readline(64).split(b";")[0], 16)
        except ValueError as error:
            raise _BadRequestError(400) from error
        total += size
        if total > BODY:
            raise _BadRequestError(413)
        if size == 0:
            while reader.readline(HEADERS).strip():
                continue
            return b"".join(chunks)
        chunks.append(reader.read(size))
        reader.readline(8)


def _cut(answer: bytes) -> bytes:
    """Return the head and half of the body; nothing of an answer that has no body, which would look whole."""
    head, blank, body = answer.partition(b"\r\n\r\n")
    return head + blank + body[: len(body) // 2] if body else b""


class HttpServer:
    """Serves an application until closed; listening starts with the constructor. Raises OSError there."""

    def __init__(self, application: WSGIApplication, host: str, port: int) -> None:
        self._application = application
        self._socket = socket.create_server((host, port), backlog=1024)
        self.host, self.port = self._socket.getsockname()[:2]
        self._lock = Lock()
        self._connections: dict[socket.socket, Thread] = {}
        self._closing = False
        self._acceptor = Thread(target=self._accept, name="sandbox-accept", daemon=True)

    def start(self) -> None:
        """Answer requests from now on, in threads of its own."""
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening, close all connections, wait for the threads."""
        self._closing = True
        with contextlib.suppress(OSError):  # a socket that is not connected says so, and wakes accept
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            open_now = dict(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in (self._acceptor, *open_now.values()):
            if thread.is_alive():
                thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(connection,), name="sandbox-connection", daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # One write an answer, and no waiting for acknowledgements: else small answers stall for 40 ms.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(IDLE)
        try:
            with connection, connection.makefile("rb", buffering=65536) as file:
                reader = cast("BinaryIO", file)
                while not self._closing and self._answer(connection, reader):
                    continue
        except (OSError, ConnectionDroppedError):
            return  # the other side is gone, or has to believe that we are
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _answer(self, connection: socket.socket, reader: BinaryIO) -> bool:
        """Answer one request and tell whether the connection stays."""
        try:
            head = _read_head(reader)
            if head is None:
                return False
            (method, target, version), headers = head
            if headers.get("HTTP_EXPECT", "").lower() == "100-continue":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = _read_body(reader, headers)
        except _BadRequestError as error:
            reason = _REASONS[error.status]
            text = f"HTTP/1.1 {error.status} {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            connection.sendall(text.encode())
            return False
        wish = headers.get("HTTP_CONNECTION", "").lower()
        keep = wish != "close" if version == "HTTP/1.1" else wish == "keep-alive"
        environ = self._environ(method, target, version, headers, body)
        answer = self._run(environ, keep=keep)
        if environ.get("sandbox.cut"):
            connection.sendall(_cut(answer))
            return False
        connection.sendall(answer)
        return keep

    def _environ(self, method: str, target: str, version: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        path, _, query = target.partition("?")
        return {
            **headers,
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.host,
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": version,
            "HTTP_HOST": headers.get("HTTP_HOST", f"{self.host}:{self.port}"),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.host,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def _run(self, environ: dict[str, Any], *, keep: bool) -> bytes:
        """Return the whole answer as bytes. Raises ConnectionDroppedError when there shall be none."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> Any:
            started[:] = [status, headers]
            return io.BytesIO().write

        result = self._application(environ, cast("StartResponse", start_response))
        try:
            body = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        status, headers = started
        lines = [f"HTTP/1.1 {status}", *(f"{n}: {v}" for n, v in headers if n.lower() != "content-length")]
        if not status.startswith(_BODILESS):
            lines.append(f"Content-Length: {len(body)}")
        if not keep:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head if environ["REQUEST_METHOD"] == "HEAD" or status.startswith(_BODILESS) else head + body
