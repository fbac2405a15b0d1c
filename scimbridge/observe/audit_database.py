"""Records as rows of a database, SQLite or PostgreSQL, through SQLAlchemy.

What is searched for has columns of its own; the rest of a record is one JSON value, so that a later version may record
more without changing the table (`audit_table`). Rows are inserted, and never changed or deleted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    create_engine,
    event,
    exists,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from scimbridge.observe.audit import BEGUN, NAMED, Record, Unwritable, Wanted, stamp
from scimbridge.observe.audit_table import AUDIT, make_ready

CONNECTIONS = 8  # of one process, at most
PATIENCE = 3  # seconds: for a connection, for a free one of the pool, and for an answer that does not come
REST = 5.0  # seconds without trying, after a database could not be reached: nobody waits for it again and again
MODE = 0o600

SEARCHED = ("id", "result", "time", "client", "request", "verb", "resource", "key")


class AuditDatabase:
    """A table of one row for each record, made or brought up to date at first use.

    `url` is sqlite:///path or postgresql://...; `clock` counts seconds. A lost connection is made anew. A database that
    cannot be reached is left alone for five seconds, in which records are refused at once.
    """

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        """Make the way to the database; nothing is connected yet. Raises ValueError for what is no such URL."""
        parts = _read_url(url)
        self.name = parts.get_backend_name()
        self._engine = _engine(parts)
        # SQLite's file is its own; PostgreSQL may be made to wait for a lock, and then so would every change.
        is_file = self.name == "sqlite"
        self._file = Path(str(parts.database)).absolute() if is_file else None
        self._opened: tuple[int, int] | None = None
        self._limit = None if is_file else text(f"SET LOCAL statement_timeout = {PATIENCE * 1000}")
        self._clock = clock
        self._lock = threading.Lock()
        self._is_made = False
        self._rests_until = float("-inf")

    def check(self) -> None:
        """Connect, and have the table there. Raises `Unwritable`."""
        try:
            self._make()
        except (SQLAlchemyError, OSError) as error:
            raise Unwritable(_reason(error) if isinstance(error, SQLAlchemyError) else "its file") from error

    def write(self, record: Record) -> None:
        """Insert a row and commit it. Raises `Unwritable`."""
        if self._clock() < self._rests_until:
            raise Unwritable("the database could not be reached a moment ago")
        row = _row(record)
        try:
            try:
                self._insert(row)
            except DBAPIError as error:
                if not _is_stale(error):
                    raise
                self._is_made = False
                self._insert(row)
        except IntegrityError as error:
            if not self._is_there(record):  # else the first of the two tries was carried out after all
                raise Unwritable("the database refuses the row") from error
        except SQLAlchemyError as error:
            self._rests_until = self._clock() + REST
            raise Unwritable(_reason(error)) from error

    def find(self, wanted: Wanted, limit: int | None = None) -> Iterator[Record]:
        """Yield what is wanted, the newest first, one for each id: its result where there is one.

        Rows are read as they are needed. Raises `Unwritable` where the database cannot be read.
        """
        try:
            if not inspect(self._engine).has_table(AUDIT.name):
                return
            statement = select(AUDIT).where(*_conditions(wanted)).order_by(AUDIT.c.time.desc(), AUDIT.c.id)
            with self._engine.connect().execution_options(yield_per=1000) as connection:
                for row in connection.execute(statement.limit(limit)):
                    yield _record(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        except SQLAlchemyError as error:
            raise Unwritable(_reason(error)) from error

    def close(self) -> None:
        """End all connections; the next record makes a new one."""
        self._engine.dispose()

    def _insert(self, row: dict[str, Any]) -> None:
        if not self._is_made:
            self._make()
        if self._opened is not None and self._opened != _identity(self._file):
            raise Unwritable(
                "the database's file was moved or deleted while in use; do that while the bridge is stopped"
            )
        with self._begin() as connection:
            connection.execute(insert(AUDIT), row)

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            if self._limit is not None:
                connection.execute(self._limit)
            yield connection

    def _make(self) -> None:
        """Have the table there, as this version writes it."""
        with self._lock:
            if self._is_made:
                return
            if self._file is not None and self._opened is None:
                _make_file(self._file)
            with self._begin() as connection:
                make_ready(connection)
            self._opened = _identity(self._file)
            self._is_made = True

    def _is_there(self, record: Record) -> bool:
        same = (AUDIT.c.id == record.id) & (AUDIT.c.result == record.result)
        try:
            with self._engine.connect() as connection:
                return connection.execute(select(func.count()).where(same)).scalar_one() > 0
        except SQLAlchemyError:
            return False


def _read_url(url: str) -> URL:
    try:
        parts = make_url(url)
    except ArgumentError:
        raise ValueError("the URL of the database is not readable") from None
    if parts.get_backend_name() == "postgresql":
        return parts.set(drivername="postgresql+psycopg")
    if parts.drivername != "sqlite" or not parts.database:
        raise ValueError("the database has to be sqlite:///path or postgresql://user:password@host/name")
    return parts


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        # Two connections are enough: SQLite writes one row after the other.
        engine = create_engine(url, pool_size=2, max_overflow=0, connect_args={"timeout": PATIENCE})
        event.listen(engine, "connect", _share)
        return engine
    given = {"connect_timeout": PATIENCE, "tcp_user_timeout": PATIENCE * 1000, "application_name": "scimbridge"}
    return create_engine(
        url,
        # What the URL says wins. No prepared statements: a pooler between may give each transaction another session.
        connect_args={name: value for name, value in given.items() if name not in url.query}
        | {"prepare_threshold": None},
        pool_size=2,
        max_overflow=CONNECTIONS - 2,
        pool_timeout=PATIENCE,
        pool_recycle=1800,
    )


def _share(connection: Any, _record: Any) -> None:
    """Let a file be read while it is written to; a row then outlives the process and not a power failure."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _make_file(path: Path) -> None:
    """Make SQLite's file for its owner alone, where it is not there."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, MODE))
    except OSError as error:
        raise Unwritable(os.strerror(error.errno or 0)) from error


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Return which file has a name: device and inode."""
    try:
        found = None if path is None else path.stat()
    except FileNotFoundError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)


