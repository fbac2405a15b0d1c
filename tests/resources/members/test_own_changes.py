"""What the bridge changed in groups of late lies over lists of members that lag, on all nodes, unless it is lost."""

from __future__ import annotations

import pytest

from scimbridge.app import create_app
from scimbridge.mapping.links import Links, Member
from scimbridge.resources.members.own_changes import MOST, REMEMBERED, ChangeState, OwnMemberships
from scimbridge.state.memory import MemoryState
from tests.conftest import Client

A, B, C = (f"{number:08d}-0000-4000-8000-000000000000" for number in range(3))
GROUP = "99999999-0000-4000-8000-000000000000"
URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
GROUP_URN = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
LAG = 30.0  # seconds, which no test takes


def members(ids):
    return [{"value": each} for each in ids]


def op(name, ids):
    return {"op": name, "path": "members", "value": members(ids)}


def values(body):
    return {each["value"] for each in body.get("members", [])}


@pytest.fixture
def lagging(client):
    """A client, the path of an empty group and 30 users; lists of memberships are far behind."""
    client.sandbox.faults.set(membership_lag=LAG)
    return client, client.group("Empty Room"), client.users_in("Employees")[:30]


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def test_remove_what_was_added(lagging):
    """Thirty members that were added a moment ago are removed, though PingOne's list shows none of them; and back."""
    client, group, users = lagging
    assert values(client.patch(f"/Groups/{group}", op("add", users)).json) == set(users)
    assert "members" not in client.patch(f"/Groups/{group}", op("remove", users)).json
    assert client.members(group) == set()
    assert values(client.patch(f"/Groups/{group}", op("add", users)).json) == set(users)
    assert client.members(group) == set(users)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_replace_what_was_added(lagging, method):
    """A replacement right after additions takes out who is not in it, and adds who is not there any more."""
    client, group, users = lagging
    client.patch(f"/Groups/{group}", op("add", users))
    for wanted in (users[:3], users[2:5], []):
        body = {"displayName": "Empty Room", "members": members(wanted)}
        if method == "PATCH":
            body = {"Operations": [op("replace", wanted)]}
        answer = client.good(method, f"/Groups/{group}?attributes=members", body)
        assert client.members(group) == set(wanted)
        assert values(answer) == set(wanted)


def test_counts_are_of_what_was_changed(lagging):
    """Where the answer has the members, its counts are theirs, and not PingOne's of a while ago."""
    client, group, users = lagging
    client.patch(f"/Groups/{group}", op("add", users[:12]))
    answer = client.patch(f"/Groups/{group}?attributes=members,{GROUP_URN}:directMemberCounts", op("add", users[12:13]))
    assert answer.json[GROUP_URN]["directMemberCounts"]["users"] == len(answer.json["members"]) == 13


@pytest.mark.parametrize("count", [1, 9, 12])
def test_answers_show_what_was_changed(lagging, count):
    """The answer to a change, also to one of something else, has the members as this bridge has made them."""
    client, group, users = lagging
    users = users[:count]
    assert values(client.patch(f"/Groups/{group}", op("add", users)).json) == set(users)
    rename = {"op": "replace", "path": "displayName", "value": "Full Room"}
    assert values(client.patch(f"/Groups/{group}", rename).json) == set(users)
    removed = client.patch(f"/Groups/{group}", op("remove", users[:1])).json
    assert values(removed) == set(users[1:])


def test_a_change_through_another_worker(sandbox, settings, clock, tmp_path):
    """What one worker changed lies over the lists of another that shares its state."""
    one, two = (
        Client(
            create_app(settings, node_file=tmp_path / "node", clock=clock, wall=clock.wall, sleep=clock.sleep), sandbox
        )
        for _worker in range(2)
    )
    sandbox.faults.set(membership_lag=LAG)
    group, users = one.group("Empty Room"), one.users_in("Employees")[:30]
    one.patch(f"/Groups/{group}", op("add", users))
    two.patch(f"/Groups/{group}", op("remove", users))
    assert one.members(group) == set()


def test_a_created_group_is_replaced(lagging):
    """A PUT right after a creation takes out the members that the creation gave."""
    client, _group, users = lagging
    made = client.good("POST", "/Groups", {"displayName": "New", "members": members(users[:12])})
    answer = client.good("PUT", f"/Groups/{made['id']}", {"displayName": "New", "members": members(users[10:14])})
    assert client.members(made["id"]) == values(answer) == set(users[10:14])


