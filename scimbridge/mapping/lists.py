"""Lists of objects, as PingOne keeps them: one value, one value of each type, or plain ids.

RFC 7643 lets a list hold any number of elements; which of them has a place at PingOne is decided here, and only here.
What each method answers is said in `shapes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.leaves import Element, Emit, Leaves, emit_members, rows_of_sub
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row, read_field
from scimbridge.scim.catalogue import Attribute
from scimbridge.scim.filtering.trees import Compare, Node
from scimbridge.scim.reading import Notice


@dataclass(frozen=True, slots=True)
class OneOfList:
    """A list of which PingOne keeps one value: `'emails[type eq "work"].value' = "email"`.

    `marks` is what the value has beside what PingOne keeps: its type, and that it is the primary one.
    """

    attribute: Attribute
    rows: tuple[Row, ...]
    selector: str
    marks: Mapping[str, Any]

    def emit(self, notice: Notice) -> Emit:
        """Compile the reading of the list: one element, which is the primary one, or none."""
        read = emit_members(self.rows, notice)
        marks = dict(self.marks)

        def read_one(record: Mapping[str, Any], base: str) -> Any:
            found = read(record, base)
            return [found | marks] if found else None

        return read_one

    def collect(self, value: Any) -> Leaves:
        """Yield the rows with the values of the element that is kept."""
        element = self._keep(value or []) or {}
        for row in self.rows:
            yield row, element.get(str(row.sub))

    def lose(self, value: Any) -> Iterator[str]:
        """Yield a name for each element that is not the one that is kept."""
        kept = self._keep(value or [])
        yield from (_name(self.attribute, part) for part in value or [] if part is not kept)

    def _keep(self, elements: list[Element]) -> Element | None:
        """Choose the element that PingOne keeps: the primary one, else that of the type, else the first."""
        elements = _with_values(self.rows, elements)
        for choice in (
            [part for part in elements if part.get("primary") is True],
            [part for part in elements if is_of_type(part, self.selector)],
            elements,
        ):
            if choice:
                return choice[0]
        return None

    def take(self, elements: list[Element]) -> dict[str, Element]:
        """Return which of some added elements takes the one place: the primary one that asks for it, else the last."""
        asking = [part for part in elements if self._asks(part)]
        primary = [part for part in asking if part.get("primary") is True]
        return {self.selector: (primary or asking[-1:])[0]} if asking else {}

    def _asks(self, element: Element) -> bool:
        """Whether an element asks for this place: by its type, by being primary, or by naming no type."""
        return element.get("primary") is True or element.get("type") is None or is_of_type(element, self.selector)

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the rows for a sub-attribute, without a filter or with one that means the kept element."""
        if where is not None and type_of(where) != self.selector.casefold() and not _is_primary(where):
            return None
        return rows_of_sub(self.rows, sub)


