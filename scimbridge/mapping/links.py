"""Memberships: which ones a resource has, and which ones a request adds and removes.

PingOne has a call for each membership and no field that lists them, so they stand beside the other changes. Pure: the
resources make the calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.shapes import IdList
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import attribute_value
from scimbridge.scim import dialects
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.filtering.trees import Compare, Node, Or, conjuncts
from scimbridge.scim.patching.operations import PathChange
from scimbridge.sides import Resource


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


def members_of(table: Table, resource: Resource) -> tuple[Member, ...]:
    """Return the members that a resource in SCIM terms has, each once."""
    shape = table.links
    if shape is None:
        return ()
    urn = shape.rows[0].urn
    elements = attribute_value(table, resource, urn, shape.attribute.name) or []
    return tuple(dict.fromkeys(read_member(shape, element) for element in elements))


def read_member(shape: IdList, element: Mapping[str, Any]) -> Member:
    """Read one element of a member list; its type may stand in `type` or in `$ref`. Raises `InvalidValue`."""
    name = shape.attribute.name
    value = element.get("value")
    if not isinstance(value, str) or not value:
        msg = f"{name}.value: the id of a member is needed"
        raise InvalidValue(msg)
    kinds = {kind.casefold(): kind for kind in shape.endpoints}
    named = element.get("type")
    if isinstance(named, str):
        if named.casefold() not in kinds:
            msg = f"{name}.type: one of User and Group is needed"
            raise InvalidValue(msg)
        return Member(value, kinds[named.casefold()])
    reference = element.get("$ref")
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


def plan_links(table: Table, operations: Iterable[PathChange]) -> Links | None:
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


def _linked_members(shape: IdList, operation: PathChange) -> list[Member] | None:
    if operation.found.attribute.name != shape.attribute.name or operation.found.sub is not None:
        return None
    if operation.op == "add" and operation.where is None:
        return [read_member(shape, element) for element in operation.value]
    if operation.op == "remove" and operation.where is None and operation.value is not None:
        return [read_member(shape, element) for element in operation.value]
    if operation.op == "remove" and operation.where is not None:
        return _named_by(shape, operation.where)
    return None


def _named_by(shape: IdList, where: Node) -> list[Member] | None:
    """Return the members that `value eq "a" or value eq "b"` names, or None for any other filter.

    Each may say its type too, as `value eq "a" and type eq "User"`, and may be named by its URI instead, whatever the
    base of that: `$ref eq "https://example.com/scim/v2/Users/a"`.
    """
    members = []
    for part in where.parts if isinstance(where, Or) else (where,):
        given: dict[str, Any] = {}
        for leaf in conjuncts(part):
            name = leaf.path.attr.casefold() if isinstance(leaf, Compare) and leaf.op == "eq" else ""
            if not isinstance(leaf, Compare) or name not in ("value", "type", "$ref") or name in given:
                return None
            given[name] = leaf.value
        named = given if "value" in given else dialects.read_reference(shape.attribute, given)
        if not isinstance(named.get("value"), str) or {"value", "$ref"} <= given.keys():
            return None
        members.append(read_member(shape, named))
    return members
