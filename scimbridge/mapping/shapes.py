"""How the rows of one SCIM attribute make its value: single, complex, list with selectors, plain ids.

A shape is compiled from the rows of one attribute. It answers four questions: what does the attribute look like for
this PingOne record (`emit`), which leaf values does a SCIM value give to which rows (`collect`), what of a SCIM value
is kept nowhere (`lose`), and which rows does a PATCH or filter path with a value filter mean (`select`). It knows no
attribute by name and calls no codec on the way in: that is `translate`, which also says what is wrong with a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.leaves import Emit, Leaves, emit_leaf, emit_members, rows_of_sub
from scimbridge.mapping.lists import IdList, OneOfList, TypedList
from scimbridge.mapping.tables.rows import Row
from scimbridge.scim.catalogue import Attribute
from scimbridge.scim.filtering.trees import Node
from scimbridge.scim.reading import Notice

__all__ = ["Complex", "Emit", "IdList", "OneOfList", "Shape", "Single", "TypedList"]


@dataclass(frozen=True, slots=True)
class Single:
    """One attribute, one row: `title = "title"`; also a list that PingOne keeps as an array."""

    attribute: Attribute
    rows: tuple[Row, ...]

    def emit(self, notice: Notice) -> Emit:
        """Compile the reading of the attribute."""
        return emit_leaf(self.rows[0], notice)

    def collect(self, value: Any) -> Leaves:
        """Yield the row with its value."""
        yield self.rows[0], value

    def lose(self, _value: Any) -> Iterator[str]:
        """Yield nothing: all of it is kept."""
        yield from ()

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the row, or None where the path goes deeper than the row does."""
        return self.rows if sub is None and where is None else None


@dataclass(frozen=True, slots=True)
class Complex:
    """An attribute with sub-attributes: `name.givenName = "name.given"`."""

    attribute: Attribute
    rows: tuple[Row, ...]

    def emit(self, notice: Notice) -> Emit:
        """Compile the reading of the attribute; absent sub-attributes are left out."""
        read = emit_members(self.rows, notice)
        return lambda record, base: read(record, base) or None

    def collect(self, value: Any) -> Leaves:
        """Yield each row with its sub-attribute's value."""
        members = value or {}
        for row in self.rows:
            yield row, members.get(row.sub)

    def lose(self, _value: Any) -> Iterator[str]:
        """Yield nothing: what has no row is left out when the resource is read."""
        yield from ()

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the row of the sub-attribute, or all rows for the attribute as a whole."""
        return rows_of_sub(self.rows, sub) if where is None else None


Shape = Single | Complex | OneOfList | TypedList | IdList
