"""Which values of a change PingOne's answer lacks: it drops what its schema lacks or has disabled, without a word.

A value is there in whatever form PingOne gives it: in another case, trimmed, a number in another format. It is dropped
where nothing stands in its place, where an object lacks a member, and where a list is shorter than the different values
that were sent. Pure; what follows from it is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scimbridge.mapping.leaving import read_value
from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.mapping.tables.table import Table

Written = Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""The body of a call, or PingOne's operations."""


def droppable(table: Table) -> Iterator[Row]:
    """Yield the rows whose values go to PingOne in the call that writes a record's own fields."""
    return (row for row in table.rows if row.to and row.via is None and row.writable)


def find_dropped(table: Table, written: Written, record: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of which a record, PingOne's answer, lacks a value that was written."""
    for row in droppable(table):
        sent, held = read_value(written, row), read_field(record, row.to)
        if row.codec.merge is not None:  # several rows share the field, and each has its part in it
            sent, held = (None if value is None else row.codec.to_scim(value) for value in (sent, held))
        if lacks(sent, held):
            yield row


def lacks(sent: Any, held: Any) -> bool:
    """Whether what is held has nothing, or less, in the place of what was sent."""
    if sent is False or _is_nothing(sent):
        return False
    if isinstance(sent, Mapping) and isinstance(held, Mapping):
        return any(lacks(value, held.get(name)) for name, value in sent.items())
    if isinstance(sent, list):
        kept = held if isinstance(held, list) else [held]
        return sum(not _is_nothing(value) for value in kept) < len(_different(sent))
    return _is_nothing(held)


def _is_nothing(value: Any) -> bool:
    match value:
        case None:
            return True
        case str():
            return not value.strip()
        case list():
            return all(map(_is_nothing, value))
        case Mapping():
            return all(map(_is_nothing, value.values()))
    return False


def _different(values: list[Any]) -> set[str]:
    """Return what tells the values of a list apart, for a directory that minds neither case nor spaces."""
    return {
        " ".join(value.casefold().split()) if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
        for value in values
        if not _is_nothing(value)
    }