def test_what_is_perhaps_done_is_not_skipped(lagging, clock):
    """Removals after additions of which nobody knows whether they were made are made, and so are additions."""
    client, group, users = lagging
    client.sandbox.faults.plan("error_after", "POST", "memberOfGroups", times=10_000, skip=10)
    assert client.patch(f"/Groups/{group}", op("add", users)).status_code == 503
    client.sandbox.faults.clear()
    client.sandbox.faults.set(membership_lag=LAG)
    clock.offset += 40  # less than a minute, and the circuit closes
    client.good("GET", f"/Groups/{group}")
    assert client.patch(f"/Groups/{group}", op("remove", users)).status_code == 200
    assert client.members(group) == set()


def test_who_was_moved_away_and_back_is_no_member(client):
    """Who went to another population and back lost the group, and is added again, whatever lists show."""
    population = client.population("Employees")
    body = {"displayName": "Inside", GROUP_URN: {"population": {"id": population}}}
    group = client.good("POST", "/Groups", {**body, "members": members(client.users_in("Employees")[:12])})["id"]
    users = sorted(client.members(group))
    client.sandbox.faults.set(membership_lag=LAG)
    for goal in (client.population("Partners"), population):
        client.patch(f"/Users/{users[0]}", {"op": "replace", "path": f"{URN}:population", "value": goal})
    assert users[0] not in client.members(group)
    assert client.patch(f"/Groups/{group}", op("add", users)).status_code == 200
    assert client.members(group) == set(users)


def test_who_stays_through_another_group_is_shown(client):
    """Who is taken out of a group and stays in through another is a member in the next answers too."""
    outer, inner = client.group("Engineering"), client.group("Platform Team")
    user = next(iter(client.members(outer) & client.members(inner)))
    client.patch(f"/Groups/{outer}", op("remove", [user]))
    rename = {"op": "replace", "path": "displayName", "value": "Engineers"}
    assert user in values(client.patch(f"/Groups/{outer}?attributes=members", rename).json)
    shown = client.good("GET", f"/Groups/{outer}")
    client.good("PUT", f"/Groups/{outer}", {"displayName": "Engineers", "members": shown["members"]})
    assert user not in client.members(outer)


def test_a_confined_client_is_told_of_nobody(make_client, caller_of):
    """A client that is confined neither sees nor removes whom another has just added outside its populations."""
    client = make_client()
    client.sandbox.faults.set(membership_lag=LAG)
    group = client.group("Empty Room")
    outside, inside = client.users_in("Partners")[:12], client.users_in("Employees")[:12]
    client.patch(f"/Groups/{group}", op("add", [*outside, *inside[:2]]))
    population = client.population("Employees")
    client.sandbox.directory.groups.put(
        {**client.sandbox.directory.groups.get(group), "population": {"id": population}}
    )
    confined = caller_of(client, populations=["Employees"])
    answer = confined.patch(f"/Groups/{group}?attributes=members", op("add", inside[2:3]))
    assert values(answer.json) == set(inside[:3])
    answer = confined.good("PUT", f"/Groups/{group}", {"displayName": "Empty Room", "members": members(inside[:1])})
    assert values(answer) == set(inside[:1])
    assert client.members(group) == {*outside, inside[0]}


def test_a_lost_state_drops_no_named_change(monkeypatch, state, make_client):
    """Where the state has lost what was changed, each named change is made all the same."""
    monkeypatch.setattr("scimbridge.app.open_shared_state", lambda *_arguments: state)
    client = make_client()
    client.sandbox.faults.set(membership_lag=LAG)
    group, users = client.group("Empty Room"), client.users_in("Employees")[:30]
    client.patch(f"/Groups/{group}", op("add", users))
    state._entries.clear()
    client.patch(f"/Groups/{group}", op("remove", users))
    assert client.members(group) == set()


# -- on its own --------------------------------------------------------------------------------------------------------


@pytest.fixture
def state(clock):
    return MemoryState(clock)


@pytest.fixture
def own(state, clock):
    return OwnMemberships(state, clock.wall)


def listed(*ids):
    return [{"id": each, "type": "User"} for each in ids]


