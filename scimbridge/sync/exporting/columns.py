"""Flat columns: one for each row of a table that a record shows without a call of its own, in the table's order.

A column is called as a filter spells its attribute, with the URN of its schema where that is an extension. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row
from scimbridge.mapping.tables.table import Table
from scimbridge.sync.exporting.orders import Column

TYPES = {"boolean": "BOOLEAN", "integer": "BIGINT"}
TEXT = "VARCHAR"


def compile_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns of a resource type: the same names in the same order for the same table."""
    core = ("", table.type.schema.urn)
    return tuple(
        Column(row.spelled if row.urn in core else f"{row.urn}:{row.spelled}", _type_of(row), _compile(row, core))
        for row in sorted(table.rows, key=lambda row: row.urn not in core)
        if _is_shown(table, row)
    )


def _is_shown(table: Table, row: Row) -> bool:
    shape = table.shapes.get((row.urn, row.attr))
    returned = (row.attribute.returned, "default" if shape is None else shape.attribute.returned)
    is_secret = "never" in returned or (row.facet is not None and row.facet.secret)
    return not (is_secret or row.include or row.read or row.via == MEMBERSHIPS)


def _type_of(row: Row) -> str:
    return TEXT if row.attribute.multi_valued else TYPES.get(row.attribute.type, TEXT)


def _compile(row: Row, core: tuple[str, str]) -> Callable[[Any], Any]:
    urn = None if row.urn in core else row.urn
    attr, selector, sub = row.attr, row.selector, row.sub

    def read(resource: Mapping[str, Any]) -> Any:
        place: Any = resource if urn is None else resource.get(urn)
        held = place.get(attr) if isinstance(place, dict) else None
        if isinstance(held, list) and (selector is not None or sub is not None):
            held = next((each for each in held if selector is None or _is_of(each, selector)), None)
        if sub is None:
            return held
        return held.get(sub) if isinstance(held, dict) else None

    return read


def _is_of(element: Any, selector: str) -> bool:
    return isinstance(element, dict) and str(element.get("type")).casefold() == selector.casefold()
