"""What has to change at PingOne: the difference between two states as `Changes`.

`Changes` is what POST, PUT, PATCH, bulk and audit share: fields for one call, fields with a call of their own,
memberships. Pure: it decides and validates everything before the first call is made; the resources make the calls.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scimbridge.mapping.links import Links, link_difference, members_of
from scimbridge.mapping.shapes import IdList
from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import attribute_value, encode, held_value, native_fields, tell_lost
from scimbridge.scim.errors import InvalidValue, Mutability
from scimbridge.scim.reading import Manner, is_empty, is_same
from scimbridge.sides import Body, Native, Resource


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one request changes: `body` in one call, each of `facets` in its own, `links` one call a member.

    `operations` are PingOne's own, which say in one call what a body would, whatever PingOne holds. `nested` names what
    of the body is an object of several rows, `shrunk` what is an object that loses members.
    """

    body: dict[str, Any] = field(default_factory=dict)
    facets: dict[str, Any] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    nested: frozenset[str] = frozenset()
    shrunk: frozenset[str] = frozenset()
    operations: tuple[dict[str, Any], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.body or self.facets or self.links or self.operations)


def plan_create(table: Table, resource: Resource, manner: Manner) -> Changes:
    """Return what a new resource is made of.

    Facets stand beside the body, since PingOne takes some of them at creation. Raises `InvalidValue`.
    """
    body: dict[str, Any] = {}
    facets: dict[str, Any] = {}
    wanted = native_fields(table, resource, manner)
    wanted |= _replacing(table, Native({}), Resource({}), resource, wanted, manner)
    for row, value in _shared(wanted, Native({})).items():
        if value is None:
            continue
        if row.via is None:
            _put(body, row.to, value)
        else:
            facets[row.via] = value
    return Changes(body, facets, Links(add=members_of(table, resource)))


def plan_change(
    table: Table,
    record: Native,
    before: Resource,
    after: Resource,
    manner: Manner,
) -> Changes:
    """Return the difference between a resource as it is (`record`, and `before` in SCIM terms) and as it shall be.

    Attributes that are equal in both are not looked at, so that what PingOne holds and the client echoes is never
    judged. What `after` leaves out and no change can take away stays as it is: a facet, an immutable value.
    Raises `InvalidValue`, `Mutability`.
    """
    wanted: dict[Row, Any] = {}
    for (urn, attr), shape in table.shapes.items():
        old, new = attribute_value(table, before, urn, attr), attribute_value(table, after, urn, attr)
        if is_same(old, new) or (isinstance(shape, IdList) and shape.linked):
            continue
        tell_lost(shape, new, manner)
        for row, value in shape.collect(new):
            if row.writable and not (is_empty(value) and _stays(row)):
                wanted[row] = encode(row, value, manner)
    wanted |= _replacing(table, record, before, after, wanted, manner)
    return _difference(record, wanted, before, after, table)


def _replacing(
    table: Table,
    record: Native,
    before: Resource,
    after: Resource,
    wanted: Mapping[Row, Any],
    manner: Manner,
) -> dict[Row, Any]:
    """Return what a composed value is replaced by, for the field that its row's `else` names.

    Where nothing is there to compose it from, it is the value. Else a client that changes what the value is composed of
    has it composed anew, and so has one whose value has some of that in it. What is left is a value of its own.
    """
    changed = {row.to: value for row, value in wanted.items() if not is_same(value, held_value(row, record))}
    found: dict[Row, Any] = {}
    for (urn, attr), shape in table.shapes.items():
        template = shape.rows[0].template
        if template is None or not template.other or changed.get(template.other) is not None:
            continue
        old, new = attribute_value(table, before, urn, attr), attribute_value(table, after, urn, attr)
        row = next((row for row in table.rows if row.to == template.other and row.writable), None)
        if is_empty(new) or row is None:
            continue
        if not isinstance(new, str):
            msg = f"{attr}: a string is needed"
            raise InvalidValue(msg)
        own = read_field(record, template.other)
        if new == old != own:
            continue  # what was composed comes back with the rest
        held = any(not is_empty(changed.get(path, read_field(record, path))) for path in template.parts)
        if held and new != old and changed.keys() & template.parts:
            continue
        if not held or not template.is_echoed(new, record):
            found[row] = encode(row, new, manner)
        elif new != old:
            manner.notice(attr)
    return found


