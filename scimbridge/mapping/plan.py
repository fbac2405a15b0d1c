"""What has to change at PingOne: the difference between two states as `Changes`, or a PATCH as native operations.

`Changes` is what PUT, PATCH, bulk and audit share: fields for one call, fields with a call of their own, memberships.
Pure: it decides and validates everything before the first call is made; the resources make the calls.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scimbridge.mapping.rows import FACETS, MEMBERSHIPS, Row
from scimbridge.mapping.shapes import IdList, OneOfList, Shape, TypedList
from scimbridge.mapping.table import Table
from scimbridge.mapping.translate import attribute_value, encode, held_value, native_fields
from scimbridge.scim.errors import InvalidValue, Mutability
from scimbridge.scim.filters import And, Compare, Node, Or
from scimbridge.scim.operations import Operation
from scimbridge.scim.reading import Manner, is_empty


@dataclass(frozen=True, slots=True)
class Member:
    """One end of a membership. `kind` is the resource type that the client named, None where it named none."""

    id: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """Memberships to add and to remove."""

    add: tuple[Member, ...] = ()
    remove: tuple[Member, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one request changes: `body` in one call, each of `facets` in its own, `links` one call a member."""

    body: dict[str, Any] = field(default_factory=dict)
    facets: dict[str, Any] = field(default_factory=dict)
    links: Links = field(default_factory=Links)

    def __bool__(self) -> bool:
        return bool(self.body or self.facets or self.links)


@dataclass(frozen=True, slots=True)
class NativeOperations:
    """A PATCH that PingOne can carry out as it is: its own RFC 7644 operations, and facets beside them."""

    operations: tuple[dict[str, Any], ...]
    facets: dict[str, Any]


def plan_create(table: Table, resource: Mapping[str, Any], manner: Manner) -> Changes:
    """Return what a new resource is made of. Facets stand beside the body, since PingOne takes some of them at creation.

    Raises `InvalidValue`.
    """
    body: dict[str, Any] = {}
    facets: dict[str, Any] = {}
    for row, value in native_fields(table, resource, manner).items():
        if value is None:
            continue
        if row.via is None:
            _put(body, row.to, value)
        else:
            facets[row.via] = value
    return Changes(body, facets, Links(add=members_of(table, resource)))


def plan_change(
    table: Table,
    record: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    manner: Manner,
) -> Changes:
    """Return the difference between a resource as it is (`record`, and `before` in SCIM terms) and as it shall be.

    Attributes that are equal in both are not looked at, so that what PingOne holds and the client echoes is never
    judged. A facet that `after` leaves out stays as it is. Raises `InvalidValue`, `Mutability`.
    """
    wanted: dict[Row, Any] = {}
    for (urn, attr), shape in table.shapes.items():
        old, new = attribute_value(table, before, urn, attr), attribute_value(table, after, urn, attr)
        if old == new or (isinstance(shape, IdList) and shape.linked):
            continue
        for row, value in shape.collect(new, old):
            if row.writable and not (row.via is not None and is_empty(value)):
                wanted[row] = encode(row, value, manner)
    return _difference(record, wanted, before, after, table)


