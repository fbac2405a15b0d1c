"""Many things at once: in order, never more than so many, and one request does not stand before another."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scimbridge.request.parallel import side_by_side


@pytest.fixture
def pool():
    with ThreadPoolExecutor(4) as held:
        yield held


@pytest.mark.parametrize("count", [0, 1, 3, 4, 100])
def test_results_are_in_order(pool, count):
    """Each item has its result in its own place."""
    assert side_by_side(pool, 4, lambda item: item * 2, range(count)) == [2 * item for item in range(count)]


def test_a_failure_ends_it(pool):
    """The first failure is raised, and what had not begun is not begun."""
    begun = []

    def fail(item):
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        side_by_side(pool, 1, fail, range(100))
    assert begun == [0]


def test_many_do_not_stand_before_few(pool):
    """Who comes later with two things is done while the first still has most of its hundred before it."""
    go_on, done = threading.Semaphore(0), []

    def wait_for_turn(item):
        assert go_on.acquire(timeout=60)
        done.append(item)

    with ThreadPoolExecutor(2) as requests:
        greedy = requests.submit(side_by_side, pool, 4, wait_for_turn, range(100))
        while pool._work_queue.qsize() + len(pool._threads) < 4:
            pass
        small = requests.submit(side_by_side, pool, 4, wait_for_turn, ["small", "too"])
        while pool._work_queue.qsize() < 2:
            pass
        go_on.release(10)
        small.result(timeout=60)
        assert len(done) <= 10
        go_on.release(92)
        greedy.result(timeout=60)
    assert sorted(map(str, done)) == sorted([*map(str, range(100)), "small", "too"])
