"""Memberships of a request: added, removed, or depending on who is there."""

from __future__ import annotations

import pytest

from scimbridge.mapping.links import Links, Member, link_difference, members_of, plan_links
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.operations import read_operations


@pytest.fixture
def plan(tables, manner):
    """Plan operations written as (op, path, value): (ids added, ids removed), or None."""

    def run(*operations):
        sent = [PatchOperation(op, path, value[0] if value else None, bool(value)) for op, path, *value in operations]
        links = plan_links(tables["Group"], read_operations(sent, tables["Group"].type, manner))
        return None if links is None else ([part.id for part in links.add], [part.id for part in links.remove])

    return run


@pytest.mark.parametrize(
    ("operations", "links"),
    [
        ([("add", "members", [{"value": "a"}, {"value": "b"}, {"value": "a"}])], (["a", "b"], [])),
        ([("Add".lower(), "members", {"value": "a", "$ref": None})], (["a"], [])),
        ([("add", None, {"members": ["a"]})], (["a"], [])),
        ([("remove", "members", [{"value": "a"}])], ([], ["a"])),
        ([("remove", 'members[value eq "a"]')], ([], ["a"])),
        ([("remove", 'members[VALUE eq "a" or value eq "b"]')], ([], ["a", "b"])),
        ([("remove", 'members[value eq "a"]'), ("add", "members", ["b"])], (["b"], ["a"])),
        ([("remove", 'members[value eq "a"]'), ("add", "members", ["a"])], (["a"], [])),
        ([("add", "members", ["a"]), ("remove", "members", ["a"])], ([], ["a"])),
        ([("remove", "members", [])], ([], [])),
    ],
)
def test_named_members_need_no_read(plan, operations, links):
    """Members that are named are added and removed whoever else is there; the last word on each counts."""
    assert plan(*operations) == links


@pytest.mark.parametrize(
    "operation",
    [
        ("remove", "members"),
        ("replace", "members", ["a"]),
        ("replace", "displayName", "x"),
        ("remove", 'members[type eq "User"]'),
        ("remove", 'members[value sw "a"]'),
        ("remove", 'members[not (value eq "a")]'),
        ("remove", 'members[value eq "a" or type eq "User"]'),
    ],
)
def test_other_changes_depend_on_the_group(plan, operation):
    """Who goes depends on who is there."""
    assert plan(operation) is None
    assert plan(("add", "members", ["a"]), operation) is None


@pytest.mark.parametrize(
    "uri", ["https://other.example.com/scim/v2/Users/a", "../Users/a", "/Users/a", "https://x.org/users/a/"]
)
def test_a_removal_by_uri_is_one_of_a_member(plan, uri):
    """Whatever base the URI has, it names who goes; beside an id of another one it names nobody for sure."""
    assert plan(("remove", f'members[$ref eq "{uri}"]')) == ([], ["a"])
    assert plan(("remove", f'members[value eq "b" and $ref eq "{uri}"]')) is None
    assert plan(("remove", 'members[$ref eq "elsewhere"]')) is None


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ({"value": "a"}, None),
        ({"value": "a", "type": "user"}, "User"),
        ({"value": "a", "type": "Group"}, "Group"),
        ({"value": "a", "$ref": "https://x.org/scim/v2/Groups/a"}, "Group"),
        ({"value": "a", "$ref": "/Users/a"}, "User"),
        ({"value": "a", "$ref": "elsewhere"}, None),
        ({"value": "a", "type": "User", "$ref": "/Groups/a"}, "User"),
    ],
)
def test_the_kind_of_a_member(tables, element, kind):
    """`type` says it, else `$ref`, else nobody."""
    assert members_of(tables["Group"], {"members": [element]}) == (Member("a", kind),)


@pytest.mark.parametrize(
    "element", [{}, {"value": ""}, {"value": 5}, {"value": "a", "type": "Device"}, {"$ref": "/Users/a"}]
)
def test_a_member_that_is_none_is_refused(tables, element):
    """The sentence names `members`."""
    with pytest.raises(InvalidValue, match="members"):
        members_of(tables["Group"], {"members": [element]})


def test_the_difference_of_two_lists():
    """Who is in both stays, also where one side does not say what it is."""
    before, after = [Member("a", "User"), Member("b", "Group")], [Member("b"), Member("c", "User")]
    assert link_difference(before, after) == Links(add=(Member("c", "User"),), remove=(Member("a", "User"),))
    assert not link_difference(before, before)


def test_users_have_no_links(tables):
    """The groups of a user are read only."""
    assert members_of(tables["User"], {"groups": [{"value": "g"}]}) == ()
    assert plan_links(tables["User"], ()) is None
