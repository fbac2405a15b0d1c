"""How the rows of one SCIM attribute make its value: single, complex, list with selectors, plain ids.

A shape is compiled from the rows of one attribute. It answers three questions: what does the attribute look like for
this PingOne record (`emit`), which leaf values does a SCIM value give to which rows (`collect`), and which rows does a
PATCH or filter path with a value filter mean (`select`). It knows no attribute by name and calls no codec on the way
in: that is `translate`, which also says what is wrong with a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.rows import MEMBERSHIPS, Row, read_field
from scimbridge.scim.catalogue import Attribute
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.filters import Compare, Node

Emit = Callable[[Mapping[str, Any], str], Any]  # (PingOne record, SCIM base URL) -> SCIM value or None
Leaves = Iterator[tuple[Row, Any]]


def emit_leaf(row: Row) -> Callable[[Mapping[str, Any]], Any]:
    """Compile the reading of one row: PingOne record -> SCIM value or None."""
    if row.template is not None:
        return row.template.compose
    turn = row.codec.to_scim
    plain = row.codec.name in (
        "string",
        "boolean",
        "reference",
        "integer",
        "decimal",
        "country",
        "language",
        "derived",
    )
    if len(row.to) == 1:
        name = row.to[0]
        if plain:
            return lambda record: record.get(name)
        return lambda record: None if (value := record.get(name)) is None else turn(value)
    path = row.to
    if plain:
        return lambda record: read_field(record, path)
    return lambda record: None if (value := read_field(record, path)) is None else turn(value)


@dataclass(frozen=True, slots=True)
class Single:
    """One attribute, one row: `title = "title"`; also a list that PingOne keeps as an array."""

    attribute: Attribute
    rows: tuple[Row, ...]

    def emit(self) -> Emit:
        """Compile the reading of the attribute."""
        leaf = emit_leaf(self.rows[0])
        return lambda record, _base: leaf(record)

    def collect(self, value: Any, _before: Any = None) -> Leaves:
        """Yield the row with its value."""
        yield self.rows[0], value

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the row, or None where the path goes deeper than the row does."""
        return self.rows if sub is None and where is None else None


@dataclass(frozen=True, slots=True)
class Complex:
    """An attribute with sub-attributes: `name.givenName = "name.given"`."""

    attribute: Attribute
    rows: tuple[Row, ...]

    def emit(self) -> Emit:
        """Compile the reading of the attribute; absent sub-attributes are left out."""
        leaves = tuple((str(row.sub), emit_leaf(row)) for row in self.rows)

        def read(record: Mapping[str, Any], _base: str) -> Any:
            found = {}
            for sub, leaf in leaves:
                value = leaf(record)
                if value is not None:
                    found[sub] = value
            return found or None

        return read

    def collect(self, value: Any, _before: Any = None) -> Leaves:
        """Yield each row with its sub-attribute's value; a bare string stands for the first sub-attribute."""
        members = _members(self.attribute.name, value, str(self.rows[0].sub))
        for row in self.rows:
            yield row, members.get(str(row.sub))

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the row of the sub-attribute, or all rows for the attribute as a whole."""
        return _rows_of_sub(self.rows, sub) if where is None else None


@dataclass(frozen=True, slots=True)
class OneOfList:
    """A list of which PingOne keeps one value: `'emails[type eq "work"].value' = "email"`."""

    attribute: Attribute
    rows: tuple[Row, ...]
    selector: str

    def emit(self) -> Emit:
        """Compile the reading of the list: one element, which is the primary one, or none."""
        leaves = tuple((str(row.sub), emit_leaf(row)) for row in self.rows)
        marks = {"type": self.selector, "primary": True}

        def read(record: Mapping[str, Any], _base: str) -> Any:
            found = {}
            for sub, leaf in leaves:
                value = leaf(record)
                if value is not None:
                    found[sub] = value
            return [found | marks] if found else None

        return read

    def collect(self, value: Any, before: Any = None) -> Leaves:
        """Yield the rows with the values of the element that is kept."""
        element = self.keep(_elements(self.attribute.name, value, str(self.rows[0].sub)), before) or {}
        for row in self.rows:
            yield row, element.get(str(row.sub))

    def keep(self, elements: list[dict[str, Any]], before: Any) -> dict[str, Any] | None:
        """Choose the element that PingOne keeps: a new one for this place, else primary, else that type, else first."""
        held = before or []
        fresh = [part for part in elements if part not in held and self.fits(part)] if held else []
        for choice in (
            [part for part in fresh if part.get("primary") is True],
            fresh[-1:],
            [part for part in elements if part.get("primary") is True],
            [part for part in elements if str(part.get("type", "")).casefold() == self.selector.casefold()],
            elements,
        ):
            if choice:
                return choice[0]
        return None

    def fits(self, element: Mapping[str, Any]) -> bool:
        """Whether the element asks for this place: by its type, by being primary, or by naming no type."""
        kind = element.get("type")
        return element.get("primary") is True or kind is None or str(kind).casefold() == self.selector.casefold()

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the rows for a sub-attribute, without a filter or with one that means the kept element."""
        if where is not None and not _is_type(where, self.selector) and not _is_primary(where):
            return None
        return _rows_of_sub(self.rows, sub)


