"""What the state in a file promises beyond the port."""

from __future__ import annotations

import sqlite3

import pytest

from scimbridge.state.base import StateUnavailable
from scimbridge.state.sqlite import SWEPT, SqliteState


class HandClock:
    """A clock that stands until it is put forward."""

    now = 1000.0

    def __call__(self):
        """Return seconds."""
        return self.now


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def state(tmp_path, clock):
    made = SqliteState(tmp_path / "state.db", clock=clock, max_entries=10)
    yield made
    made.close()


def count(tmp_path, table):
    with sqlite3.connect(tmp_path / "state.db") as connection:
        [(number,)] = connection.execute(f"SELECT count(*) FROM {table}")
    connection.close()
    return number


def test_nothing_is_opened_before_use(tmp_path, state):
    """Making it leaves no file, so that it can be made before a fork."""
    assert not list(tmp_path.iterdir())


def test_file_does_not_grow(tmp_path, state, clock):
    """What is over is taken out now and then, and past its size what was written longest ago."""
    for number in range(50):
        clock.now += 0.01
        state.set(f"k{number}", b"v", ttl=60 if number % 2 else 1)
    clock.now += SWEPT
    state.set("last", b"v", ttl=60)
    assert count(tmp_path, "entries") == 10
    assert state.get("last") == b"v"
    assert state.get("k49") == b"v"
    assert state.get("k1") is None
    clock.now += 60 + SWEPT
    state.set("other", b"v", ttl=60)
    assert count(tmp_path, "entries") == 1


def test_locks_do_not_make_room(tmp_path, state, clock):
    """A lock stands however many values come in, and one that is long over is swept."""
    assert state.take("l", "one", ttl=60, wait=0)
    for number in range(30):
        clock.now += SWEPT / 10
        state.set(f"k{number}", b"v", ttl=60)
    assert not state.take("l", "two", ttl=60, wait=0)
    clock.now += 200
    state.set("k", b"v", ttl=60)
    assert count(tmp_path, "locks") == 0


def test_no_room_at_all(tmp_path):
    """A size below 1 is refused."""
    with pytest.raises(ValueError, match="max_entries"):
        SqliteState(tmp_path / "state.db", max_entries=0)


def test_file_that_cannot_be_used(tmp_path):
    """A file that is none of ours, or in no directory, is an error of the port, which names no path."""
    (tmp_path / "text").write_text("not a database, and long enough to be one" * 100)
    for path in (tmp_path / "text", tmp_path / "nowhere" / "state.db"):
        state = SqliteState(path, sleep=lambda _seconds: None)
        with pytest.raises(StateUnavailable) as told:
            state.get("k")
        assert str(tmp_path) not in str(told.value)


def test_clock_that_stands_still(tmp_path):
    """Waiting for a lock ends even when the clock does not move."""
    state = SqliteState(tmp_path / "state.db", clock=lambda: 0.0)
    assert state.take("l", "one", ttl=60, wait=0)
    assert not state.take("l", "two", ttl=60, wait=0.02)
    state.close()