def without_composed(table: Table, resource: Resource) -> Resource:
    """Return a resource without the composed values that may be replaced: a PATCH that does not name one sets none."""
    kept = Resource(dict(resource))
    for (urn, attr), shape in table.shapes.items():
        if shape.attribute.replaceable and urn in ("", table.type.schema.urn):
            kept.pop(attr, None)
        elif shape.attribute.replaceable and urn in kept:
            kept[urn] = {name: value for name, value in kept[urn].items() if name != attr}
    return kept


def _stays(row: Row) -> bool:
    return row.via is not None or row.attribute.mutability == "immutable"


def _difference(
    record: Native,
    wanted: Mapping[Row, Any],
    before: Resource,
    after: Resource,
    table: Table,
) -> Changes:
    whole = _shared(wanted, record)
    changed = {row: value for row, value in whole.items() if not is_same(value, held_value(row, record))}
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
    nested = {row.to[0] for row in changed if len(row.to) > 1 and row.via is None}
    for top in [top for top in nested if not _has_value(body[top])]:
        body[top] = None  # PingOne wants no empty object where a member is required (photo needs its href)
    facets = {row.facet.name: value for row, value in changed.items() if row.facet is not None}
    links = link_difference(members_of(table, before), members_of(table, after))
    shrunk = {name for name in body if name not in nested and _loses(record.get(name), body[name])}
    return Changes(body, facets, links, frozenset(nested), frozenset(shrunk))


def _loses(held: Any, value: Any) -> bool:
    """Whether an object has a member, at any depth, that the new value has not."""
    if not isinstance(held, dict) or not isinstance(value, dict):
        return False
    return any(name not in value or _loses(inner, value[name]) for name, inner in held.items())


def keep_unmentioned(table: Table, body: Body, before: Resource, resource: Resource) -> Resource:
    """Return a resource as PUT means it: with what its client cannot be taken to have left out.

    That is a whole extension that the client names neither in `schemas` nor as a member, and what is not in every
    answer, so that a client which sends back what it was given takes nothing away.
    """
    kept = Resource(dict(resource))
    named = {str(name).casefold() for name in body}
    schemas = body.get("schemas")
    named |= {str(urn).casefold() for urn in schemas} if isinstance(schemas, list) else set()
    for (urn, attr), shape in table.shapes.items():
        extension = urn not in ("", table.type.schema.urn)
        known = not extension or any(name.startswith(urn.casefold()) for name in named)
        inner = body.get(urn) if extension else body
        mentioned = isinstance(inner, Mapping) and attr.casefold() in {str(name).casefold() for name in inner}
        held = attribute_value(table, before, urn, attr)
        if held is None or mentioned or (known and shape.attribute.returned != "request"):
            continue
        place = kept.setdefault(urn, {}) if extension else kept
        place.setdefault(attr, held)
    return kept


def _shared(wanted: Mapping[Row, Any], record: Native) -> dict[Row, Any]:
    """Return the values with those of fields that several rows share made whole, each row's part in its place."""
    fields: dict[str, Any] = {}
    for row, value in wanted.items():
        if row.codec.merge is not None:
            fields[row.native] = row.codec.merge(fields.get(row.native, held_value(row, record)), value)
    return {row: value if row.codec.merge is None else fields[row.native] for row, value in wanted.items()}


def _whole_object(table: Table, record: Native, top: str) -> dict[str, Any]:
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