@dataclass(frozen=True, slots=True)
class TypedList:
    """A list of which PingOne keeps one value of each type: work and mobile phone numbers."""

    attribute: Attribute
    rows: tuple[Row, ...]
    selectors: tuple[str, ...]

    def emit(self) -> Emit:
        """Compile the reading of the list: one element for each type that has a value."""
        groups = tuple(
            (selector, tuple((str(row.sub), emit_leaf(row)) for row in self.rows if row.selector == selector))
            for selector in self.selectors
        )

        def read(record: Mapping[str, Any], _base: str) -> Any:
            elements = []
            for selector, leaves in groups:
                found = {sub: value for sub, leaf in leaves if (value := leaf(record)) is not None}
                if found:
                    found["type"] = selector
                    elements.append(found)
            return elements or None

        return read

    def collect(self, value: Any, before: Any = None) -> Leaves:
        """Yield every row with the value of its type; elements of other types cannot be kept."""
        elements = _elements(self.attribute.name, value, str(self.rows[0].sub))
        chosen = self.keep(elements, before)
        for row in self.rows:
            yield row, chosen.get(str(row.selector), {}).get(str(row.sub))

    def keep(self, elements: list[dict[str, Any]], before: Any) -> dict[str, dict[str, Any]]:
        """Choose one element for each type: a new one, else the primary, else the first; untyped ones fill up."""
        held = before or []
        chosen: dict[str, dict[str, Any]] = {}
        for selector in self.selectors:
            same = [part for part in elements if str(part.get("type", "")).casefold() == selector.casefold()]
            fresh = [part for part in same if part not in held] if held else []
            primary = [part for part in same if part.get("primary") is True]
            if pick := fresh[-1:] or primary or same:
                chosen[selector] = pick[0]
        untyped = [part for part in elements if part.get("type") is None]
        for selector in self.selectors:
            if selector not in chosen and untyped:
                chosen[selector] = untyped.pop(0)
        return chosen

    def fits(self, element: Mapping[str, Any]) -> bool:
        """Whether the element names one of the types that are kept."""
        return str(element.get("type", "")).casefold() in {selector.casefold() for selector in self.selectors}

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the rows that a path means; a filter has to be on one type that is kept."""
        if where is None:
            return _rows_of_sub(self.rows, sub) if sub is None else None
        for selector in self.selectors:
            if _is_type(where, selector):
                return _rows_of_sub(tuple(row for row in self.rows if row.selector == selector), sub)
        return None


@dataclass(frozen=True, slots=True)
class IdList:
    """A list of ids: the groups of a user, the members of a group (`via = "memberships"`).

    PingOne's value is an array of ids or, for members, of `{"id", "type"}` as the resources lay it into the record.
    """

    attribute: Attribute
    rows: tuple[Row, ...]
    endpoints: Mapping[str, str]  # resource type name -> endpoint, for $ref

    @property
    def linked(self) -> bool:
        """Whether the list is changed by membership calls."""
        return self.rows[0].via == MEMBERSHIPS

    def emit(self) -> Emit:
        """Compile the reading of the list, each element with its `$ref`."""
        leaf = emit_leaf(self.rows[0])
        endpoints = self.endpoints
        reference = self.attribute.find_sub("$ref")
        own = endpoints.get(reference.reference_types[0], "") if reference and reference.reference_types else ""

        def read(record: Mapping[str, Any], base: str) -> Any:
            elements: list[dict[str, Any]] = []
            for item in leaf(record) or ():
                if isinstance(item, str):
                    elements.append({"value": item, "$ref": f"{base}{own}/{item}"} if own else {"value": item})
                else:
                    kind, value = item["type"], item["id"]
                    elements.append({"value": value, "type": kind, "$ref": f"{base}{endpoints[kind]}/{value}"})
            return elements or None

        return read

    def collect(self, value: Any, _before: Any = None) -> Leaves:
        """Yield the row with the list of elements."""
        yield self.rows[0], _elements(self.attribute.name, value, str(self.rows[0].sub)) or None

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the row for the list as a whole or its ids."""
        return self.rows if where is None and sub in (None, self.rows[0].sub) else None


Shape = Single | Complex | OneOfList | TypedList | IdList


def _members(name: str, value: Any, bare: str) -> Mapping[str, Any]:
    if value is None or value == "":
        return {}
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {bare: value}
    msg = f"{name}: an object is needed here"
    raise InvalidValue(msg)


def _elements(name: str, value: Any, bare: str) -> list[dict[str, Any]]:
    if value is None or value == "":
        return []
    items = value if isinstance(value, list) else [value]
    elements = [{bare: item} if isinstance(item, str) else item for item in items if item not in (None, "", {})]
    if not all(isinstance(item, dict) for item in elements):
        msg = f"{name}: each element has to be an object with a {bare!r}"
        raise InvalidValue(msg)
    return elements


def _rows_of_sub(rows: tuple[Row, ...], sub: str | None) -> tuple[Row, ...]:
    return rows if sub is None else tuple(row for row in rows if row.sub == sub)


def _is_type(where: Node, selector: str) -> bool:
    return (
        isinstance(where, Compare)
        and where.op == "eq"
        and where.path.attr.casefold() == "type"
        and where.path.sub is None
        and isinstance(where.value, str)
        and where.value.casefold() == selector.casefold()
    )


def _is_primary(where: Node) -> bool:
    return (
        isinstance(where, Compare)
        and where.op == "eq"
        and where.path.attr.casefold() == "primary"
        and where.path.sub is None
        and where.value in (True, "true", "True")
    )
