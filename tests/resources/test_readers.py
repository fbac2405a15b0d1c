"""Readers of one list: each is given everybody, whoever else reads, whatever is deleted, whichever process answers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from scimbridge.app import create_app
from scimbridge.state.memory import MemoryState
from tests.conftest import Client, settings_for


def ids(message):
    return [resource["id"] for resource in message["Resources"]]


def everyone(client):
    return [record["id"] for record in client.sandbox.directory.users]


def delete(client, users):
    directory = client.sandbox.directory
    with directory.lock:
        for user in set(users) & set(directory.users.rows):
            directory.users.drop(user)
            directory.edges.drop_member("users", user)
        directory.revision += 1


def window(client, start, step=100, path="/Users", **more):
    return ids(client.list(path, startIndex=start, count=step, attributes="id", **more))


def read(client, path="/Users", *, start=1, step=100, until_empty=True, **more):
    """Read from a position to the empty page, or until the total."""
    found, totals = [], []
    while True:
        message = client.list(path, startIndex=start, count=step, attributes="id", **more)
        found += ids(message)
        totals.append(message["totalResults"])
        start += step
        if not message["Resources"] or (not until_empty and start > totals[-1]):
            return found, totals


@pytest.fixture
def make_processes(make_sandbox, clock, tmp_path):
    """Make clients of so many processes that share what they know: `make_processes(2, seed)`."""

    def make(number, seed):
        sandbox = make_sandbox(seed)
        parts = {"node_file": tmp_path / "state.db", "clock": clock, "wall": clock.wall, "sleep": clock.sleep}
        return [Client(create_app(settings_for(sandbox), **parts), sandbox) for _ in range(number)]

    return make


# -- a walk and its process ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("until_empty", [True, False])
def test_a_walk_outlives_its_process(make_processes, until_empty):
    """300 of 450 users are read, 3 of those deleted, another process goes on: nobody is missed, the total is right."""
    first, second = make_processes(2, 450)
    found = [user for start in (1, 101, 201) for user in window(first, start)]
    gone = found[10:13]
    delete(first, gone)
    rest, totals = read(second, start=301, until_empty=until_empty)
    assert found + rest == [*found, *everyone(first)[297:]]
    assert totals[-1] == 450


def test_processes_in_turn(make_processes):
    """Each window of a walk is answered by another process, with a deletion before each: all who stay come once."""
    processes = make_processes(3, 450)
    whole, found = everyone(processes[0]), []
    for start, client in zip(range(1, 600, 50), itertools.cycle(processes), strict=False):
        found += window(client, start, 50)
        delete(client, found[-3:-2])
    assert len(found) == len(set(found))
    assert set(everyone(processes[0])) <= set(found) <= set(whole)


# -- several readers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_goes_on", [True, False])
@pytest.mark.parametrize("step", [100, 60])
@pytest.mark.parametrize("gone", [1, 3, 70])
def test_two_readers_with_deletions_between(make_client, first_goes_on, step, gone):
    """Two readers of one query, deletions between their first pages: both are given everybody who stays."""
    client = make_client(350)
    one = window(client, 1, step)
    delete(client, one[5 : 5 + min(gone, step - 10)])
    other = window(client, 1, step)
    readers = [one, other] if first_goes_on else [other, one]
    for begun in readers:
        rest, totals = read(client, start=step + 1, step=step)
        assert set(everyone(client)) <= {*begun, *rest}
        assert totals[-1] == len(begun) + len(rest)


def test_three_readers_in_turn(make_client):
    """Three readers take turns with a deletion before each window: all of them are given everybody who stays."""
    client = make_client(450)
    found, done, start = [[], [], []], set(), [1, 1, 1]
    for turn in itertools.count():
        if len(done) == len(found):
            break
        one = turn % 3
        delete(client, everyone(client)[7 * turn % 200 :][:1])
        if one not in done:
            step = (100, 60, 45)[one]
            message = client.list("/Users", startIndex=start[one], count=step, attributes="id")
            found[one] += ids(message)
            start[one] += step
            assert message["totalResults"] >= len(found[one])
            if not message["Resources"]:
                done.add(one)
    assert all(set(everyone(client)) <= set(each) for each in found)


def test_a_preview_during_a_job(make_client):
    """A preview of the first page, with fewer attributes or the same, takes nothing from the job that is under way."""
    client = make_client(350)
    for attributes in ("id", "id,userName"):
        found = window(client, 1)
        delete(client, found[:2])
        preview = client.list("/Users", count=100, attributes=attributes)
        assert preview["totalResults"] == len(everyone(client))
        delete(client, found[50:52])
        rest, totals = read(client, start=101)
        assert set(everyone(client)) <= {*found, *rest}
        assert totals[-1] == len(found) + len(rest)


# -- one walk after another -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("until_empty", [True, False])
@pytest.mark.parametrize("steps", [(100, 100), (30, 100), (100, 30), (100, 1000), (200, 70)])
@pytest.mark.parametrize("text", [None, "active eq true", "not (title pr)"])
def test_the_next_walk_gives_each_record_once(make_client, until_empty, steps, text):
    """After a walk that was read to its end 100 are deleted: the next one has the right total and nobody twice."""
    client = make_client(300)
    more = {} if text is None else {"filter": text}
    first, _totals = read(client, step=steps[0], until_empty=until_empty, **more)
    delete(client, first[::3][:100])
    whole, _totals = read(client, step=1000, **more)
    found, totals = read(client, step=steps[1], until_empty=until_empty, **more)
    assert found == [user for user in first if user in set(everyone(client))] == whole
    assert set(totals) == {len(found)}


def test_the_list_becomes_one_page(make_client):
    """A list of three pages becomes one of half a page: the empty page behind it is empty."""
    client = make_client(300)
    read(client)
    delete(client, everyone(client)[:250])
    found, totals = read(client)
    assert found == everyone(client)
    assert set(totals) == {50}


def test_two_walks_side_by_side_and_one_after(make_client):
    """Two readers come to their ends side by side; after deletions the next walk gives each record once."""
    client = make_client(300)
    for start in (1, 101, 201, 301):
        assert window(client, start) == window(client, start)
    delete(client, everyone(client)[50:150])
    found, totals = read(client)
    assert found == everyone(client)
    assert set(totals) == {200}


def test_groups_that_are_deleted(make_client):
    """Groups are walked like users: after the end of one walk and deletions the next gives each group once."""
    client = make_client(50)
    directory = client.sandbox.directory
    read(client, "/Groups", step=2)
    for name in ("Engineering", "Empty Room"):
        directory.groups.drop(client.group(name))
    directory.revision += 1
    found, totals = read(client, "/Groups", step=2)
    assert found == [record["id"] for record in directory.groups]
    assert set(totals) == {len(found)}


@pytest.mark.parametrize("by", ["index", "cursor"])
def test_groups_of_a_member_that_change(make_client, by):
    """The groups of a member are read two at a time, and it leaves one of those read: the others are all given."""
    client = make_client(50)
    user = everyone(client)[0]
    for group in client.sandbox.directory.groups:
        client.sandbox.directory.edges.add("users", user, group["id"])
    client.sandbox.directory.revision += 1
    text = f'members.value eq "{user}"'
    first = client.list("/Groups", filter=text, count=2, attributes="id", **({"cursor": ""} if by == "cursor" else {}))
    whole = set(ids(client.list("/Groups", filter=text, attributes="id")))
    found = ids(first)
    client.sandbox.directory.edges.drop("users", user, found[0])
    if by == "index":
        found += read(client, "/Groups", start=3, step=2, filter=text)[0]
    else:
        cursor = first["nextCursor"]
        while cursor:
            message = client.list("/Groups", filter=text, count=2, attributes="id", cursor=cursor)
            found += ids(message)
            cursor = message.get("nextCursor")
    assert len(found) == len(set(found))
    assert set(found) == whole


# -- what PingOne counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", [0, 120, 200, 299])
@pytest.mark.parametrize("step", [100, 70])
@pytest.mark.parametrize("until_empty", [True, False])
def test_a_count_that_is_too_low_ends_no_walk(make_client, shown, step, until_empty):
    """PingOne counts fewer than it has: while it names a next page the walk goes on, and the total is true."""
    client = make_client(300)
    client.sandbox.directory.switches = replace(client.sandbox.directory.switches, highest_count=shown)
    found, totals = read(client, step=step, until_empty=until_empty)
    assert found == everyone(client)
    assert totals[-1] == 300


@pytest.mark.parametrize("text", [None, "not (title pr)"])
def test_the_total_says_while_there_is_more(make_client, text):
    """Deleted behind a walk, inserted before it: as long as something follows, the total is more than was given."""
    client = make_client(400)
    more = {} if text is None else {"filter": text}
    found, start = [], 1
    while True:
        message = client.list("/Users", startIndex=start, count=40, attributes="id", **more)
        found += ids(message)
        start += 40
        if start > message["totalResults"]:
            break
        delete(client, found[-40:-1:2])
    assert set(ids(client.list("/Users", count=1000, attributes="id", **more))) <= set(found)
    assert message["totalResults"] == len(found)


def test_a_look_up_costs_the_state_nothing(client, monkeypatch):
    """A look-up by a filter that finds one or none asks the state for no walk and leaves none there."""
    keys = []
    keep, get = MemoryState.set, MemoryState.get
    monkeypatch.setattr(
        MemoryState, "set", lambda self, key, *rest, **more: keys.append(key) or keep(self, key, *rest, **more)
    )
    monkeypatch.setattr(MemoryState, "get", lambda self, key: keys.append(key) or get(self, key))
    name = next(iter(client.sandbox.directory.users))["username"]
    for wanted, total in ((name, 1), ("nobody", 0)):
        assert client.list("/Users", filter=f'userName eq "{wanted}"')["totalResults"] == total
    assert not [key for key in keys if key.startswith("walk:")]
    client.list("/Users", count=10)
    assert [key for key in keys if key.startswith("walk:")]


# -- jumps and windows cut otherwise ----------------------------------------------------------------------------------


def test_windows_cut_otherwise(client):
    """Windows inside of those of a walk, over their borders and back are what the list has there."""
    whole = everyone(client)
    window(client, 1, 100)
    window(client, 101, 100)
    for start, step in ((51, 30), (81, 60), (11, 5), (150, 101), (201, 50), (1, 250), (201, 10)):
        assert window(client, start, step) == whole[start - 1 : start - 1 + step], (start, step)


def test_windows_inside_go_by_records(client):
    """A window inside of one that was given begins where it was then, though records before it are gone."""
    given = window(client, 1, 100)
    delete(client, given[:30])
    assert window(client, 51, 30) == given[50:80]


def test_far_jumps_of_a_fresh_server(client):
    """Who never walked may begin anywhere: far behind the end there is nothing, and it is no error."""
    for start in (5_000_000, 100_000, 251):
        message = client.list("/Users", startIndex=start)
        assert ids(message) == []
        assert message["totalResults"] == 250


def test_ranges_side_by_side(make_client):
    """Readers of disjoint ranges each get theirs, in any order, and all of them everybody."""
    client = make_client(450)
    found = []
    for first in (201, 1, 301, 101, 401):
        found += window(client, first, 50) + window(client, first + 50, 50)
    assert sorted(found) == sorted(everyone(client))
