"""Records as rows of a database, SQLite or PostgreSQL, through SQLAlchemy.

Rows are inserted, and never changed or deleted; what they hold stands in `audit_rows`. Each process has chains of its
own (`audit_chain`), as many as it writes rows at the same moment, so that no row waits for another and none costs a
call more.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    insert,
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

from scimbridge.observe.audit import Record, Unwritable, Wanted
from scimbridge.observe.audit_chain import OwnChains, new_chain_id
from scimbridge.observe.audit_rows import row_of
from scimbridge.observe.audit_stored import StoredRecords, reason_of
from scimbridge.observe.audit_table import AUDIT, make_ready

CONNECTIONS = 8  # of one process, at most
PATIENCE = 3  # seconds: for a connection, for a free one of the pool, and for an answer that does not come
REST = 5.0  # seconds without trying, after a database could not be reached: nobody waits for it again and again
MODE = 0o600
LATEST = 200  # rows in which a new writer looks for the chains of others


class AuditDatabase:
    """A table of one row for each record, made or brought up to date at first use.

    `url` is sqlite:///path or postgresql://...; `clock` counts seconds. A lost connection is made anew. A database that
    cannot be reached is left alone for five seconds, in which records are refused at once.
    """

    def __init__(self, url: str, clock: Callable[[], float], new_id: Callable[[], str] = new_chain_id) -> None:
        """Make the way to the database; nothing is connected yet. Raises ValueError for what is no such URL."""
        parts = _read_url(url)
        self.name = parts.get_backend_name()
        self._engine = _engine(parts)
        # SQLite's file is its own; PostgreSQL may be made to wait for a lock, and then so would every change.
        is_file = self.name == "sqlite"
        self._file = Path(str(parts.database)).absolute() if is_file else None
        self._opened: tuple[int, int] | None = None
        self._limit = None if is_file else text(f"SET LOCAL statement_timeout = {PATIENCE * 1000}")
        self.stored = StoredRecords(self._engine)
        self._clock = clock
        self._chains = OwnChains(new_id)
        self._lock = threading.Lock()
        self._is_made = False
        self._rests_until = float("-inf")

    def check(self) -> None:
        """Connect, and have the table there. Raises `Unwritable`."""
        try:
            self._make()
        except (SQLAlchemyError, OSError) as error:
            raise Unwritable(reason_of(error) if isinstance(error, SQLAlchemyError) else "its file") from error

    def write(self, record: Record) -> None:
        """Insert a row and commit it. Raises `Unwritable`."""
        if self._clock() < self._rests_until:
            raise Unwritable("the database could not be reached a moment ago")
        if not self._is_made:
            self._open()
        sealed = self._chains.seal(record)
        try:
            self._insert_surely(sealed)
        except IntegrityError as error:
            self._settle_double(sealed, error)
        except Unwritable:
            self._chains.unwritten(sealed)
            raise
        except BaseException as error:
            self._chains.lost(sealed)
            if not isinstance(error, SQLAlchemyError):
                raise
            self._rest()
            raise Unwritable(reason_of(error)) from error
        else:
            self._chains.written(sealed)

    def _settle_double(self, sealed: Record, error: IntegrityError) -> None:
        """Settle a row that the database refuses because it has one of that id and result. Raises `Unwritable`."""
        found = self._find_hash(sealed)
        if found == sealed.hash:  # the first of the two tries was carried out after all
            self._chains.written(sealed)
            return
        self._chains.unwritten(sealed)
        if found is None:
            raise Unwritable("the database refuses the row") from error

    def _rest(self) -> None:
        self._rests_until = self._clock() + REST

    def find(self, wanted: Wanted, limit: int | None = None) -> Iterator[Record]:
        """Yield what is wanted, as `StoredRecords.find` does."""
        return self.stored.find(wanted, limit)

    def _open(self) -> None:
        """Have the table there before the first row, and the first chain name where those of others end.

        Raises `Unwritable`.
        """
        try:
            self._make()
            with suppress(ProgrammingError):  # of a role that may insert and not read
                self._chains.name_next(self.stored.latest_ends(LATEST))
        except SQLAlchemyError as error:
            self._rest()
            raise Unwritable(reason_of(error)) from error

    def _insert_surely(self, record: Record) -> None:
        """Insert a row, once more where the connection had died or the table was gone."""
        row = row_of(record)
        try:
            self._insert(row)
        except DBAPIError as error:
            if not _is_stale(error):
                raise
            self._is_made = False
            self._insert(row)

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

    def _find_hash(self, record: Record) -> str | None:
        """Return the hash of the row that has this record's id and result, "" for one without, None where none is."""
        same = (AUDIT.c.id == record.id) & (AUDIT.c.result == record.result)
        try:
            with self._engine.connect() as connection:
                details = connection.execute(select(AUDIT.c.details).where(same)).scalar_one_or_none()
        except SQLAlchemyError:
            return None
        return None if details is None else str(details.get("hash", ""))


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
        event.listen(engine, "connect", share)
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


def share(connection: Any, _record: Any) -> None:
    """Let a file be read while it is written to; a row then outlives the process and not a power failure.

    The mode is the file's: a process that finds others at making it so goes on, and has it by its first row.
    """
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:  # SQLite waits for no lock here, whatever its patience
            raise
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
