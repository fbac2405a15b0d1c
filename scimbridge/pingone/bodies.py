"""What PingOne's creates and replacements have to carry, so that nothing is lost or refused.

Creation takes fields that afterwards have a call of their own (docs/pingone.md §2.3). PUT drops what it leaves out, so
what PingOne holds goes along, known or not; and a group's population exactly where the group has one (§4.4).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import Refused
from scimbridge.pingone.kinds import Kind, kind_of
from scimbridge.pingone.media import JSON
from scimbridge.pingone.send import Call, Json
from scimbridge.sides import Native

HELD = "_held"
"""Where a record as a client is shown it has what PingOne holds and the client is not shown so: field -> value."""


def whole(record: Native) -> Native:
    """Return a record as PingOne holds it."""
    shown = {name: value for name, value in record.items() if name != HELD}
    return Native(shown | record.get(HELD, {}))


def is_dynamic(record: Native) -> bool:
    """Whether a group has the members that a filter finds, shown or not."""
    return bool(whole(record).get("userFilter"))


def creation(kind: Kind, body: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[Json, str]:
    """Return the body and the media type that create a record with those of its facets that a creation carries."""
    whole, media = copy.deepcopy(dict(body)), JSON
    for name, value in values.items():
        facet = kind.facet(name)
        if facet.creation is not None:
            whole |= facet.whole(value)
            media = facet.creation if facet.creation != JSON else media
    return whole, media


def facets_left(kind: Kind, record: Native, values: Mapping[str, Any]) -> Json:
    """Return the facets that a new record does not hold as they were asked for; a secret cannot be seen."""
    left: Json = {}
    for name, value in values.items():
        facet = kind.facet(name)
        held = facet.held(record)
        is_seen = not facet.initial and (not facet.secret or facet.creation is None)
        if is_seen and value != (facet.born if held is None else held):
            left[name] = value
    return left


def replacement(kind: Kind, record: Native, changes: Mapping[str, Any]) -> Json:
    """Return the body of a PUT: what PingOne holds, with the changes; None takes away.

    It carries everything but what PingOne is known to write itself, so that a field which PingOne has from tomorrow on
    is not cleared by it (docs/pingone.md §4.2, §5).
    """
    left_out = kind.own_members
    body = {name: copy.deepcopy(value) for name, value in record.items() if name not in left_out and value is not None}
    for name, value in changes.items():
        if value is None:
            body.pop(name, None)
        else:
            body[name] = _without_nulls(value)
    return body


def put(collection: Collection, call: Call, record: Native, changes: Mapping[str, Any]) -> Native:
    """PUT a group or population with changes, and with everything else that PingOne holds of it. Returns the record.

    A field that nobody knows may turn out to be PingOne's own: where PingOne refuses nothing but such fields, the PUT
    is sent again without them, since what cannot be written is not cleared by leaving it out either.
    """
    kind = kind_of(collection.name)
    body = replacement(kind, record, changes)
    try:
        return collection.replace(call, record["id"], body)
    except Refused as error:
        known = {*kind.writable, *changes}
        foreign = {(fault.target or "").split(".")[0] for fault in error.faults}
        if not foreign or foreign & known or not foreign <= body.keys():
            raise
        return collection.replace(call, record["id"], {name: body[name] for name in body if name not in foreign})


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return value


def recount(record: Native, *, users: int, groups: int) -> Native:
    """Return a group's record with its direct member counts moved by the memberships just made or ended."""
    counts = record.get("directMemberCounts")
    if not isinstance(counts, dict) or not (users or groups):
        return record
    moved = dict(counts)
    for name, by in (("users", users), ("groups", groups)):
        if isinstance(moved.get(name), int):
            moved[name] += by
    return Native({**record, "directMemberCounts": moved})


def counted(record: Native, *, users: int, groups: int) -> Native:
    """Return a group's record with these direct member counts, where it has any."""
    counts = record.get("directMemberCounts")
    if not isinstance(counts, dict):
        return record
    return Native({**record, "directMemberCounts": {**counts, "users": users, "groups": groups}})


def direct_members(record: Native) -> tuple[int | None, int | None]:
    """Return how many users and groups a group has directly; None where PingOne does not say."""
    counts = record.get("directMemberCounts")
    if not isinstance(counts, dict):
        return None, None
    users, groups = counts.get("users"), counts.get("groups")
    return (users if isinstance(users, int) else None), (groups if isinstance(groups, int) else None)


def is_surely_empty(record: Native) -> bool:
    """Whether a group has no member: a dynamic one counts none and has some."""
    return direct_members(record) == (0, 0) and not is_dynamic(record)
