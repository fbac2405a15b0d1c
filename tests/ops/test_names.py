"""NameLookup that are looked up for one answer: found in both kinds, and left as ids where that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scimbridge.observe.audit import Record
from scimbridge.ops import names as naming
from scimbridge.ops.names import Nameless, NameLookup, looking_up
from tests.conftest import settings_for

NOBODY = "00000000-0000-4000-8000-000000000000"
RECORD = Record(id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="patch", result="done")


@pytest.fixture
def names(settings) -> Iterator[NameLookup]:
    with looking_up(settings) as found:
        yield found


def of(key: str = "", resource: str = "Group", **more: tuple[str, ...]) -> Record:
    return Record(
        id="a1", time=RECORD.time, client="okta", request="r-1", verb="patch", result="done", resource=resource,
        key=key, **more,
    )  # fmt: skip


def test_users_and_groups_have_their_names(names, sandbox):
    """A group has its name, and each member, be it a user or a group, has its own."""
    group, nested = list(sandbox.directory.groups)[:2]
    user, other = list(sandbox.directory.users)[:2]
    record = of(group["id"], members_added=(user["id"], nested["id"]), members_not_done=(NOBODY,))
    looked = names.look_up([record, of(other["id"], "User", groups_left=(group["id"],))])
    assert looked.trouble is None
    assert looked.names == {
        group["id"]: group["name"], nested["id"]: nested["name"], user["id"]: user["username"],
        other["id"]: other["username"],
    }  # fmt: skip


def test_parts_are_not_looked_up(names, sandbox):
    """A session or a device has no name, and no call is made for it."""
    sandbox.journal.clear()
    assert names.look_up([of("", "User", part=NOBODY)]).names == {}
    assert sandbox.journal.calls == []


def test_ids_are_found_by_names(names, sandbox):
    """A user and a group are found by the names that they have now, whatever stands in these."""
    user, group = next(iter(sandbox.directory.users)), next(iter(sandbox.directory.groups))
    assert names.ids_of("User", user["username"]) == {user["id"]}
    assert names.ids_of("Group", group["name"]) == {group["id"]}
    for nobody in ("nobody.at.all", '" or username sw "a'):
        with pytest.raises(Nameless, match="by its id"):
            names.ids_of("User", nobody)


def test_a_failure_leaves_ids(make_sandbox):
    """Where PingOne does not answer as it should, ids stay, and why is told once."""
    sandbox = make_sandbox(2)
    user = next(iter(sandbox.directory.users))["id"]
    sandbox.faults.plan("error", "GET", f"/users/{user}", times=100, status=403)
    with looking_up(settings_for(sandbox)) as names:
        looked = names.look_up([of(user, "User")])
    assert looked.names == {}
    assert looked.trouble


def test_very_many_are_not_looked_up(names, sandbox, monkeypatch):
    """How many ids are left out is told."""
    monkeypatch.setattr(naming, "MOST", 1)
    users = [user["id"] for user in sandbox.directory.users][:3]
    looked = names.look_up([of(members_added=tuple(users))])
    assert list(looked.names) == users[:1]
    assert looked.trouble is not None
    assert "2 more" in looked.trouble
