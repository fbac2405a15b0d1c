"""Marks of a walk: the nearest is found at any depth, and a page costs one look and one write."""

from __future__ import annotations

import pytest

from scimbridge.resources.walks import START, TRAIL, Mark, Walks
from scimbridge.state.memory import MemoryState


class Counting(MemoryState):
    """A state that notes every round trip."""

    def __init__(self, clock):
        super().__init__(clock)
        self.trips = []


def counted(name):
    def verb(self, *arguments):
        self.trips.append(name)
        inner = self.trips
        self.trips = []  # what a verb is made of is no further trip
        try:
            return getattr(MemoryState, name)(self, *arguments)
        finally:
            self.trips = inner

    return verb


for _name in ("get", "set", "add", "delete", "incr", "get_many", "set_many", "take", "renew", "release"):
    setattr(Counting, _name, counted(_name))


@pytest.fixture
def state(clock):
    return Counting(clock)


@pytest.fixture
def walks(state):
    return Walks(state)


def go(walks, *positions, name="w"):
    """Walk window by window; each starts where the one before ended."""
    start = 0
    for position in positions:
        place = walks.nearest(name, start)
        walks.keep(name, Mark(position, href=f"/page/{position}"), place)
        start = position


def test_exact_mark(walks):
    """The place where a window ended is where the next one starts."""
    go(walks, 100, 200, 300)
    for position in (100, 200, 300):
        assert walks.nearest("w", position).mark == Mark(position, href=f"/page/{position}")


def test_nearest_before(walks):
    """Between marks it is the last one before, before the first it is the start."""
    go(walks, 100, 200, 300)
    assert walks.nearest("w", 250).mark.position == 200
    assert walks.nearest("w", 10_000).mark.position == 300
    assert walks.nearest("w", 99).mark == START
    assert walks.nearest("w", 0).mark == START
    assert walks.nearest("other", 250).mark == START


def test_marks_that_are_gone_are_passed_over(walks, state):
    """Where the nearest mark had to make room the one before it serves."""
    go(walks, 100, 200, 300)
    state.delete("mark:w:200")
    assert walks.nearest("w", 250).mark.position == 100


def test_one_look_and_one_write_for_each_page(walks, state):
    """A page in the middle of a walk costs one look and one write, the last page the look alone."""
    go(walks, 100, 200)
    state.trips.clear()
    place = walks.nearest("w", 200)
    assert state.trips == ["get_many"]
    walks.keep("w", Mark(300), place)
    assert state.trips == ["get_many", "set_many"]


def test_first_page_alone_costs_nothing(walks, state):
    """A list that ends on its first page, as a look-up does, asks the state nothing; one that goes on asks twice."""
    place = walks.nearest("w", 0)
    assert not state.trips
    walks.keep("w", Mark(100), place)
    assert state.trips == ["get", "set_many"]


def test_walk_that_starts_again(walks):
    """A walk that starts again writes over its own marks, and those further on are still found."""
    go(walks, 100, 200, 300)
    walks.keep("w", Mark(100, href="/new"), walks.nearest("w", 0))
    assert walks.nearest("w", 100).mark.href == "/new"
    assert walks.nearest("w", 250).mark.position == 200


def test_a_long_walk_can_start_again(walks):
    """A second walk finds its own marks at the front, though the first one has left as many as are kept far behind."""
    go(walks, *range(10, 10 * (TRAIL + 20), 10))
    for position in (10, 20, 30):
        go(walks, position)
        assert walks.nearest("w", position).mark.position == position


def test_trail_is_bounded(walks, state):
    """Of a long walk only the last marks are kept, so that a walk of any length takes no more room."""
    go(walks, *range(10, 10 * (TRAIL + 20), 10))
    assert len(walks.nearest("w", 5000).trail) == TRAIL
    assert walks.nearest("w", 10 * TRAIL + 5).mark.position == 10 * TRAIL
    assert walks.nearest("w", 20).mark.position == 0
    assert state.get("mark:w:20") is None
