"""One suite for every implementation of the state: what the rest of the bridge may rely on."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def state(subject):
    return subject.state


def test_unknown_key(state):
    """What was never set is None."""
    assert state.get("k") is None


def test_set_get_replace_delete(state):
    """A value is read as it was set, replaced by the next one, and gone when deleted."""
    state.set("k", b"\x00one", ttl=10)
    assert state.get("k") == b"\x00one"
    state.set("k", b"two", ttl=10)
    assert state.get("k") == b"two"
    state.delete("k")
    state.delete("k")
    assert state.get("k") is None


def test_values_expire(subject):
    """A value is there until its time to live is over, and a set starts that anew."""
    subject.state.set("k", b"v", ttl=200)
    subject.advance(100)
    assert subject.state.get("k") == b"v"
    subject.state.set("k", b"v", ttl=200)
    subject.advance(150)
    assert subject.state.get("k") == b"v"
    subject.advance(100)
    assert subject.state.get("k") is None


def test_add_only_if_absent(subject):
    """Add keeps the first value until it expires."""
    assert subject.state.add("k", b"first", ttl=200)
    assert not subject.state.add("k", b"second", ttl=200)
    assert subject.state.get("k") == b"first"
    subject.advance(300)
    assert subject.state.add("k", b"third", ttl=200)
    assert subject.state.get("k") == b"third"


def test_one_of_many_adds_wins(state):
    """Of many threads that add at once, exactly one is told that it did."""
    won = []
    gate = threading.Barrier(8)

    def add(number):
        gate.wait()
        if state.add("k", str(number).encode(), ttl=60):
            won.append(number)

    _run(8, add)
    assert len(won) == 1
    assert state.get("k") == str(won[0]).encode()


def test_counters(subject):
    """A counter starts at 0, adds and subtracts, is read by adding nothing, and lives from its first use."""
    assert subject.state.incr("n", 5, ttl=200) == 5
    subject.advance(150)
    assert subject.state.incr("n", -2, ttl=200) == 3
    assert subject.state.incr("n", 0, ttl=200) == 3
    subject.advance(100)
    assert subject.state.incr("n", 1, ttl=200) == 1


def test_counts_are_not_lost(state):
    """Increments of many threads all count."""
    _run(8, lambda number: [state.incr("n", 1, ttl=60) for _ in range(50)])
    assert state.incr("n", 0, ttl=60) == 400


def test_lock_excludes(state):
    """While one holds a lock, another is told so at once when it does not wait; afterwards it is free."""
    with state.lock("l", ttl=60, wait=0) as first:
        assert first
        with state.lock("l", ttl=60, wait=0) as second:
            assert not second
        with state.lock("other", ttl=60, wait=0) as other:
            assert other
    with state.lock("l", ttl=60, wait=0) as again:
        assert again


def test_lock_is_handed_on(state):
    """Threads that wait get the lock one after the other, never two at a time."""
    inside = []
    most = []

    def work(number):
        with state.lock("l", ttl=60, wait=30) as taken:
            assert taken
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    _run(8, work)
    assert len(most) == 8
    assert max(most) == 1


def test_lock_wait_ends(state):
    """Waiting for a lock that is not freed ends with no."""
    with state.lock("l", ttl=60, wait=0), state.lock("l", ttl=60, wait=0.05) as taken:
        assert not taken


def test_lock_survives_its_holder(subject):
    """After its time to live a lock is free, and a holder that comes late does not release the next one's."""
    late = subject.state.lock("l", ttl=200, wait=0)
    assert late.__enter__()
    subject.advance(300)
    with subject.state.lock("l", ttl=60, wait=0) as taken:
        assert taken
        late.__exit__(None, None, None)
        with subject.state.lock("l", ttl=60, wait=0) as third:
            assert not third


def test_lock_is_freed_by_an_error(state):
    """An exception inside the lock passes through and frees it."""
    with pytest.raises(KeyError), state.lock("l", ttl=60, wait=0):
        raise KeyError("x")
    with state.lock("l", ttl=60, wait=0) as taken:
        assert taken


def test_locks_and_values_do_not_share_keys(state):
    """A lock and a value of one name do not meet."""
    state.set("k", b"v", ttl=60)
    with state.lock("k", ttl=60, wait=0) as taken:
        assert taken
        state.delete("k")
        with state.lock("k", ttl=60, wait=0) as second:
            assert not second


def test_several_at_once(subject):
    """Several values are read and written as each of them would be; what is not there is None."""
    subject.state.set_many({"a": b"1", "b": b"2"}, ttl=200)
    subject.state.set_many({}, ttl=200)
    assert subject.state.get_many(["b", "nothing", "a"]) == [b"2", None, b"1"]
    assert subject.state.get_many([]) == []
    subject.advance(300)
    assert subject.state.get_many(["a", "b"]) == [None, None]


def test_milliseconds_count(subject):
    """A time to live is kept to the millisecond, not to the second."""
    subject.state.set("k", b"v", ttl=0.4)
    subject.state.set("later", b"v", ttl=60.4)
    subject.advance(0.41)
    assert subject.state.get("k") is None
    assert subject.state.get("later") == b"v"
    subject.advance(60)
    assert subject.state.get("later") is None


def test_renewed_lock_lives_on(subject):
    """A lock that is renewed in time outlives its first time to live."""
    assert subject.state.take("l", "one", ttl=200, wait=0)
    for _time in range(3):
        subject.advance(150)
        assert subject.state.renew("l", "one", ttl=200)
    assert not subject.state.take("l", "two", ttl=200, wait=0)
    subject.state.release("l", "one")
    assert subject.state.take("l", "two", ttl=200, wait=0)


def test_lost_lock_is_not_renewed(subject):
    """Who lost a lock to somebody else is told so, while that one holds it and afterwards."""
    assert subject.state.take("l", "one", ttl=200, wait=0)
    subject.advance(300)
    assert subject.state.take("l", "two", ttl=60, wait=0)
    assert not subject.state.renew("l", "one", ttl=60)
    subject.state.release("l", "one")
    assert subject.state.renew("l", "two", ttl=60)
    subject.state.release("l", "two")
    assert not subject.state.renew("l", "one", ttl=60)
    assert not subject.state.renew("l", "two", ttl=60)


def test_lock_is_got_when_freed(state):
    """Who waits for a lock has it soon after it is freed, and not only when the time of its holder is over."""
    assert state.take("l", "one", ttl=600, wait=0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(state.take, "l", "two", 600, 120)
        time.sleep(0.3)
        assert not waiting.done()
        began = time.monotonic()
        state.release("l", "one")
        assert waiting.result()
    assert time.monotonic() - began < 20, "who waits for 120 s looks much more often than twice"


def _run(number, work):
    with ThreadPoolExecutor(number) as pool:
        list(pool.map(work, range(number)))
