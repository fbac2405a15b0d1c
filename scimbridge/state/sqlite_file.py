"""The file in which a node's processes keep what they share: its tables, and what has to hold before it is used.

Knows SQLite and the layout. Knows nothing of what values mean, nor of where the file lies.
"""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

LAYOUT = 2  # another number in a file: its tables are other ones
TRIES = 2000  # of a write, while others write
BUSY_PAUSE = 0.0005  # seconds between them: SQLite's own waiting grows to a tenth of a second, and starves
EPOCH, LOST, STAMP = "epoch", "lost at", "stamp"
ASIDE = ".damaged"

_Values = Sequence[object] | Mapping[str, object]
_TABLES = (
    "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, ends_at REAL, written REAL, value BLOB)",
    "CREATE TABLE IF NOT EXISTS locks (key TEXT PRIMARY KEY, owner TEXT, process TEXT, ends_at REAL)",
    "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value)",
)
_KEEP = "INSERT INTO kept VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def open_file(path: Path, sleep: Callable[[float], None]) -> sqlite3.Connection:
    """Open the file, which is made where it is not there. Raises sqlite3.Error.

    Nothing is flushed to disk for its sake: it outlives its processes, and with the machine it may go.
    """
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF"):
            execute(connection, statement, sleep=sleep)
        if recall(connection, EPOCH, sleep) is None:
            for statement in (*_TABLES, f"PRAGMA user_version = {LAYOUT}"):
                execute(connection, statement, sleep=sleep)
            first = ("INSERT OR IGNORE INTO kept VALUES (?, ?)", (EPOCH, uuid.uuid4().hex))
            execute(connection, *first, sleep=sleep)
    except BaseException:
        connection.close()
        raise
    return connection


def execute(
    connection: sqlite3.Connection, statement: str, values: _Values = (), *, sleep: Callable[[float], None]
) -> sqlite3.Cursor:
    """Carry out a statement, again while others are writing. Raises sqlite3.Error."""
    left = TRIES
    while True:
        try:
            return connection.execute(statement, values)
        except sqlite3.OperationalError as error:
            left -= 1
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                raise
        sleep(BUSY_PAUSE)


def recall(connection: sqlite3.Connection, name: str, sleep: Callable[[float], None]) -> object:
    """Return what is kept beside the values, None where nothing is, or no table for it."""
    try:
        found = execute(connection, "SELECT value FROM kept WHERE name = ?", (name,), sleep=sleep).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return None
    return None if found is None else found[0]


def keep(connection: sqlite3.Connection, name: str, value: object, sleep: Callable[[float], None]) -> None:
    """Keep something beside the values, for as long as the file is."""
    execute(connection, _KEEP, (name, value), sleep=sleep)


def make_ready(
    path: Path,
    stamp: str,
    *,
    is_new: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """See to it that the file can be used, and holds nothing that must not be believed. Raises OSError, sqlite3.Error.

    `stamp` says by which clock its times count and what else its values hang on: what was kept under another one is
    forgotten. `is_new`: nobody can have kept anything in its place before. Returns a sentence for the log where a file
    had to be put aside, else "".
    """
    trouble = ""
    try:
        _check(path, sleep)
    except (sqlite3.Error, OSError) as error:
        _put_aside(path)
        trouble = f"the node file cannot be used ({type(error).__name__}); it is put aside and a new one begun"
    with closing(open_file(path, sleep)) as connection:
        held = recall(connection, STAMP, sleep)
        if held != stamp:
            for table in ("entries", "locks"):
                execute(connection, f"DELETE FROM {table}", sleep=sleep)  # noqa: S608 - the names are ours
            if not is_new:
                keep(connection, LOST, clock(), sleep)
        keep(connection, STAMP, stamp, sleep)
    return trouble


def _check(path: Path, sleep: Callable[[float], None]) -> None:
    """Raise sqlite3.Error or OSError for a file that is there and none that this bridge can work with."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_file():
        raise OSError("not a file")
    with closing(open_file(path, sleep)) as connection:
        [(layout,)] = execute(connection, "PRAGMA user_version", sleep=sleep).fetchall()
        [(sound,)] = execute(connection, "PRAGMA quick_check(1)", sleep=sleep).fetchall()
        if layout != LAYOUT or sound != "ok":
            raise sqlite3.DatabaseError("another layout" if sound == "ok" else "damaged")
        for statement in ("entries", "locks", "kept"):
            execute(connection, f"SELECT * FROM {statement} LIMIT 1", sleep=sleep)  # noqa: S608 - the names are ours


def _put_aside(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()
    with suppress(FileNotFoundError):
        path.replace(path.with_name(path.name + ASIDE))
