"""Start the sandbox: in the process of a test, or as a program of its own.

Joins directory, tokens, faults, journal, storage and the HTTP server; knows no rule of PingOne's.
"""

from __future__ import annotations

import secrets
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Self

from scimbridge.sandbox.http.app import SandboxParts, create_app
from scimbridge.sandbox.http.tokens import IssuedTokens, WorkerCredentials
from scimbridge.sandbox.journal import Journal
from scimbridge.sandbox.store import storage
from scimbridge.sandbox.store.directory import Directory
from scimbridge.sandbox.store.seed import USERS, seed_company, seed_default_population
from scimbridge.sandbox.trouble.faults import Faults, FaultSettings
from scimbridge.sandbox.trouble.switches import Switches
from scimbridge.sandbox.wire import HttpServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from _typeshed.wsgi import WSGIApplication
    from flask import Flask


def _new_id() -> str:
    return str(uuid.uuid4())


def make_credentials() -> WorkerCredentials:
    """Return credentials nobody else has: a new environment, a new worker application."""
    return WorkerCredentials(_new_id(), _new_id(), secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class Running:
    """A server at work; `url` has no slash at its end."""

    url: str
    server: HttpServer

    def close(self) -> None:
        """Stop it and wait for its threads."""
        self.server.close()


def start(app: WSGIApplication, port: int = 0, host: str = "127.0.0.1") -> Running:
    """Serve an application in threads; port 0 takes a free one. Raises OSError when the port is taken."""
    server = HttpServer(app, host, port)
    server.start()
    return Running(f"http://{host}:{server.port}", server)


class Sandbox:
    """A sandbox in this process: `with Sandbox.start() as sandbox: ... sandbox.url ...`."""

    def __init__(self, app: Flask, parts: SandboxParts) -> None:
        self.app = app
        self.directory = parts.directory
        self.tokens = parts.tokens
        self.faults = parts.faults
        self.journal = parts.journal
        self._running: Running | None = None
        self._saver: storage.Saver | None = None

    @classmethod
    def make(
        cls,
        *,
        switches: Switches | None = None,
        faults: Faults | None = None,
        seed: int | None = None,
        data: Path | None = None,
        credentials: WorkerCredentials | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Sandbox:
        """Return a sandbox that does not listen: for `sandbox.app.test_client()`.

        `seed` is the number of users of the small company; None: only the default population. `data` is the
        file that keeps everything: read when it is there (then nothing is seeded and its credentials hold).
        Raises storage.BadFileError and OSError.
        """
        switches = switches or Switches()
        content = storage.read(data) if data is not None and data.exists() else None
        if content is not None:
            credentials = storage.credentials_of(content)
        credentials = credentials or make_credentials()
        directory = Directory(credentials.environment_id, switches, new_id=_new_id, clock=clock, monotonic=monotonic)
        if content is not None:
            storage.restore(directory, content)
        elif seed is not None:
            seed_company(directory, seed)
        else:
            seed_default_population(directory)
        tokens = IssuedTokens(credentials, switches, clock=monotonic, new_token=lambda: secrets.token_urlsafe(48))
        parts = SandboxParts(directory, tokens, faults or Faults(), Journal(), secrets.token_bytes(32))
        sandbox = cls(create_app(parts), parts)
        if data is not None:
            sandbox._saver = storage.Saver(data, directory, credentials)
        return sandbox

    @classmethod
    def start(
        cls,
        *,
        switches: Switches | None = None,
        faults: Faults | None = None,
        seed: int | None = None,
        data: Path | None = None,
        credentials: WorkerCredentials | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> Sandbox:
        """Return a sandbox that listens; the arguments are those of `make`. Raises OSError too."""
        sandbox = cls.make(switches=switches, faults=faults, seed=seed, data=data, credentials=credentials)
        sandbox.listen(port, host)
        return sandbox

    def listen(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Start to answer, and to save where there is a file. Raises OSError when the port is taken."""
        self._running = start(self.app, port, host)
        if self._saver is not None:
            self._saver.start()

    @property
    def url(self) -> str:
        """Base address of both the API and the token endpoint, without `/v1`."""
        if self._running is None:
            raise RuntimeError("the sandbox does not listen; use Sandbox.start")
        return self._running.url

    @property
    def environment_id(self) -> str:
        """Id of the one environment."""
        return self.tokens.credentials.environment_id

    @property
    def client_id(self) -> str:
        """Id of the worker application."""
        return self.tokens.credentials.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the worker application."""
        return self.tokens.credentials.client_secret

    def revoke_tokens(self) -> None:
        """Make every token that was issued a bad one."""
        self.tokens.revoke_all()

    def close(self) -> None:
        """Stop listening, then save for the last time."""
        if self._running is not None:
            self._running.close()
            if self._saver is not None:
                self._saver.close()
            self._running = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run(
    port: int = 9090,
    host: str = "127.0.0.1",
    *,
    data: Path | None = None,
    seed: int | None = USERS,
    faults: FaultSettings | None = None,
    switches: Switches | None = None,
    credentials: WorkerCredentials | None = None,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM; tells where it listens and with which credentials.

    For the command line; has to be called from the main thread. The arguments are those of `Sandbox.start`.
    Raises OSError when the port is taken, storage.BadFileError for a file that is not ours.
    """
    stopped = Event()
    sandbox = Sandbox.start(
        switches=switches,
        faults=Faults(faults),
        seed=seed,
        data=data,
        credentials=credentials,
        port=port,
        host=host,
    )
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        announce(f"PingOne sandbox at {sandbox.url}, {len(sandbox.directory.users)} users")
        for name, value in describe(sandbox).items():
            announce(f"export {name}={value}")
        stopped.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sandbox.close()


def describe(sandbox: Sandbox) -> dict[str, str]:
    """Return the environment variables that point a bridge at a listening sandbox."""
    return {
        "SCIMBRIDGE_PINGONE_API_URL": sandbox.url,
        "SCIMBRIDGE_PINGONE_AUTH_URL": sandbox.url,
        "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": sandbox.environment_id,
        "SCIMBRIDGE_PINGONE_CLIENT_ID": sandbox.client_id,
        "SCIMBRIDGE_PINGONE_CLIENT_SECRET": sandbox.client_secret,
    }
