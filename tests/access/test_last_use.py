"""When secrets were last used: written seldom, read by all nodes."""

from __future__ import annotations

import pytest

from scimbridge.access.last_use import EVERY, LastUse, read_last_uses
from scimbridge.state.base import StateUnavailable
from scimbridge.state.memory import MemoryState


class Written(MemoryState):
    """A state that counts how often it is written."""

    times = 0

    def set(self, key, value, ttl):
        """Keep a value and count."""
        self.times += 1
        super().set(key, value, ttl)


@pytest.fixture
def now():
    return [1_800_000_000.0]


@pytest.fixture
def state(now):
    return Written(lambda: now[0])


@pytest.fixture
def note(state, now):
    return LastUse(state, wall=lambda: now[0], trouble=pytest.fail).note


def test_a_use_is_written_once_a_minute_at_most(state, now, note):
    """A thousand requests within a minute write once, and the next minute once more."""
    for _ in range(1000):
        note("hr", "ab12")
    assert state.times == 1
    now[0] += EVERY
    note("hr", "ab12")
    assert state.times == 2
    assert read_last_uses(state, [("hr", "ab12")]).times == {("hr", "ab12"): now[0]}


def test_each_secret_has_a_time_of_its_own(state, now, note):
    """Two secrets of one client are told apart, and one that was never used has no time."""
    note("hr", "old1")
    now[0] += 5
    note("hr", "new1")
    used = [("hr", "old1"), ("hr", "new1"), ("hr", "none")]
    found = read_last_uses(state, used)
    assert found.times == {used[0]: now[0] - 5, used[1]: now[0]}
    assert found.unknown is None


def test_who_shows_no_secret_is_not_noted(state, note):
    """A certificate or another's token is no use of a secret."""
    note("hr", None)
    assert state.times == 0


def test_a_clock_that_is_put_back_does_not_silence_it(state, now, note):
    """After the clock was put back an hour, the next use is written."""
    note("hr", "ab12")
    now[0] -= 3600
    note("hr", "ab12")
    assert state.times == 2


def test_a_state_that_does_not_answer_fails_no_request(now):
    """The trouble is told, and the request goes on."""

    class Gone(MemoryState):
        def set(self, key, value, ttl):
            raise StateUnavailable

    heard = []
    LastUse(Gone(lambda: 0.0), wall=lambda: now[0], trouble=heard.append).note("hr", "ab12")
    assert [type(each) for each in heard] == [StateUnavailable]
