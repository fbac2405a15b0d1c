"""A clock to set by hand, calls to play back, and a small real HTTP server that misbehaves on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scimbridge.pingone.send import Response
from scimbridge.pingone.sending.connect import Approach, connect
from scimbridge.state.memory import MemoryState

ENV = "3f1c2c9e-0a55-4a2e-9c5e-6a1f6f2b9d01"
DATE = "Sat, 01 Mar 2025 09:15:27 GMT"


class _Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds

    def wait(self, event, seconds):
        self.sleep(seconds)


@pytest.fixture
def clock():
    return _Clock()


class _Moving:
    """The real clock, which can be put forward; sleeping and waiting do so."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.slept = []

    def __call__(self):
        return time.monotonic() + self.offset

    def wall(self):
        return time.time() + self.offset

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.offset += seconds

    def wait(self, event, seconds):
        self.sleep(seconds)

    @property
    def arguments(self):
        """What connect is given to go by this clock."""
        return {
            "clock": self,
            "wall": self.wall,
            "sleep": self.sleep,
            "wait": self.wait,
            "state": MemoryState(self),
        }


@pytest.fixture
def moving():
    return _Moving()


class _Playback:
    """A Send that answers from a list: an error is raised, a Response returned; the last one stays."""

    def __init__(self, *answers) -> None:
        self.answers = deque(answers)
        self.requests = []
        self.calls = []

    def __call__(self, request, call):
        self.requests.append(request)
        self.calls.append(call)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request, call)
        return answer


@pytest.fixture
def playback():
    return _Playback


@pytest.fixture
def ok():
    return Response(200, {}, {"id": "x"})


@dataclass
class _Seen:
    method: str
    path: str
    headers: dict
    body: bytes


def answer(status=200, body=b'{"id":"x"}', *, length=None, close=False, **headers):
    """Behaviour: answer; `length` is told in place of the true one."""

    def behave(handler) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response_only(status)
        handler.send_header("Date", DATE)
        handler.send_header("Correlation-Id", "corr-1")
        handler.send_header("Content-Type", "application/hal+json;charset=UTF-8")
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        handler.end_headers()
        handler.wfile.write(content)
        if close:
            handler.close_connection = True

    return behave


def drop(handler) -> None:
    """Behaviour: hang up without an answer."""
    handler.close_connection = True


def slow(seconds, then):
    """Behaviour: wait, then do as `then` does."""

    def behave(handler) -> None:
        time.sleep(seconds)
        then(handler)

    return behave


def trickle(seconds, pieces):
    """Behaviour: a good body, one byte at a time."""

    def behave(handler) -> None:
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(pieces))
        handler.end_headers()
        for _ in range(pieces):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                break
            time.sleep(seconds)
        handler.close_connection = True

    return behave


@dataclass
class _Host:
    """The misbehaving host: `script` is played, then `usual` for ever; tokens are numbered t1, t2, ..."""

    url: str = ""
    script: deque = field(default_factory=deque)
    usual: object = field(default_factory=answer)
    seen: list = field(default_factory=list)
    tokens: deque = field(default_factory=deque)
    issued: int = 0
    connections: int = 0
    lock: object = field(default_factory=threading.Lock)

    def play(self, *behaviours):
        self.script.extend(behaviours)

    def issue(self, handler):
        with self.lock:
            behave = self.tokens.popleft() if self.tokens else None
            self.issued += 1
            number = self.issued
        (behave or answer(200, {"access_token": f"t{number}", "expires_in": 3600}))(handler)

    @property
    def api(self):
        return [each for each in self.seen if not each.path.endswith("/as/token")]

    @property
    def asked_for_token(self):
        return [each for each in self.seen if each.path.endswith("/as/token")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.server.host.connections += 1

    def handle_any(self) -> None:
        host = self.server.host
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = _Seen(self.command, self.path, dict(self.headers.items()), body)
        with host.lock:
            host.seen.append(seen)
            token = self.path.endswith("/as/token")
            behave = host.issue if token else host.script.popleft() if host.script else host.usual
        behave(self)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

    def log_message(self, *args) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address) -> None:
        pass


@contextmanager
def _serve(host, context=None):
    """Serve on a free port, which is yielded; behind TLS where a context is given."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.host = host
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def serve():
    return _serve


@pytest.fixture
def host():
    host = _Host()
    with _serve(host) as port:
        host.url = f"http://127.0.0.1:{port}"
        yield host


@pytest.fixture
def connection(host):
    """The whole client towards the misbehaving host; `connection(...)` takes other arguments for connect."""
    made = []

    def make(**others):
        arguments = {
            "environment_id": ENV,
            "client_id": "worker",
            "client_secret": "top~secret",
            "api_url": host.url,
            "auth_url": host.url,
            "state": MemoryState(time.monotonic),
            "rate": 10_000.0,
            "timeout": 60.0,  # a machine that is busy is no host that says nothing
            "random": lambda: 0.0,
            "sleep": lambda seconds: None,
        }
        made.append(connect(Approach(**{**arguments, **others})))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def behaviours():
    """The ways to misbehave, by name."""
    return {"answer": answer, "drop": drop, "slow": slow, "trickle": trickle}
