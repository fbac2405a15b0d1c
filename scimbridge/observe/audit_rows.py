"""Records as rows of the audit table, and searches as conditions on its columns.

What is searched for has columns of its own; the rest of a record is one JSON value. `members` are the ids of all that a
record is about beside its own resource: PostgreSQL has an index over them, SQLite a table of its own (`audit_table`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, select
from sqlalchemy.dialects.postgresql import array

from scimbridge.observe.audit import BEGUN, NAMED, Record, Wanted, stamp
from scimbridge.observe.audit_table import AUDIT, MEMBERS

SEARCHED = ("id", "result", "time", "client", "request", "verb", "resource", "key")
LINKED = ("chain", "sequence")
PARTLY = "*"
"""Stands among the members of a record that does not name all of very many."""
MAY_BE_EMPTY = ("resource", "key")
_APART = frozenset((*SEARCHED, *LINKED, "status"))


def row_of(record: Record) -> dict[str, Any]:
    """Return the row of a record."""
    told = record.to_json()
    row = {name: getattr(record, name) for name in SEARCHED}
    row |= {"time": datetime.fromisoformat(record.time).astimezone(UTC), "status": record.status}
    row |= {name: getattr(record, name) or None for name in LINKED}
    row["members"] = found_by(record) or None
    row["details"] = {name: value for name, value in told.items() if name not in _APART}
    return row


def found_by(record: Record) -> list[str]:
    """Return the ids that a record is found by beside its own, and the mark of one that does not name all."""
    return [*record.others, *([PARTLY] if record.unnamed else [])]


def told_by(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row says as the JSON that `Record.to_json` gave."""
    moment = row["time"]
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    told: dict[str, Any] = {name: row.get(name) for name in (*SEARCHED, *LINKED, "status")}
    told["time"] = stamp(moment.timestamp())
    left_out = {name for name, value in told.items() if value is None or (value == "" and name in MAY_BE_EMPTY)}
    details = row["details"] if isinstance(row["details"], dict) else {}  # as nobody here has written it
    return {**{name: value for name, value in told.items() if name not in left_out}, **details}


def record_of(row: Mapping[str, Any]) -> Record:
    """Return the record of a row. Raises ValueError for a row that nobody here has written."""
    return replace(Record.from_json(told_by(row)), status=row["status"])


def conditions(wanted: Wanted, dialect: str, columns: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """Yield what rows have to fulfil; of what was begun and has a result, only that is found.

    `columns` are those of the table as it is: an earlier version has no members.
    """
    for name in NAMED:
        value = getattr(wanted, name)
        if value is not None:
            yield AUDIT.c[name] == value
    for ids in wanted.about:
        own = AUDIT.c.key.in_(ids)
        yield own | _has_member(ids, dialect) if "members" in columns else own
    if wanted.since is not None:
        yield AUDIT.c.time >= wanted.since.astimezone(UTC)
    if wanted.until is not None:
        yield AUDIT.c.time < wanted.until.astimezone(UTC)
    later = AUDIT.alias()
    yield (AUDIT.c.result != BEGUN) | ~exists().where(later.c.id == AUDIT.c.id, later.c.result != BEGUN)


def _has_member(ids: frozenset[str], dialect: str) -> ColumnElement[bool]:
    """Return that one of the ids is among the members of a record, in words that the dialect has an index for."""
    if dialect == "postgresql":
        return AUDIT.c.members.op("?|", is_comparison=True)(array([bindparam(None, each) for each in sorted(ids)]))
    named = select(MEMBERS.c.id).where(MEMBERS.c.member.in_(ids))
    return AUDIT.c.id.in_(named)
