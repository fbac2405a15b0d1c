"""The temporary database that joins rows and people: a file of SQLite's own that nobody else can open.

It has no name, is gone with the connection, also where the process is killed, and holds what memory could not: rows,
people, memberships and lines. Knows its tables, and nothing of what decides.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from scimbridge.sides import Native
from scimbridge.sync.planning.matching import PathHit
from scimbridge.sync.planning.persons import DirectoryPerson
from scimbridge.sync.planning.wanted import WantedPerson
from scimbridge.sync.plans.lines import PlanLine

_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE", "cache_size = -16384")
_TABLES = (
    "rows (n INTEGER PRIMARY KEY, line INTEGER, key TEXT, fold TEXT, body BLOB)",
    "uniques (path INTEGER, fold TEXT, row INTEGER)",
    "wanted (grp TEXT, name TEXT, fold TEXT, member TEXT, line INTEGER)",
    (
        "users (n INTEGER PRIMARY KEY, id TEXT UNIQUE, label TEXT, key TEXT, scope INTEGER, population TEXT, body BLOB,"
        " record BLOB)"
    ),
    "marks (path INTEGER, fold TEXT, user INTEGER)",
    "asked (grp TEXT, user TEXT)",
    *(_DECIDED := (
        "matches (row INTEGER PRIMARY KEY, how TEXT, user INTEGER, body BLOB)",
        "claims (user INTEGER PRIMARY KEY)",
        "people (fold TEXT PRIMARY KEY, key TEXT, user INTEGER, settled INTEGER, population TEXT, body BLOB)",
        "leavers (user INTEGER PRIMARY KEY)",
        "targets (grp TEXT PRIMARY KEY, id TEXT, name TEXT)",
        (
            "lines (place INTEGER, one TEXT, two TEXT, id TEXT, do TEXT, target TEXT, user INTEGER, idle INTEGER,"
            " body BLOB)"
        ),
    )),
    "members (grp TEXT, user TEXT)",
)  # fmt: skip
_INDEXES = (
    "rows_fold ON rows (fold)", "uniques_fold ON uniques (path, fold)", "wanted_fold ON wanted (fold, grp)",
    "users_key ON users (loosely(key))", "wanted_case ON wanted (loosely(fold), grp)",
    "marks_fold ON marks (path, fold)", "marks_user ON marks (user)", "asked_user ON asked (user)",
)  # fmt: skip
_BATCH = 1_000

Row = tuple[Any, ...]


class PlanStore:
    """Rows of the source, people of the directory and what was decided, by their numbers."""

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.db.create_function("loosely", 1, _loosely, deterministic=True)
        for pragma in _PRAGMAS:
            self.db.execute(f"PRAGMA {pragma}")
        for table in _TABLES:
            self.db.execute(f"CREATE TABLE {table}")
        self.db.execute("BEGIN")

    def close(self) -> None:
        """Throw everything away."""
        self.db.close()

    def each(self, query: str, values: Row = ()) -> Iterator[Row]:
        """Yield what a query finds, from a place of its own, so that others may be asked meanwhile."""
        return iter(self.db.execute(query, values))

    def number(self, query: str, values: Row = ()) -> int:
        """Return the one number that a query finds."""
        [found] = self.db.execute(query, values).fetchone()
        return int(found or 0)

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Insert rows, a thousand at a time."""
        batch: list[Row] = []
        for row in rows:
            batch.append(row)
            if len(batch) >= _BATCH:
                self._insert(table, batch)
                batch.clear()
        self._insert(table, batch)

    def _insert(self, table: str, rows: list[Row]) -> None:
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self.db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - names of ours

    def index(self) -> None:
        """Make what is looked up quick to find, once everything is in."""
        for index in _INDEXES:
            self.db.execute(f"CREATE INDEX IF NOT EXISTS {index}")

    def index_people(self) -> None:
        """Make quick to find what is asked while people come in."""
        for index in ("asked_user ON asked (user)", "marks_user ON marks (user)"):
            self.db.execute(f"CREATE INDEX IF NOT EXISTS {index}")

    def forget_decisions(self) -> None:
        """Forget what was decided, and keep what was read."""
        for table in _DECIDED:
            self.db.execute(f"DELETE FROM {table.split(' ', 1)[0]}")  # noqa: S608 - names of ours

    def forget_people(self) -> None:
        """Forget the people of the directory, who are read anew."""
        self.db.execute("DELETE FROM users")
        self.db.execute("DELETE FROM marks")

    # -- the source ------------------------------------------------------------------------------------------------

    def keep_row(self, number: int, person: WantedPerson) -> Row:
        """Return the row of the table `rows` for a row of the source."""
        return number, person.line, person.key, person.fold, orjson.dumps(person)

    def wanted_rows(self) -> Iterator[tuple[int, WantedPerson]]:
        """Yield the rows of the source in their order."""
        for number, body in self.each("SELECT n, body FROM rows ORDER BY n"):
            yield number, read_wanted(body)

    # -- the directory ---------------------------------------------------------------------------------------------

    def keep_person(self, person: DirectoryPerson, record: Native) -> bool:
        """Put a person in, in the place of what is known of it. Returns whether anything is new."""
        body = orjson.dumps(person)
        known = self.db.execute("SELECT n, body FROM users WHERE id = ?", (person.id,)).fetchone()
        if known is not None and known[1] == body:
            return False
        number = None if known is None else known[0]
        if number is not None:
            self.db.execute("DELETE FROM marks WHERE user = ?", (number,))
        found = self.db.execute(
            "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, person.id, person.label, person.key, person.in_scope, person.population,
             body, orjson.dumps(record)),
        ).lastrowid  # fmt: skip
        marks = ((place, fold, found) for place, fold in enumerate(person.marks) if fold is not None)
        self.db.executemany("INSERT INTO marks VALUES (?, ?, ?)", list(marks))
        return True

    def drop_person(self, key: str) -> bool:
        """Take out somebody who is no longer there. Returns whether they were."""
        known = self.person(key)
        if known is None:
            return False
        self.db.execute("DELETE FROM marks WHERE user = ?", (known[0],))
        self.db.execute("DELETE FROM users WHERE n = ?", (known[0],))
        return True

    def person(self, key: str) -> tuple[int, DirectoryPerson] | None:
        """Return a person by id, with its number; None where nobody has it."""
        found = self.db.execute("SELECT n, body FROM users WHERE id = ?", (key,)).fetchone()
        return None if found is None else (found[0], read_person(found[1]))

    def numbered(self, number: int) -> tuple[DirectoryPerson, Native]:
        """Return a person by its number, with its record."""
        body, record = self.db.execute("SELECT body, record FROM users WHERE n = ?", (number,)).fetchone()
        return read_person(body), Native(orjson.loads(record))

    def hits(self, path: int, fold: str) -> list[PathHit]:
        """Return who has a value at a path; no more than three of them."""
        query = (
            "SELECT m.user, u.key FROM marks m JOIN users u ON u.n = m.user"
            " WHERE m.path = ? AND m.fold = ? ORDER BY u.id LIMIT 3"
        )
        return [PathHit(user, key) for user, key in self.db.execute(query, (path, fold))]

    def claim(self, path: int, fold: str | None) -> None:
        """Note that whoever has a value at a path may be meant by a row: all of them, however many."""
        query = "INSERT OR IGNORE INTO claims SELECT user FROM marks WHERE path = ? AND fold = ?"
        self.db.execute(query, (path, fold))

    # -- lines -----------------------------------------------------------------------------------------------------

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        """Yield the lines in their order, of these kinds or all."""
        where = f"WHERE do IN ({', '.join('?' * len(kinds))})" if kinds else ""
        for (body,) in self.each(f"SELECT body FROM lines {where} ORDER BY place, one, two, id, body", kinds):  # noqa: S608 - marks alone
            yield read_line(body)


def _loosely(text: str | None) -> str | None:
    """Return what a key has in common with those that a spreadsheet or a keyboard may have made of it."""
    if text is None:
        return None
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded.lstrip("0") or "0" if folded.isdigit() else folded


def read_line(body: bytes) -> PlanLine:
    """Read a line back."""
    held = orjson.loads(body)
    return PlanLine(**{**held, "faults": tuple(held["faults"])})


def read_wanted(body: bytes) -> WantedPerson:
    """Read a row back."""
    held = orjson.loads(body)
    return WantedPerson(**{**held, **{name: tuple(held[name]) for name in ("marks", "faults", "groups")}})


def read_person(body: bytes) -> DirectoryPerson:
    """Read a person back."""
    held = orjson.loads(body)
    return DirectoryPerson(**{**held, "marks": tuple(held["marks"])})