def _is_stale(error: DBAPIError) -> bool:
    """Whether a second try may help: the connection had died, or the table is no longer there."""
    missing = isinstance(error, ProgrammingError) or (isinstance(error, OperationalError) and "no such" in str(error))
    return error.connection_invalidated or missing


def _row(record: Record) -> dict[str, Any]:
    told = record.to_json()
    row = {name: getattr(record, name) for name in SEARCHED}
    row |= {"time": _moment(record.time), "status": record.status}
    row["details"] = {name: value for name, value in told.items() if name not in (*SEARCHED, "status")}
    return row


def _record(row: Any) -> Record:
    moment = row["time"]
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    told = {name: row[name] for name in SEARCHED if name != "time"}
    told["time"] = stamp(moment.timestamp())
    return replace(Record.from_json({**row["details"], **told}), status=row["status"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for name in NAMED:
        value = getattr(wanted, name)
        if value is not None:
            yield AUDIT.c[name] == value
    if wanted.since is not None:
        yield AUDIT.c.time >= wanted.since.astimezone(UTC)
    if wanted.until is not None:
        yield AUDIT.c.time < wanted.until.astimezone(UTC)
    later = AUDIT.alias()
    yield (AUDIT.c.result != BEGUN) | ~exists().where(later.c.id == AUDIT.c.id, later.c.result != BEGUN)


def _reason(error: SQLAlchemyError) -> str:
    """Return what kind of failure it was: SQLAlchemy's sentences hold the row."""
    return f"{type(error).__name__} of the database"