def test_changes_lie_over_a_list(own):
    """Who came is shown, who went is not, and of whom nobody knows is neither surely in nor surely out."""
    own.of(GROUP).settle([(A, ChangeState.OUT, "User"), (B, ChangeState.IN, "User"), (C, ChangeState.UNKNOWN, "")])
    laid = own.of(GROUP).lay(listed(A), bound=False)
    assert laid.shown == listed(B)
    assert laid.surely == frozenset()
    assert set(laid.possibly) == {A, B, C}
    links = Links((Member(A), Member(B), Member(C)), (Member(B), Member(C)))
    assert laid.needed(links) == links


def test_a_list_that_agrees_saves_calls(own):
    """What list and changes say alike is not done again."""
    own.of(GROUP).settle([(A, ChangeState.IN, "User"), (B, ChangeState.OUT, "User")])
    laid = own.of(GROUP).lay(listed(A, C), bound=False)
    assert laid.is_plain
    assert not laid.needed(Links((Member(A), Member(C)), (Member(B),)))


def test_a_change_under_way_is_unknown(own):
    """What is begun and never settled, since its worker died, is unknown to whoever comes next."""
    own.of(GROUP).expect([Member(A)])
    assert own.of(GROUP).standing(A) is ChangeState.UNKNOWN


def test_a_minute_ends(own, clock):
    """After a minute lists are believed again."""
    own.of(GROUP).settle([(A, ChangeState.IN, "User")])
    clock.offset += REMEMBERED + 1
    assert own.of(GROUP).standing(A) is None
    assert own.of(GROUP).lay([], bound=False).complete


class Unasked:
    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked")


def test_making_it_asks_nothing(clock):
    """An app is made before a fork, where no connection may be opened and no thread begun."""
    OwnMemberships(Unasked(), clock.wall)


def test_a_state_that_lost_all_is_not_believed(own, state, clock):
    """Where the state forgot, no named change is dropped for a minute; a new state has forgotten nothing."""
    links = Links((Member(A),), (Member(B),))
    assert not own.of(GROUP).lay(listed(A), bound=False).needed(links)
    state._entries.clear()
    for _look in range(2):
        assert own.of(GROUP).lay(listed(A), bound=False).needed(links) == links
    clock.offset += REMEMBERED + 1
    assert not own.of(GROUP).lay(listed(A), bound=False).needed(links)


def test_a_process_that_starts_after_a_loss_believes_nothing(own, state, clock):
    """Who begins when the state has just lost what others kept takes no list for the truth, for a minute."""
    own.of(GROUP).settle([(A, ChangeState.OUT, "User"), (B, ChangeState.IN, "User")])
    state._entries.clear()
    state.note_loss()
    links = Links((Member(A),), (Member(B),))
    later = OwnMemberships(state, clock.wall)
    for _request in range(2):
        recent = later.of(GROUP)
        assert recent.lay(listed(A), bound=False).needed(links) == links
        recent.settle([(C, ChangeState.IN, "User")])
        clock.offset += REMEMBERED / 2
    clock.offset += REMEMBERED
    assert not later.of(GROUP).lay(listed(A), bound=False).needed(links)


def test_changes_that_had_to_make_room_are_missed(clock):
    """Where the changes of one group had to make room for other values, its list is not taken for the truth."""
    state = MemoryState(clock, max_entries=2)
    own = OwnMemberships(state, clock.wall)
    own.of(GROUP).settle([(A, ChangeState.OUT, "User")])
    own.of(B)  # keeps in use what says since when all is known
    state.set("another", b"1", REMEMBERED)
    links = Links((Member(A),))
    assert own.of(GROUP).lay(listed(A), bound=False).needed(links) == links


def test_too_many_changes_are_not_believed(own, monkeypatch):
    """Past the most that is remembered the oldest are forgotten, and then no named change is dropped."""
    monkeypatch.setattr("scimbridge.resources.members.own_changes.MOST", 2)
    assert MOST > 1000
    own.of(GROUP).settle((key, ChangeState.IN, "User") for key in (A, B, C))
    laid = own.of(GROUP).lay([], bound=False)
    assert laid.needed(Links((), (Member(A),))) == Links((), (Member(A),))


def test_moves_end_memberships_of_bound_groups(own):
    """Who moved is no member of a population's group by the list; of an environment's it is; a deleted one of none."""
    own.note_moved(A)
    own.note_deleted(B)
    bound, free = (own.of(GROUP).lay(listed(A, B, C), bound=bound) for bound in (True, False))
    assert (bound.surely, free.surely) == ({C}, {A, C})
    assert (bound.shown, free.shown) == (listed(C), listed(A, C))
