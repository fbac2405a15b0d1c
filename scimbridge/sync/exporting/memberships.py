"""Memberships as lines: a group, a member, and whether it is one by itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scimbridge.sides import Native
from scimbridge.sync.exporting.orders import Column

DIRECT, INDIRECT = "direct", "indirect"
_NAMES = {"users": "username", "groups": "name"}
_TYPES = {"users": "User", "groups": "Group"}


@dataclass(frozen=True, slots=True)
class ExportedMembership:
    """One membership. `kind` is where the member is kept: users or groups; `through` is direct or indirect."""

    group: Native
    kind: str
    member: Native
    through: str


def show_membership(each: ExportedMembership, base: str) -> dict[str, Any]:
    """Return a membership in SCIM's words."""
    group, member, type_ = each.group, each.member, _TYPES[each.kind]
    return {
        "group": {"value": group["id"], "display": group.get("name"), "$ref": f"{base}/Groups/{group['id']}"},
        "member": {
            "value": member["id"], "display": member.get(_NAMES[each.kind]), "type": type_,
            "$ref": f"{base}/{type_}s/{member['id']}",
        },
        "membership": each.through,
    }  # fmt: skip


def show_native(each: ExportedMembership) -> dict[str, Any]:
    """Return a membership in PingOne's words."""
    name = _NAMES[each.kind]
    return {
        "group": {key: each.group[key] for key in ("id", "name", "population") if key in each.group},
        each.kind.removesuffix("s"): {
            key: each.member[key] for key in ("id", name, "population") if key in each.member
        },
        "type": each.through.upper(),
    }


def _population(record: Native) -> Any:
    held = record.get("population")
    return held.get("id") if isinstance(held, dict) else None


COLUMNS = (
    Column("group.value", "VARCHAR", lambda each: each.group["id"]),
    Column("group.display", "VARCHAR", lambda each: each.group.get("name")),
    Column("group.externalId", "VARCHAR", lambda each: each.group.get("externalId")),
    Column("group.population", "VARCHAR", lambda each: _population(each.group)),
    Column("member.value", "VARCHAR", lambda each: each.member["id"]),
    Column("member.type", "VARCHAR", lambda each: _TYPES[each.kind]),
    Column("member.display", "VARCHAR", lambda each: each.member.get(_NAMES[each.kind])),
    Column("member.externalId", "VARCHAR", lambda each: each.member.get("externalId")),
    Column("member.population", "VARCHAR", lambda each: _population(each.member)),
    Column("membership", "VARCHAR", lambda each: each.through),
)
"""The flat columns of a membership."""
