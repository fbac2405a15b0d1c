"""A lease lasts as long as its holder lives and uses it, and a holder knows when it is over."""

from __future__ import annotations

import time

import pytest

from scimbridge.state.base import StateUnavailable
from scimbridge.state.leases import EVERY, MARGIN, TTL, Leases
from scimbridge.state.memory import MemoryState


class HandClock:
    """A clock that stands until it is put forward."""

    now = 1000.0

    def __call__(self):
        """Return seconds."""
        return self.now


class Forgetful(MemoryState):
    """Forgets a lock the moment its time is over, as Redis does."""

    def renew(self, key, owner, ttl):
        """Let a lock live on that is not over."""
        hold = self._locks.get(key)
        if hold is not None and hold[1] <= self._clock():
            return False
        return super().renew(key, owner, ttl)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def state(clock):
    return Forgetful(clock)


def test_numbers_fit():
    """Two renewals may fail before a holder stops believing, and a dead holder's lock is free within ten seconds."""
    assert 3 * EVERY <= TTL - MARGIN
    assert TTL <= 10


def test_excludes_and_is_given_back(state, clock):
    """While a lease is held another is not got; afterwards it is, and the first is not called lost."""
    leases = Leases(state, clock)
    with leases.of("l", wait=0, longest=50) as lease:
        assert not lease.is_lost()
        with leases.of("l", wait=0, longest=50) as second:
            assert second is None
    assert not lease.is_lost()
    with leases.of("l", wait=0, longest=50) as third:
        assert third is not None


def test_given_back_after_an_error(state, clock):
    """An exception inside passes through and gives the lease back."""
    leases = Leases(state, clock)
    with pytest.raises(KeyError), leases.of("l", wait=0, longest=50):
        raise KeyError("x")
    assert state.take("l", "other", 1, 0)


def test_renewed_while_held(state, clock):
    """A lease that is held longer than its lock lives is renewed meanwhile, and all by one thread."""
    leases = Leases(state, clock, every=0.01)
    with leases.of("l", wait=0, longest=500) as lease, leases.of("m", wait=0, longest=500):
        renewer = leases._renewer
        for _time in range(5):
            ends_at = state._locks["l"][1]
            clock.now += TTL / 2
            until = time.monotonic() + 60
            while state._locks["l"][1] <= ends_at:
                assert time.monotonic() < until
                time.sleep(0.001)
            assert not lease.is_lost()
            assert not state.take("l", "other", 1, 0)
        assert leases._renewer is renewer


def test_thread_ends_with_the_last_lease(state, clock):
    """When nothing is held any more the thread ends, and another lease has one again."""
    leases = Leases(state, clock, every=0.01)
    for _time in range(2):
        with leases.of("l", wait=0, longest=50):
            renewer = leases._renewer
            assert renewer.is_alive()
        renewer.join(timeout=60)
        assert not renewer.is_alive()


def test_stopped_holder_knows(state, clock):
    """A holder that stood still until its lock was over finds it lost, whether another has it or not, and for good."""
    leases = Leases(state, clock)
    for taken_by_another in (True, False):
        with leases.of("l", wait=0, longest=500) as lease:
            clock.now += TTL + 5
            if taken_by_another:
                assert state.take("l", "other", 1, 0)
                state.release("l", "other")
            assert lease.is_lost()
            assert lease.is_lost()


def test_holder_looks_before_its_lock_ends(state, clock):
    """Shortly before its lock ends a holder asks whether it is still its own, and goes on if so."""
    leases = Leases(state, clock)
    with leases.of("l", wait=0, longest=500) as lease:
        for _time in range(3):
            clock.now += TTL - MARGIN / 2
            assert not lease.is_lost()


def test_nobody_holds_for_ever(state, clock):
    """A request that hangs is not renewed past the longest time that it was given."""
    leases = Leases(state, clock)
    with leases.of("l", wait=0, longest=TTL / 2) as lease:
        clock.now += TTL
        assert lease.is_lost()
        assert state.take("l", "other", 1, 0)


def test_state_that_does_not_answer(clock):
    """Where the state cannot be asked, a lease ends when it can be believed in no longer, and may come back to life."""

    class Failing(Forgetful):
        fails = False

        def renew(self, key, owner, ttl):
            if self.fails:
                raise StateUnavailable("gone")
            return MemoryState.renew(self, key, owner, ttl)

    state = Failing(clock)
    leases = Leases(state, clock)
    with leases.of("l", wait=0, longest=500) as lease:
        state.fails = True
        clock.now += TTL - MARGIN - 0.1
        assert not lease.is_lost()
        clock.now += 0.2
        assert lease.is_lost()
        state.fails = False
        assert not lease.is_lost()
