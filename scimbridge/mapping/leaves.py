"""What shapes are made of: the reading of one row, and of several rows as one object.

Compiled once from rows; per record nothing is looked up by name but PingOne's fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scimbridge.mapping.tables.rows import Row, compile_field
from scimbridge.scim.reading import Notice, has_no_value

Emit = Callable[[Mapping[str, Any], str], Any]  # (PingOne record, SCIM base URL) -> SCIM value or None
Leaves = Iterator[tuple[Row, Any]]
Element = dict[str, Any]

# Codecs that show PingOne's value as it is: no call for each value of each record.
_AS_IT_IS = ("string", "reference", "binary", "country", "language", "derived")


def emit_leaf(row: Row, notice: Notice) -> Emit:
    """Compile the reading of one row: its SCIM value, or None where there is none."""
    if row.template is not None:
        compose = row.template.compose
        return lambda record, _base: compose(record)
    field = compile_field(row.to)
    if row.codec.name in _AS_IT_IS:
        return lambda record, _base: field(record) or None
    turn = row.codec.to_scim
    many = row.attribute.multi_valued

    def read(record: Mapping[str, Any], _base: str) -> Any:
        value = field(record)
        if value is None or (not value and has_no_value(row.attribute, value)):
            return None
        found = turn(value)
        if isinstance(found, list) and not many:
            notice(f"{row.spelled}: values that cannot be told apart in one string are given as an array")
        return found

    return read


def emit_members(rows: tuple[Row, ...], notice: Notice) -> Callable[[Mapping[str, Any], str], Element]:
    """Compile the reading of several rows into one object, without the members that have no value."""
    leaves = tuple((str(row.sub), emit_leaf(row, notice)) for row in rows)

    def read(record: Mapping[str, Any], base: str) -> Element:
        found = {}
        for sub, leaf in leaves:
            value = leaf(record, base)
            if value is not None:
                found[sub] = value
        return found

    return read


def rows_of_sub(rows: tuple[Row, ...], sub: str | None) -> tuple[Row, ...]:
    """Return the rows of a sub-attribute, or all of them for the attribute as a whole."""
    return rows if sub is None else tuple(row for row in rows if row.sub == sub)
