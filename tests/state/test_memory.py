"""What the state in memory promises beyond the port."""

from __future__ import annotations

import tracemalloc

import pytest

from scimbridge.state.memory import MemoryState


def test_oldest_use_makes_room():
    """Past its size the value that was used longest ago goes; reading counts as use."""
    state = MemoryState(lambda: 0.0, max_entries=2)
    state.set("a", b"1", ttl=60)
    state.set("b", b"2", ttl=60)
    assert state.get("a") == b"1"
    state.set("c", b"3", ttl=60)
    assert [state.get(key) for key in "abc"] == [b"1", None, b"3"]


def test_locks_do_not_make_room():
    """A lock stands however many values come in."""
    state = MemoryState(lambda: 0.0, max_entries=1)
    with state.lock("l", ttl=60, wait=0):
        for key in "abc":
            state.set(key, b"", ttl=60)
        with state.lock("l", ttl=60, wait=0) as taken:
            assert not taken


def test_what_is_over_goes_though_nobody_asks():
    """A value that has ended leaves the memory long before the room is full: most keys are never asked for again."""
    now = 0.0
    state = MemoryState(lambda: now)
    tracemalloc.start()
    try:
        for number in range(2000):
            now += 1.0
            state.set(str(number), bytes(10_000), ttl=60)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000_000
    assert state.get("1999") is not None


def test_no_room_at_all():
    """A size below 1 is refused."""
    with pytest.raises(ValueError, match="max_entries"):
        MemoryState(lambda: 0.0, max_entries=0)


def test_clock_that_stands_still():
    """Waiting for a lock ends even when the clock does not move."""
    state = MemoryState(lambda: 0.0)
    with state.lock("l", ttl=60, wait=0), state.lock("l", ttl=60, wait=0.02) as taken:
        assert not taken