def _difference(
    record: Mapping[str, Any],
    wanted: Mapping[Row, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    table: Table,
) -> Changes:
    changed = {row: value for row, value in wanted.items() if value != held_value(row, record)}
    for row in changed:
        if row.attribute.mutability == "immutable":
            msg = f"{row.spelled} cannot be changed once the resource is made"
            raise Mutability(msg)
    body: dict[str, Any] = {}
    for row, value in changed.items():
        if row.via is None:
            top = row.to[0]
            if len(row.to) > 1 and top not in body:
                body[top] = _whole_object(table, record, top)
            _put(body, row.to, value)
    for top in [top for top, value in body.items() if isinstance(value, dict) and not _has_value(value)]:
        body[top] = None  # PingOne wants no empty object where a member is required (photo needs its href)
    facets = {row.via: value for row, value in changed.items() if row.via in FACETS}
    return Changes(body, facets, link_difference(members_of(table, before), members_of(table, after)))


def _whole_object(table: Table, record: Mapping[str, Any], top: str) -> dict[str, Any]:
    """Return a nested object as PingOne holds it, with an explicit null for each mapped member it has not.

    Whole and with nulls it means the same whether PingOne merges nested objects or replaces them.
    """
    held = record.get(top)
    whole: dict[str, Any] = copy.deepcopy(held) if isinstance(held, dict) else {}
    for row in table.rows:
        if len(row.to) > 1 and row.to[0] == top and row.writable and held_value(row, record) is None:
            _put(whole, row.to[1:], None)
    return whole


def _has_value(value: Any) -> bool:
    return any(_has_value(part) for part in value.values()) if isinstance(value, dict) else value is not None


def _put(target: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        inner = target.get(name)
        if not isinstance(inner, dict):
            inner = target[name] = {}
        target = inner
    target[path[-1]] = value


# -- memberships ---------------------------------------------------------------------------------------------------


def members_of(table: Table, resource: Mapping[str, Any]) -> tuple[Member, ...]:
    """Return the members that a resource in SCIM terms has, each once."""
    shape = table.links
    if shape is None:
        return ()
    urn = shape.rows[0].urn
    elements = attribute_value(table, resource, urn, shape.attribute.name) or []
    return tuple(dict.fromkeys(read_member(shape, element) for element in elements))


def read_member(shape: IdList, element: Any) -> Member:
    """Read one element of a member list; its type may stand in `type` or in `$ref`. Raises `InvalidValue`."""
    name = shape.attribute.name
    value = element.get("value") if isinstance(element, dict) else element
    if not isinstance(value, str) or not value:
        msg = f"{name}.value: the id of a member is needed"
        raise InvalidValue(msg)
    kinds = {kind.casefold(): kind for kind in shape.endpoints}
    named = element.get("type") if isinstance(element, dict) else None
    if isinstance(named, str):
        if named.casefold() not in kinds:
            msg = f"{name}.type: one of User and Group is needed"
            raise InvalidValue(msg)
        return Member(value, kinds[named.casefold()])
    reference = element.get("$ref") if isinstance(element, dict) else None
    for kind, endpoint in shape.endpoints.items():
        if isinstance(reference, str) and f"{endpoint}/" in reference:
            return Member(value, kind)
    return Member(value)


def link_difference(before: Iterable[Member], after: Iterable[Member]) -> Links:
    """Return the memberships between two states; a member whose kind is not named is the one of that id."""
    held = {member.id: member for member in before}
    wanted = {member.id: member for member in after}
    return Links(
        tuple(member for key, member in wanted.items() if key not in held),
        tuple(member for key, member in held.items() if key not in wanted),
    )


def plan_links(table: Table, operations: Iterable[Operation]) -> Links | None:
    """Return the memberships that a PATCH adds and removes, or None where that depends on the present members.

    None too where the PATCH touches anything else.
    """
    shape = table.links
    if shape is None:
        return None
    add: dict[str, Member] = {}
    remove: dict[str, Member] = {}
    for operation in operations:
        members = _linked_members(shape, operation)
        if members is None:
            return None
        here, there = (remove, add) if operation.op == "remove" else (add, remove)
        for member in members:
            there.pop(member.id, None)
            here[member.id] = member
    return Links(tuple(add.values()), tuple(remove.values()))


def _linked_members(shape: IdList, operation: Operation) -> list[Member] | None:
    if operation.found.attribute.name != shape.attribute.name or operation.found.sub is not None:
        return None
    if operation.op == "add" and operation.where is None:
        return [read_member(shape, element) for element in operation.value]
    if operation.op == "remove" and operation.where is None and operation.value is not None:
        return [read_member(shape, element) for element in operation.value]
    if operation.op == "remove" and operation.where is not None:
        ids = _ids_of(operation.where)
        return None if ids is None else [Member(value) for value in ids]
    return None


def _ids_of(where: Node) -> list[str] | None:
    """Return the ids that `value eq "a" or value eq "b"` names, or None for any other filter."""
    parts = where.parts if isinstance(where, Or) else (where,)
    ids = []
    for part in parts:
        if isinstance(part, And) or not isinstance(part, Compare) or part.op != "eq":
            return None
        if part.path.attr.casefold() != "value" or not isinstance(part.value, str):
            return None
        ids.append(part.value)
    return ids


# -- a PATCH as PingOne's own operations ---------------------------------------------------------------------------


def plan_operations(table: Table, operations: Iterable[Operation], manner: Manner) -> NativeOperations | None:
    """Translate a PATCH operation by operation, or return None where that needs the present state.

    Raises `InvalidValue`, `Mutability`.
    """
    native: list[dict[str, Any]] = []
    facets: dict[str, Any] = {}
    for operation in operations:
        pairs = _leaves(table, operation)
        if pairs is None:
            return None
        for row, value in pairs:
            if not row.writable or row.attribute.mutability == "immutable" or row.via == MEMBERSHIPS:
                return None
            encoded = encode(row, value, manner)
            if row.via is not None:
                if encoded is None:
                    msg = f"{row.spelled} cannot be removed; set the value that it shall have"
                    raise Mutability(msg)
                facets[row.via] = encoded
            elif encoded is not None:
                native.append({"op": "replace", "path": row.native, "value": encoded})
            elif is_empty(value):
                if _is_alone(table, row):
                    return None
                native.append({"op": "remove", "path": row.native})
    return NativeOperations(tuple(native), facets)


def _is_alone(table: Table, row: Row) -> bool:
    """Whether the row is the only one of a nested object: without it the object may be one that PingOne refuses."""
    return len(row.to) > 1 and sum(other.to[:1] == row.to[:1] for other in table.rows) == 1


def _leaves(table: Table, operation: Operation) -> list[tuple[Row, Any]] | None:
    """Return which rows get which SCIM values, or None where the present state decides."""
    found = operation.found
    shape = _shape_of(table, operation)
    if shape is None or isinstance(shape, IdList) or found.attribute.composed:
        return None
    if found.attribute.multi_valued and not isinstance(shape, OneOfList | TypedList):
        whole = operation.op == "replace" or (operation.op == "remove" and operation.value is None)
        return list(shape.collect(operation.value)) if whole and operation.where is None else None
    rows = shape.select(found.sub.name if found.sub else None, operation.where)
    if operation.op == "remove":
        if operation.value is not None or rows is None:
            return None
        return [(row, None) for row in rows]
    if found.sub is not None:
        return None if rows is None else [(row, operation.value) for row in rows]
    if isinstance(shape, OneOfList | TypedList):
        return _list_leaves(shape, rows, operation)
    return list(_named(shape, rows, operation.value))


def _list_leaves(
    shape: OneOfList | TypedList, rows: tuple[Row, ...] | None, operation: Operation
) -> list[tuple[Row, Any]] | None:
    if operation.where is not None:
        if rows is None or not isinstance(operation.value, dict):
            return None
        return [(row, operation.value[row.sub]) for row in rows if row.sub in operation.value]
    elements = operation.value if isinstance(operation.value, list) else [operation.value]
    if operation.op == "replace":
        return list(shape.collect(elements))
    if not all(isinstance(part, dict) and shape.fits(part) for part in elements):
        return None
    given = shape.collect(elements)
    if isinstance(shape, OneOfList):
        return list(given)
    types = {str(part.get("type")).casefold() for part in elements}
    return [(row, value) for row, value in given if str(row.selector).casefold() in types]


def _named(shape: Shape, rows: tuple[Row, ...] | None, value: Any) -> Iterator[tuple[Row, Any]]:
    """Yield only what the value names: replacing a complex attribute leaves its other members (RFC 7644 §3.5.2.3)."""
    for row, leaf in shape.collect(value):
        if rows is None or row not in rows:
            continue
        if row.sub is None or not isinstance(value, dict) or row.sub in value:
            yield row, leaf


def _shape_of(table: Table, operation: Operation) -> Shape | None:
    found = operation.found
    urn = found.urn if found.in_extension else None
    name = found.attribute.name
    if urn is not None:
        return table.shape(urn, name)
    return table.shape("", name) or table.shape(table.type.schema.urn, name)
