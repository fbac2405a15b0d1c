"""Read-ahead: the pages of a walk are there before they are asked for, and never older than what was written here."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from scimbridge.lists.read_ahead import DEPTH, HELD, IN_ORDER, SLOW, TOLD, ReadAhead, Writes
from scimbridge.pingone.collections import Page
from scimbridge.pingone.errors import Unreachable
from scimbridge.pingone.send import CallRecord
from scimbridge.state.memory import MemoryState

PAGE = Page([{"id": "1"}], None, None)


class Seconds:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Counting(MemoryState):
    """Counts what is kept in it."""

    count = 0

    def set(self, key, value, ttl):
        """Keep a value."""
        self.count += 1
        super().set(key, value, ttl)


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def writes(state=None):
    """Return the marks of one node."""
    return Writes(state or MemoryState(time.monotonic), lambda: os.urandom(8))


@pytest.fixture
def fetched():
    """The links of pages that were fetched though they should not be."""
    links = []
    yield links
    assert links == []


@pytest.fixture
def ahead(pool, seconds, fetched):
    """A read-ahead whose walk "w" has gone on in order long enough."""
    made = ReadAhead(pool, 3, writes(), clock=seconds)
    in_order(made, "w", fetched)
    return made


def in_order(ahead, walk, fetched):
    """Read the first windows of a walk, which is not taken for one yet."""
    for number in range(IN_ORDER - 1):
        ahead.start(walk, 100 * number, 100 * (number + 1), "early", fetched.append)


def refuse_window(ahead, walk, href, fetched, window=IN_ORDER - 1):
    """Read the next window of a walk, after which nothing may be fetched."""
    ahead.start(walk, 100 * window, 100 * (window + 1), href, fetched.append)


def next_window(ahead, walk, href, window=IN_ORDER - 1):
    """Read the next window of a walk, and wait until the page after it is being fetched."""
    begun = threading.Event()

    def fetch(_href):
        begun.set()
        return PAGE

    ahead.start(walk, 100 * window, 100 * (window + 1), href, fetch)
    assert begun.wait(60)


def test_a_page_is_given_once(ahead, seconds):
    """What was fetched ahead is handed to the first who asks for it, and to nobody else."""
    next_window(ahead, "w", "next")
    assert ahead.take("other", "next", seconds() + 5) is None
    assert ahead.take("w", "next", seconds() + 5) is PAGE
    assert ahead.take("w", "next", seconds() + 5) is None


def test_only_walks_in_order_are_read_ahead(ahead, seconds, fetched):
    """Windows here and there are no walk, however many they are."""
    for place in (500, 100, 900, 300, 700):
        ahead.start("jumps", place, place + 100, f"link {place}", fetched.append)
    ahead.start("w", 5000, 5100, "far", fetched.append)
    assert ahead.take("w", "far", seconds() + 5) is None


def test_a_failure_is_left_to_the_request(ahead, seconds):
    """Where fetching ahead failed, the request asks for itself."""
    begun = threading.Event()

    def fail(_href):
        begun.set()
        raise Unreachable("gone")

    ahead.start("w", 100 * (IN_ORDER - 1), 100 * IN_ORDER, "next", fail)
    assert begun.wait(60)
    assert ahead.take("w", "next", seconds() + 5) is None


def test_a_page_from_before_a_write_is_not_used(pool, seconds, fetched):
    """Anything written since the page was asked for makes it too old, on whichever node it was written."""
    state = MemoryState(time.monotonic)
    here, elsewhere = writes(state), writes(state)
    ahead = ReadAhead(pool, 3, here, clock=seconds)
    in_order(ahead, "w", fetched)
    for window, note in enumerate((here.note, elsewhere.note), IN_ORDER - 1):
        next_window(ahead, "w", f"before {window}", window=2 * window - IN_ORDER + 1)
        note(CallRecord("GET", "/users", 200, 0.1, 1, None))
        assert ahead.take("w", f"before {window}", seconds() + 5) is PAGE
        next_window(ahead, "w", f"after {window}", window=2 * window - IN_ORDER + 2)
        note(CallRecord("PATCH", "/users/{id}", 200, 0.1, 1, None))
        assert ahead.take("w", f"after {window}", seconds() + 5) is None


def change(writes):
    """Note that something was changed."""
    writes.note(CallRecord("POST", "/users/{id}/memberOfGroups", 201, 0.1, 1, None))


def test_many_writes_cost_the_state_a_few(seconds):
    """Of writes in a row only some are told; and not one of them leaves a mark as it was before."""
    state = Counting(seconds)
    here, elsewhere = (Writes(state, lambda: os.urandom(8), seconds) for _ in range(2))
    for number in range(1000):
        before = elsewhere.mark()
        change(here)
        after = elsewhere.mark()
        assert after is None or after != before, number
        seconds.now += 0.002
    assert state.count <= 2 * (2.0 / (TOLD / 2) + 2)


def test_nothing_waits_while_many_are_written(pool, seconds, fetched):
    """A page that was fetched before is not used, and none is fetched now; soon after the last write one is."""
    state = MemoryState(seconds)
    here, elsewhere = (Writes(state, lambda: os.urandom(8), seconds) for _ in range(2))
    ahead = ReadAhead(pool, 3, here, clock=seconds)
    in_order(ahead, "w", fetched)
    next_window(ahead, "w", "before")
    change(elsewhere)
    change(elsewhere)
    assert ahead.take("w", "before", seconds() + 5) is None
    refuse_window(ahead, "w", "meanwhile", fetched, IN_ORDER)
    seconds.now += TOLD
    next_window(ahead, "w", "after", IN_ORDER + 1)
    assert ahead.take("w", "after", seconds() + 5) is PAGE


def test_a_client_that_is_slow_is_left_alone(ahead, seconds, fetched):
    """After a page for which nobody came in time, a walk goes on without read-ahead, for twice as long each time."""
    next_window(ahead, "w", "late")
    seconds.now += HELD
    assert ahead.take("w", "late", seconds() + 5) is None
    refuse_window(ahead, "w", "after", fetched, IN_ORDER)
    seconds.now += SLOW
    next_window(ahead, "w", "dropped", window=IN_ORDER + 1)
    seconds.now += HELD
    refuse_window(ahead, "w", "after", fetched, IN_ORDER + 2)
    seconds.now += SLOW
    refuse_window(ahead, "w", "after", fetched, IN_ORDER + 3)
    seconds.now += SLOW
    next_window(ahead, "w", "again", window=IN_ORDER + 4)
    assert ahead.take("w", "again", seconds() + 5) is PAGE


def test_pages_follow_one_another_without_being_asked_for(pool, seconds, fetched):
    """While one page waits the next one is fetched, and no more than two wait for one walk."""
    ahead = ReadAhead(pool, 9, writes(), clock=seconds)
    in_order(ahead, "w", fetched)
    links = []

    def fetch(href):
        links.append(href)
        return Page([], f"{href}+", None)

    ahead.start("w", 100 * (IN_ORDER - 1), 100 * IN_ORDER, "a", fetch)
    while len(links) < DEPTH:
        time.sleep(0.001)
    assert ahead.take("w", "a", seconds() + 5) == Page([], "a+", None)
    assert ahead.take("w", "a+", seconds() + 5) == Page([], "a++", None)
    assert links[:DEPTH] == ["a", "a+"]


def test_only_so_many_pages_wait(pool, seconds, fetched):
    """When there is no room the page is not fetched, and with no room at all none ever is."""
    ahead = ReadAhead(pool, 1, writes(), clock=seconds)
    for walk in ("a", "b"):
        in_order(ahead, walk, fetched)
    next_window(ahead, "a", "next")
    refuse_window(ahead, "b", "next", fetched)
    off = ReadAhead(pool, 0, writes(), clock=seconds)
    in_order(off, "w", fetched)
    refuse_window(off, "w", "next", fetched)


def test_nobody_waits_for_a_page_that_has_not_begun(seconds, fetched):
    """Where all threads are busy with other things, the request asks for itself at once."""
    busy = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(busy.wait, 20)
        ahead = ReadAhead(pool, 3, writes(), clock=seconds)
        in_order(ahead, "w", fetched)
        refuse_window(ahead, "w", "next", fetched)
        assert ahead.take("w", "next", seconds() + 5) is None
        busy.set()


@pytest.mark.parametrize("by", ["startIndex", "cursor"])
def test_a_walk_costs_one_call_for_each_page(make_client, by):
    """A walk with read-ahead sees everybody once and asks PingOne for each page once."""
    client = make_client(1050, settings={"read_ahead": 4})

    def serial():
        client.list("/Groups", count=1, excludedAttributes="members")
        return client.sandbox.journal.entries[-1].serial

    before = serial()
    found, cursor = [], ""
    for number in range(11):
        place = {"startIndex": 1 + 100 * number} if by == "startIndex" else {"cursor": cursor}
        page = client.list("/Users", count=100, **place)
        cursor = page.get("nextCursor", "")
        found += [user["id"] for user in page["Resources"]]
    assert sorted(found) == sorted(user["id"] for user in client.sandbox.directory.users)
    assert serial() - before == 11 + 1


def test_a_change_on_the_way_is_seen(make_client):
    """A user that a client changes in the middle of a walk is shown as changed when the walk comes to it."""
    client = make_client(1050, settings={"read_ahead": 4})
    last = client.list("/Users", startIndex=801, count=100)["Resources"][50]
    for number in range(8):
        client.list("/Users", startIndex=1 + 100 * number, count=100)
    client.patch(f"/Users/{last['id']}", {"op": "replace", "path": "nickName", "value": "On the way"})
    page = client.list("/Users", startIndex=801, count=100)["Resources"]
    assert next(user for user in page if user["id"] == last["id"])["nickName"] == "On the way"
