"""The members of many groups, side by side."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import Misconfigured
from scimbridge.sync.directory.members import walk_members


def read(desk, sandbox, **more):
    """Return (group, kind, member) of all members, in order, and the walk."""
    walked = walk_members(desk, desk.context(), list(sandbox.directory.groups), **more)
    found = [(page.group["id"], page.kind, key) for page in walked.pages for key in page.ids]
    return found, walked


def edges(sandbox):
    """Return (group, kind, member) as the sandbox holds them."""
    held = sandbox.directory.edges
    return {
        (group["id"], kind, member)
        for group in sandbox.directory.groups
        for kind in ("users", "groups")
        for member in held.members_of(kind, group["id"])
    }


def test_direct_members(sandbox, open_desk):
    """Without more, direct members come, each once, and PingOne counts as many."""
    found, walked = read(open_desk(sandbox), sandbox)
    assert set(found) == edges(sandbox)
    assert len(found) == len(set(found)) == walked.count == walked.counted


def test_indirect_members(sandbox, open_desk):
    """Members through nesting and filters come after the direct ones, and are no direct ones."""
    desk = open_desk(sandbox)
    walked = walk_members(desk, desk.context(), list(sandbox.directory.groups), indirect=True)
    pages = list(walked.pages)
    indirect = {(page.group["id"], page.kind, key) for page in pages if not page.direct for key in page.ids}
    assert indirect
    assert not indirect & edges(sandbox)
    berlin = next(group["id"] for group in sandbox.directory.groups if group["name"] == "Berlin Office")
    assert berlin in {group for group, _kind, _key in indirect}
    assert walked.count == walked.counted


def test_each_list_ends_once(sandbox, open_desk):
    """The last page of each list is marked as such."""
    desk = open_desk(sandbox)
    walked = walk_members(desk, desk.context(), list(sandbox.directory.groups), parallel=3)
    ended = [page.asked for page in walked.pages if page.ended]
    assert len(ended) == len(set(ended)) > 0


@pytest.mark.parametrize("status", [400, 404])
def test_group_that_is_gone(make_sandbox, open_desk, status):
    """A group that was deleted since it was read has no members, and ends nothing."""
    sandbox = make_sandbox(60, unknown_group_status=status)
    groups = list(sandbox.directory.groups)
    gone = {"id": "00000000-0000-4000-8000-000000000001", "name": "gone"}
    desk = open_desk(sandbox)
    walked = walk_members(desk, desk.context(), [gone, *groups])
    assert {page.group["id"] for page in walked.pages if page.members} == {
        key for key, _kind, _member in edges(sandbox)
    }
    assert walked.counted == walked.count


def test_filter_that_is_not_minded(make_sandbox, open_desk):
    """Where PingOne leaves the filter out, the walk is refused before anybody is told to be a member."""
    sandbox = make_sandbox(30, ignored_filters=frozenset({"memberOfGroups"}))
    with pytest.raises(Misconfigured):
        read(open_desk(sandbox), sandbox)


def test_groups_that_are_empty(sandbox, open_desk):
    """A group that says it has nobody costs no call."""
    desk = open_desk(sandbox)
    empty = [{"id": "x", "directMemberCounts": {"users": 0, "groups": 0}}]
    list(walk_members(desk, desk.context(), []).pages)
    sandbox.journal.clear()
    assert list(walk_members(desk, desk.context(), empty).pages) == []
    assert sandbox.journal.calls == []
