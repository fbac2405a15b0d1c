"""A PostgreSQL that runs for these tests alone, and an empty place for the audit table in it and in SQLite."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scimbridge.observe.audit_database import AuditDatabase


class Postgres:
    """A PostgreSQL of our own, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where the system names no directory for sockets
            import pgserver  # noqa: PLC0415

        self._get_server = pgserver.get_server
        self._folder = folder
        self.start()

    def start(self) -> None:
        """Start it, with what it held before."""
        self._server = self._get_server(self._folder, cleanup_mode="stop")

    def stop(self) -> None:
        """Stop it."""
        self._server.cleanup()

    @property
    def url(self) -> str:
        """Where it is, for its superuser."""
        return self._server.get_uri()

    def run(self, sql: str) -> str:
        """Carry out SQL by its own client."""
        return self._server.psql(sql)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory) -> Iterator[Postgres]:
    # Not below pytest's own directory, which is root's alone, while the server runs as another user.
    import tempfile  # noqa: PLC0415

    if sys.version_info >= (3, 13):
        pytest.skip("no PostgreSQL comes as a wheel for this Python (pgserver)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> Iterator[str]:
    """Where an empty database is."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/audit.db"
        return
    server = request.getfixturevalue("postgres")
    server.run("DROP TABLE IF EXISTS scimbridge_audit, scimbridge_audit_version")
    yield server.url


@pytest.fixture
def open_database(url) -> Iterator[Callable[..., AuditDatabase]]:
    opened = []

    def open_it(where: str | None = None, clock: Callable[[], float] = time.monotonic) -> AuditDatabase:
        opened.append(AuditDatabase(where or url, clock))
        return opened[-1]

    yield open_it
    for database in opened:
        database.close()