@dataclass(frozen=True, slots=True)
class TypedList:
    """A list of which PingOne keeps one value of each type: work and mobile phone numbers."""

    attribute: Attribute
    rows: tuple[Row, ...]
    selectors: tuple[str, ...]

    def emit(self, notice: Notice) -> Emit:
        """Compile the reading of the list: one element for each type that has a value."""
        groups = tuple(
            (selector, emit_members(tuple(row for row in self.rows if row.selector == selector), notice))
            for selector in self.selectors
        )

        def read(record: Mapping[str, Any], base: str) -> Any:
            elements = [found | {"type": kind} for kind, leaves in groups if (found := leaves(record, base))]
            return elements or None

        return read

    def collect(self, value: Any) -> Leaves:
        """Yield every row with the value of its type; elements of other types cannot be kept."""
        chosen = self._keep(value or [])
        for row in self.rows:
            yield row, chosen.get(str(row.selector), {}).get(str(row.sub))

    def lose(self, value: Any) -> Iterator[str]:
        """Yield a name for each element that is not kept."""
        kept = [id(part) for part in self._keep(value or []).values()]
        yield from (_name(self.attribute, part) for part in value or [] if id(part) not in kept)

    def _keep(self, elements: list[Element]) -> dict[str, Element]:
        """Choose one element for each type: the primary, else the first; elements without a type fill up."""
        chosen: dict[str, Element] = {}
        elements = _with_values(self.rows, elements)
        for selector in self.selectors:
            same = [part for part in elements if is_of_type(part, selector)]
            primary = [part for part in same if part.get("primary") is True]
            if pick := primary or same:
                chosen[selector] = pick[0]
        untyped = [part for part in elements if part.get("type") is None]
        for selector in self.selectors:
            if selector not in chosen and untyped:
                chosen[selector] = untyped.pop(0)
        return chosen

    def take(self, elements: list[Element]) -> dict[str, Element]:
        """Return which of some added elements takes the place of each type: the primary one, else the last."""
        taken: dict[str, Element] = {}
        for selector in self.selectors:
            same = [part for part in elements if is_of_type(part, selector)]
            primary = [part for part in same if part.get("primary") is True]
            if same:
                taken[selector] = (primary or same[-1:])[0]
        return taken

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the rows that a path means; a filter has to be on one type, and there are none for other types."""
        if where is None:
            return self.rows if sub is None else None
        kind = type_of(where)
        if kind is None:
            return None
        return rows_of_sub(tuple(row for row in self.rows if str(row.selector).casefold() == kind), sub)


@dataclass(frozen=True, slots=True)
class IdList:
    """A list of ids: the groups of a user, the members of a group (`via = "memberships"`), a custom list of values.

    PingOne's value is an array of ids or, for members, of `{"id", "type"}` as the resources lay it into the record.
    Further rows are what is told beside the ids, all of one part that holds an object for each id.
    """

    attribute: Attribute
    rows: tuple[Row, ...]
    endpoints: Mapping[str, str]  # resource type name -> endpoint, for $ref

    @property
    def linked(self) -> bool:
        """Whether the list is changed by membership calls."""
        return self.rows[0].via == MEMBERSHIPS

    def emit(self, _notice: Notice) -> Emit:
        """Compile the reading of the list, each element with its `$ref`."""
        path, endpoints, beside = self.rows[0].to, self.endpoints, self.rows[1:]
        part = beside[0].to[:1] if beside else ()
        reference = self.attribute.find_sub("$ref")
        own = endpoints.get(reference.reference_types[0], "") if reference and reference.reference_types else ""

        def read(record: Mapping[str, Any], base: str) -> Any:
            held = read_field(record, path)
            elements: list[Element] = []
            for item in (read_field(record, part) or ()) if part else ():
                told = {str(row.sub): value for row in beside if (value := read_field(item, row.to[1:])) is not None}
                elements.append({"value": item["id"], **({"$ref": f"{base}{own}/{item['id']}"} if own else {}), **told})
            if elements:
                return elements
            for item in held if isinstance(held, list) else () if held is None else (held,):
                if isinstance(item, dict):
                    kind, value = item["type"], item["id"]
                    elements.append({"value": value, "type": kind, "$ref": f"{base}{endpoints[kind]}/{value}"})
                else:
                    elements.append({"value": item, "$ref": f"{base}{own}/{item}"} if own else {"value": item})
            return elements or None

        return read

    def collect(self, value: Any) -> Leaves:
        """Yield the row with its list of values, None where there is none."""
        yield self.rows[0], [part.get("value") for part in value or []] or None

    def lose(self, _value: Any) -> Iterator[str]:
        """Yield nothing: what stands beside the ids is left out when the resource is read."""
        yield from ()

    def select(self, sub: str | None, where: Node | None) -> tuple[Row, ...] | None:
        """Return the row for the list as a whole or its ids, or of what is told beside them."""
        if where is None and sub in (None, self.rows[0].sub):
            return self.rows[:1]
        return tuple(row for row in self.rows[1:] if row.sub == sub) or None if where is None else None


def is_of_type(element: Mapping[str, Any], selector: str) -> bool:
    """Whether the element of a list says that it is of that type, in any case."""
    return str(element.get("type", "")).casefold() == selector.casefold()


def _with_values(rows: tuple[Row, ...], elements: list[Element]) -> list[Element]:
    """Return the elements that hold something to keep; a type alone takes no place."""
    subs = {row.sub for row in rows}
    return [part for part in elements if not subs.isdisjoint(part)]


def _name(attribute: Attribute, element: Mapping[str, Any]) -> str:
    kind = element.get("type")
    return f'{attribute.name}[type eq "{kind}"]' if isinstance(kind, str) else attribute.name


def type_of(where: Node) -> str | None:
    """Return the type that `type eq "work"` names, folded, or None where the filter is another one."""
    if not isinstance(where, Compare) or where.op != "eq" or not isinstance(where.value, str):
        return None
    return where.value.casefold() if where.path.attr.casefold() == "type" and where.path.sub is None else None


def _is_primary(where: Node) -> bool:
    return (
        isinstance(where, Compare)
        and where.op == "eq"
        and where.path.attr.casefold() == "primary"
        and where.path.sub is None
        and where.value in (True, "true", "True")
    )
