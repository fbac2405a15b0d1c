"""State in one SQLite file, for several processes of one node.

Knows SQLite and processes of this machine. The file outlives its processes, so that others go on with it. It belongs in
a directory that nobody else may read (mode 0700). `clock` has to run alike in all processes, as time.monotonic does
between two starts of a machine.
"""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from scimbridge.state import processes
from scimbridge.state.base import State, StateUnavailable
from scimbridge.state.sqlite_file import EPOCH, LOST, execute, keep, open_file, recall

SWEPT = 5.0  # seconds between two times that this process takes out what is over
LEFT = 60.0  # seconds that a lock whose time is over may still be renewed, if nobody took it
FIRST_PAUSE = 0.002  # seconds between looks at a lock that another holds
LONGEST_PAUSE = 0.025
PAUSE_GROWTH = 1.5

_AT_ONCE = 64  # values of one statement

_T = TypeVar("_T")
_Values = Sequence[object] | Mapping[str, object]
_ENTRY = "INSERT INTO entries VALUES (:key, :ends_at, :now, :value) ON CONFLICT (key) DO UPDATE SET "
_WHOLE = "value = excluded.value, ends_at = excluded.ends_at, written = excluded.written"
_ADD = f"{_ENTRY}{_WHOLE} WHERE entries.ends_at <= :now"
_INCR = (
    _ENTRY + "value = CASE WHEN entries.ends_at <= :now THEN excluded.value"
    " ELSE CAST(CAST(CAST(entries.value AS TEXT) AS INTEGER) + :by AS TEXT) END,"
    " ends_at = CASE WHEN entries.ends_at <= :now THEN excluded.ends_at ELSE entries.ends_at END, written = :now"
    " RETURNING value"
)
_USED = (
    "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)
_MAKE_ROOM = "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY written LIMIT ?) RETURNING written"
_TAKE = (
    "INSERT INTO locks VALUES (:key, :owner, :process, :ends_at) ON CONFLICT (key) DO UPDATE"
    " SET owner = excluded.owner, process = excluded.process, ends_at = excluded.ends_at WHERE locks.ends_at <= :now"
)


class SqliteState(State):
    """Keeps at most about `max_entries` values in `max_bytes`; past that, those written longest ago make room."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        max_entries: int = 50_000,
        max_bytes: int = 48 * 1024 * 1024,
    ) -> None:
        """Nothing is opened before the first use, so that it may come before a fork."""
        if max_entries < 1:
            raise ValueError("max_entries must be at least 1")
        self._path = path
        self._clock = clock
        self._sleep = sleep
        self._most = max_entries
        self._most_bytes = max_bytes
        self._epoch: object = None  # of the file that this process first saw
        self._idle: list[sqlite3.Connection] = []  # each is one thread's at a time
        self._inherited: list[sqlite3.Connection] = []
        self._writing = threading.Lock()  # threads that wait here need not ask SQLite again and again
        self._process = 0
        self._sweep_at = 0.0

    def get(self, key: str) -> bytes | None:
        """Return the value, or None. Raises `StateUnavailable` where the file cannot be used, as every verb does."""
        with self._connection() as connection:
            found = self._execute(
                connection, "SELECT value FROM entries WHERE key = ? AND ends_at > ?", (key, self._clock())
            ).fetchone()
        return None if found is None else _bytes(found[0])

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""
        self.set_many({key: value}, ttl)

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none."""
        now = self._clock()
        with self._connection() as connection, self._writing:
            added = self._execute(
                connection, _ADD, {"key": key, "value": value, "ends_at": now + ttl, "now": now}
            ).rowcount
            self._sweep(connection, now)
        return added > 0

    def delete(self, key: str) -> None:
        """Forget the value."""
        with self._connection() as connection, self._writing:
            self._execute(connection, "DELETE FROM entries WHERE key = ?", (key,))

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum."""
        now = self._clock()
        with self._connection() as connection, self._writing:
            values = {"key": key, "value": str(by), "by": by, "ends_at": now + ttl, "now": now}
            [(total,)] = self._execute(connection, _INCR, values).fetchall()
            self._sweep(connection, now)
        return int(total)

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values, as many as can be by one statement: at each of them a thread may lose its turn."""
        values: list[bytes | None] = []
        with self._connection() as connection:
            for some in _batched(keys):
                [found] = self._execute(connection, _asking(len(some)), (self._clock(), *some)).fetchall()
                values += [None if value is None else _bytes(value) for value in found]
        return values

    def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep several values, some of them in each write."""
        now = self._clock()
        with self._connection() as connection, self._writing:
            for some in _batched(list(values.items())):
                rows = [each for key, value in some for each in (key, value)]
                self._execute(connection, _keeping(len(some)), (now, now + ttl, *rows))
            self._sweep(connection, now)

    def take(self, key: str, owner: str, ttl: float, wait: float) -> bool:
        """Take a lock, at once also where the process that holds it has died."""
        until, pause = self._clock() + wait, FIRST_PAUSE
        if self._try(key, owner, ttl):
            return True
        while True:
            if self._look(key) and self._try(key, owner, ttl):
                return True
            pause = min(pause, wait, until - self._clock())
            if pause <= 0:
                return False
            self._sleep(pause)
            wait -= pause  # so that a clock that stands still, as in tests, does not keep a thread here for ever
            pause = min(LONGEST_PAUSE, pause * PAUSE_GROWTH)

    def renew(self, key: str, owner: str, ttl: float) -> bool:
        """Let a lock live on. One that is over and was taken by nobody is its owner's still."""
        with self._connection() as connection, self._writing:
            return bool(
                self._execute(
                    connection,
                    "UPDATE locks SET ends_at = ? WHERE key = ? AND owner = ?",
                    (self._clock() + ttl, key, owner),
                ).rowcount
            )

    def release(self, key: str, owner: str) -> None:
        """Free a lock."""
        with self._connection() as connection, self._writing:
            self._execute(connection, "DELETE FROM locks WHERE key = ? AND owner = ?", (key, owner))

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def intact(self) -> float:
        """Return the seconds since values had to make room, or stayed in another file."""
        with self._connection() as connection:
            lost_at = recall(connection, LOST, self._sleep)
        return self._clock() - lost_at if isinstance(lost_at, float) else math.inf

    def note_loss(self) -> None:
        """Vouch for nothing that was kept until now."""
        with self._connection() as connection:
            keep(connection, LOST, self._clock(), self._sleep)

    def keys(self) -> Sequence[str]:
        """Return the keys of all values."""
        with self._connection() as connection:
            found = self._execute(connection, "SELECT key FROM entries WHERE ends_at > ?", (self._clock(),)).fetchall()
        return [key for (key,) in found]

    def recall(self, name: str) -> str:
        """Return a word that is kept for as long as the file is, "" where there is none."""
        with self._connection() as connection:
            return str(recall(connection, name, self._sleep) or "")

    def keep(self, name: str, word: str) -> None:
        """Keep a word for as long as the file is."""
        with self._connection() as connection:
            keep(connection, name, word, self._sleep)

    def _try(self, key: str, owner: str, ttl: float) -> bool:
        now = self._clock()
        asked = {"key": key, "owner": owner, "process": processes.own_name(), "ends_at": now + ttl, "now": now}
        with self._connection() as connection, self._writing:
            return self._execute(connection, _TAKE, asked).rowcount > 0

    def _look(self, key: str) -> bool:
        """Whether a lock is free. Who only waits looks, and does not write: readers hold nobody up."""
        with self._connection() as connection:
            held = self._execute(
                connection, "SELECT owner, process FROM locks WHERE key = ? AND ends_at > ?", (key, self._clock())
            ).fetchone()
            if held is None:
                return True
            if held[1] == processes.own_name() or processes.lives(held[1]):
                return False
            with self._writing:
                self._execute(connection, "DELETE FROM locks WHERE key = ? AND owner = ?", (key, held[0]))
            return True

    def _sweep(self, connection: sqlite3.Connection, now: float) -> None:
        """Take out what is over, and what is too much, now and then."""
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEPT
        self._execute(connection, "DELETE FROM entries WHERE ends_at <= ?", (now,))
        self._execute(connection, "DELETE FROM locks WHERE ends_at <= ?", (now - LEFT,))
        [(count,)] = self._execute(connection, "SELECT count(*) FROM entries").fetchall()
        [(used,)] = self._execute(connection, _USED).fetchall()
        too_many = max(count - self._most, count // 4 if used > self._most_bytes else 0)
        if too_many > 0:
            gone = self._execute(connection, _MAKE_ROOM, (too_many,)).fetchall()
            lost_at = max((written for (written,) in gone), default=-math.inf)
            before = recall(connection, LOST, self._sleep)
            if not isinstance(before, float) or before < lost_at:  # what was kept after that moment is here
                keep(connection, LOST, lost_at, self._sleep)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._process != os.getpid():
            # SQLite's connections must not be used after a fork, nor closed there.
            self._inherited, self._idle, self._process = self._idle, [], os.getpid()
            self._writing = threading.Lock()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = None
        try:
            connection = connection or self._open()
            yield connection
        except sqlite3.Error as error:
            raise StateUnavailable(f"SQLite: {type(error).__name__}") from None
        self._idle.append(connection)

    def _open(self) -> sqlite3.Connection:
        connection = open_file(self._path, self._sleep)
        epoch = recall(connection, EPOCH, self._sleep)
        if self._epoch not in (None, epoch):  # another file lies in the place of the one that was used before
            keep(connection, LOST, self._clock(), self._sleep)
        self._epoch = epoch
        return connection

    def _execute(self, connection: sqlite3.Connection, statement: str, values: _Values = ()) -> sqlite3.Cursor:
        return execute(connection, statement, values, sleep=self._sleep)


def _batched(each: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield as many at a time as go into one statement."""
    return (each[begin : begin + _AT_ONCE] for begin in range(0, len(each), _AT_ONCE))


@cache
def _asking(count: int) -> str:
    """Return the statement for so many values, which come as one row, in order: the time first, then the keys."""
    one = "(SELECT value FROM entries WHERE key = ?{} AND ends_at > ?1)"
    return "SELECT " + ", ".join(one.format(place) for place in range(2, count + 2))


@cache
def _keeping(count: int) -> str:
    """Return the statement that keeps so many values: the times first, then keys and values."""
    rows = ", ".join(f"(?{place}, ?2, ?1, ?{place + 1})" for place in range(3, 2 * count + 3, 2))
    return f"INSERT INTO entries VALUES {rows} ON CONFLICT (key) DO UPDATE SET {_WHOLE}"  # noqa: S608 - nothing in it comes from outside


def _bytes(value: bytes | str) -> bytes:
    """Return a value as it was kept: a counter is text, so that SQLite can add to it."""
    return value.encode() if isinstance(value, str) else value
