"""Searching the trail: which records are wanted, found in a file or a database.

Reads one record at a time, so that files of any size need no more memory than what is found. Knows neither settings
nor where they come from, and not how records are shown.
"""

from __future__ import annotations

import heapq
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from scimbridge.observe.audit import BEGUN, Record, Unwritable, Wanted
from scimbridge.observe.audit_files import in_order, rotated_from
from scimbridge.observe.audit_lines import RecordLines

if TYPE_CHECKING:
    from scimbridge.observe.audit_database import AuditDatabase

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,6})([smhdw])")


class Unsearchable(Exception):
    """There is no trail to search, or it cannot be read; the sentence says what to set."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where records are: a database's URL, or a file and those rotated from it; `-` is a stream that is gone.

    `files` are searched alone where there are any; else the database goes before the file.
    """

    database: str | None = None
    file: str | None = None
    files: tuple[Path, ...] = ()


def read_moment(text: str, now: datetime) -> datetime:
    """Return a moment written as a date or time (ISO 8601, UTC unless it says else), or as how long ago: 90s, 2h, 3d.

    Raises ValueError.
    """
    if ago := _AGO.fullmatch(text):
        try:
            return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise ValueError(f"{text!r} is too long ago") from None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a time such as 2026-11-21T10:00 nor an age such as 2h or 3d") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FoundRecords:
    """The records that were found, the oldest first. `broken` is how many lines of the file are no records.

    `partly_named` is how many others, of the same search, name only some of very many members.
    """

    records: tuple[Record, ...]
    broken: int = 0
    partly_named: int = 0


def search(where: Where, wanted: Wanted, limit: int) -> FoundRecords:
    """Return the newest records that are wanted, at most `limit` of them. Raises `Unsearchable`."""
    if where.database is not None and not where.files:
        return _in_database(where.database, wanted, limit)
    partly = Counter[bool]()
    try:
        lines = [RecordLines(path, about=wanted.about) for path in in_order(files_in(where))]
        found = newest(settled(_counted(chain.from_iterable(lines), wanted, partly), wanted), limit)
    except (OSError, EOFError) as error:
        raise unreadable(where, error) from None
    return FoundRecords(tuple(found), sum(each.broken for each in lines), partly[True])


def _counted(records: Iterable[Record], wanted: Wanted, partly: Counter[bool]) -> Iterator[Record]:
    """Yield all records, and count those that may be wanted by members that they do not name."""
    for record in records:
        partly[wanted.may_fit(record)] += 1
        yield record


def files_in(where: Where) -> list[Path]:
    """Return the files of records, in no order. Raises `Unsearchable` where there is no trail, and OSError."""
    if where.files:
        return list(where.files)
    if where.file == "-":
        msg = "SCIMBRIDGE_AUDIT is `-`, so records went to standard output; name with --file where that was kept"
        raise Unsearchable(msg)
    if where.file is None:
        msg = "nothing is recorded; set SCIMBRIDGE_AUDIT to a file, or SCIMBRIDGE_AUDIT_DATABASE to a database"
        raise Unsearchable(msg)
    path = Path(where.file)
    rotated = rotated_from(path) if path.parent.is_dir() else []
    return [*rotated, path] if path.exists() or not rotated else rotated  # just rotated away, and nothing written since


def unreadable(where: Where, error: OSError | EOFError) -> Unsearchable:
    """Return that files cannot be read, with the name of the one where the system says which."""
    known = isinstance(error, OSError) and error.errno is not None
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "it is no whole packed file"
    named = error.filename if known and isinstance(error, OSError) else None
    which = named or where.file or ", ".join(map(str, where.files))
    return Unsearchable(f"the file {which} cannot be read ({reason})")


def settled(records: Iterable[Record], wanted: Wanted) -> Iterator[Record]:
    """Yield what is wanted, one for each id: its result where there is one, else that it was begun.

    What was only begun comes last. Memory goes with what was begun and has no result, which is little.
    """
    begun: dict[str, Record] = {}
    anyhow = replace(wanted, result=None)  # what has another result than is wanted ends a begun one all the same
    for record in records:
        if not anyhow.fits(record):
            continue
        if record.result == BEGUN:
            begun[record.id] = record
            continue
        begun.pop(record.id, None)
        if wanted.fits(record):
            yield record
    yield from (record for record in begun.values() if wanted.fits(record))


def newest(records: Iterable[Record], limit: int) -> list[Record]:
    """Return the last records by their time, in its order."""
    return heapq.nlargest(limit, records, key=lambda record: record.time)[::-1]


def open_database(url: str) -> AuditDatabase:
    """Return the database. Raises `Unsearchable` where its packages are lacking, ValueError for a wrong URL."""
    try:
        from scimbridge.observe.audit_database import AuditDatabase  # noqa: PLC0415 - an extra that few need
    except ImportError:
        msg = "SCIMBRIDGE_AUDIT_DATABASE needs more packages; install scimbridge[database]"
        raise Unsearchable(msg) from None
    return AuditDatabase(url, clock=_no_time)


def _in_database(url: str, wanted: Wanted, limit: int) -> FoundRecords:
    try:
        with closing(open_database(url)) as database:
            found = tuple(database.find(wanted, limit))[::-1]
            return FoundRecords(found, partly_named=database.stored.count_partly_named(wanted))
    except (Unwritable, ValueError) as error:
        raise Unsearchable(f"SCIMBRIDGE_AUDIT_DATABASE cannot be read: {error}") from None


def _no_time() -> float:
    return 0.0  # a search waits for nothing
