"""The kinds: what follows from the facts of each, and that a half-made one is found at the start."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.mapping.tables.table import TableFaults
from scimbridge.pingone.facets import ENABLED, MFA_ENABLED
from scimbridge.pingone.kinds import GROUPS, IDENTITY_PROVIDERS, KINDS, POPULATIONS, SCOPES, USERS, find_faults, kind_of
from scimbridge.resources import tables


def test_the_kinds_are_whole():
    """Nothing is wrong with those that are shipped."""
    assert find_faults(KINDS) == []


def test_rights_follow_from_what_can_be_done():
    """What is only read has no right to write, and a secret has one of its own."""
    assert sorted(SCOPES) == [
        "groups:read", "groups:write", "identityProviders:read", "passwords:write", "populations:read",
        "populations:write", "users:read", "users:write",
    ]  # fmt: skip


def test_what_is_only_read_follows_from_what_can_be_written():
    """Users are written by the schema of the environment, groups and populations by their own fields."""
    assert [kind.name for kind in KINDS if kind.is_read_only] == ["IdentityProvider"]
    assert [kind.required for kind in KINDS] == [("username",), ("name",), ("name",), ()]


def test_a_put_leaves_out_what_only_pingone_writes():
    """The members of a record that no PUT carries, links among them."""
    assert GROUPS.own_members == {
        "_links", "_embedded", "id", "environment", "createdAt", "updatedAt", "displayName", "checkSum", "isExternal",
        "sourceId", "sourceType", "directMemberCounts", "totalMemberCounts",
    }  # fmt: skip
    assert POPULATIONS.own_members == {
        "_links", "_embedded", "id", "environment", "createdAt", "updatedAt", "userCount",
    }  # fmt: skip


def test_only_users_are_placed():
    """A record that can go to another population may be sent to one by a rule; a group stays where it is."""
    assert [kind.name for kind in KINDS if kind.is_placed] == ["User"]
    assert [kind.home_path for kind in KINDS] == [("population", "id"), ("population", "id"), ("id",), ()]


def test_every_kind_is_found_by_its_collection():
    """By PingOne's own name, and by no other."""
    assert [kind_of(kind.collection) for kind in KINDS] == list(KINDS)
    with pytest.raises(KeyError):
        kind_of("IdentityProvider")


@pytest.mark.parametrize(
    ("kind", "changes", "fault"),
    [
        (GROUPS, {"unique": "label"}, "kind Group: unique is 'label', which is none of its fields"),
        (GROUPS, {"home": "place.id"}, "kind Group: home is 'place.id', which is none of its fields"),
        (USERS, {"facets": (replace(ENABLED, field="on"),)}, "kind User: a facet's field is 'on', which is none"),
        (GROUPS, {"schema": "Group"}, "kind Group: its fields are those of the schema 'Group'"),
        (IDENTITY_PROVIDERS, {"writable": ("name",)}, "kind IdentityProvider: it can be made, and no field is unique"),
        (USERS, {"schema": None}, "kind User: it is only read, and has facets"),
        (USERS, {"own": USERS.own | {"enabled"}}, "kind User: only PingOne writes 'enabled', and a facet writes it"),
        (
            USERS,
            {"facets": (ENABLED, replace(MFA_ENABLED, order=ENABLED.order))},
            "kind User: its facets need names and orders",
        ),
        (USERS, {"facets": (ENABLED, replace(ENABLED, order=4))}, "kind User: its facets need names and orders"),
        (USERS, {"facets": (replace(ENABLED, order=0),)}, "kind User: its facets need names and orders"),
        (GROUPS, {"points_at": {"population.id": "people"}}, "kind Group: 'population.id' points at 'people'"),
        (GROUPS, {"name": "User"}, "kind User: name 'User' is another kind's already"),
        (GROUPS, {"collection": "users"}, "kind Group: collection 'users' is another kind's already"),
    ],
)
def test_a_half_made_kind_is_found(kind, changes, fault):
    """Each fault is a sentence that names the kind, and the only one."""
    (found,) = find_faults([replace(each, **changes) if each is kind else each for each in KINDS])
    assert found.startswith(fault)


def test_half_made_kinds_stop_the_start(monkeypatch):
    """All faults are reported together, before any table is compiled."""
    halves = (replace(USERS, unique="label"), replace(GROUPS, home="place"))
    monkeypatch.setattr(tables, "KINDS", halves)
    with pytest.raises(TableFaults) as caught:
        tables.Tables({})
    assert {fault.split(":")[0] for fault in caught.value.faults} == {"kind User", "kind Group"}
