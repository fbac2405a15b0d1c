"""Searching the trail: which records are wanted, found in a file or a database, as a table or as JSON lines.

Reads one record at a time, so that files of any size need no more memory than what is shown. Knows neither settings
nor where they come from; what is printed goes to a function, since only the command line may print.
"""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from scimbridge.observe.audit import BEGUN, Record, Unwritable, Wanted
from scimbridge.observe.audit_lines import Lines

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
COLUMNS = (("TIME", 24), ("CLIENT", 16), ("VERB", 8), ("RESOURCE", 47), ("RESULT", 8), ("STATUS", 6))
_AGO = re.compile(r"([0-9]{1,6})([smhdw])")

Print = Callable[[str], None]


class Unsearchable(Exception):
    """There is no trail to search, or it cannot be read; the sentence says what to set."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where records are: a database's URL, which goes before, or a file; `-` is a stream that is gone."""

    database: str | None = None
    file: str | None = None


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


def run(where: Where, wanted: Wanted, limit: int, show: Callable[[Iterable[Record], Print], None], say: Print) -> None:
    """Show the newest records that are wanted, at most `limit` of them, the oldest first.

    Raises `Unsearchable`.
    """
    if where.database is not None:
        show(_in_database(where.database, wanted, limit), say)
    elif where.file == "-":
        msg = "SCIMBRIDGE_AUDIT is `-`, so the records went to standard output; search them where that was kept"
        raise Unsearchable(msg)
    elif where.file is None:
        msg = "nothing is recorded; set SCIMBRIDGE_AUDIT to a file, or SCIMBRIDGE_AUDIT_DATABASE to a database"
        raise Unsearchable(msg)
    else:
        lines = Lines(Path(where.file))
        try:
            found = newest(settled(lines, wanted), limit)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise Unsearchable(f"the file {where.file} cannot be read ({reason})") from None
        show(found, say)
        if lines.broken:
            say(f"{lines.broken} lines of the file are no records; a full disk may have cut them off")


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


def _in_database(url: str, wanted: Wanted, limit: int) -> list[Record]:
    try:
        from scimbridge.observe.audit_database import AuditDatabase  # noqa: PLC0415 - an extra that few need
    except ImportError:
        msg = "SCIMBRIDGE_AUDIT_DATABASE needs more packages; install scimbridge[database]"
        raise Unsearchable(msg) from None
    try:
        with closing(AuditDatabase(url, clock=_no_time)) as database:
            return list(database.find(wanted, limit))[::-1]
    except (Unwritable, ValueError) as error:
        raise Unsearchable(f"SCIMBRIDGE_AUDIT_DATABASE cannot be read: {error}") from None


def _no_time() -> float:
    return 0.0  # a search waits for nothing


def show_table(records: Iterable[Record], say: Print) -> None:
    """Print a line for each record under a head line."""
    empty = True
    for record in records:
        if empty:
            say(_line([*(name for name, _width in COLUMNS), "CHANGED"]))
        empty = False
        status = "" if record.status is None else str(record.status)
        resource = f"{record.resource} {record.key}".strip()
        verb = f"{record.verb}*" if record.bulk else record.verb
        cells = [record.time, record.client, verb, resource, record.result, status, _told(record)]
        say(_line(cells))
    if empty:
        say("nothing found")


def show_json(records: Iterable[Record], say: Print) -> None:
    """Print each record as a line of JSON."""
    for record in records:
        say(orjson.dumps(record.to_json()).decode())


def _line(cells: list[str]) -> str:
    padded = (cell.ljust(width) for cell, (_name, width) in zip(cells, COLUMNS, strict=False))
    text = "  ".join([*padded, cells[-1]]).rstrip()
    return "".join(mark if mark.isprintable() else "?" for mark in text)  # nothing moves a terminal's cursor


def _told(record: Record) -> str:
    """Return what a record says besides."""
    parts = [", ".join(record.changed or record.filter)]
    if record.added or record.removed:
        parts.append(f"(+{record.added} -{record.removed})")
    if record.returned is not None:
        parts.append(f"{record.returned} returned")
    if record.scim_type:
        parts.append(record.scim_type)
    if record.steps:
        parts.append(f"done: {', '.join(record.steps)}")
    return " ".join(filter(None, parts))
