"""Which request gets a thread next."""

from __future__ import annotations

import pytest

from scimbridge.serve.lanes import MOST_WATCHING, SCRAPERS, WATCHERS, Lanes, RequestLane, WaitingRequest


def job(client, kind=RequestLane.WORK):
    return WaitingRequest(None, kind, lambda: client, 0.0)


def begun(lanes, *jobs):
    """Let requests come, and return the clients of those that have a thread now."""
    for each in jobs:
        assert lanes.join(each) is None
    return [each.client() for each in iter(lanes.begin_next, None)]


@pytest.mark.parametrize(
    ("threads", "share", "most"), [(32, 0.5, 16), (5, 0.5, 3), (1, 0.5, 1), (2, 0.5, 1), (4, 1.0, 4)]
)
def test_one_client_has_its_share(threads, share, most):
    """One client holds its part of the threads, rounded up, and at least one."""
    lanes = Lanes(threads, share)
    assert begun(lanes, *(job("a") for _ in range(threads + 1))) == ["a"] * most


def test_others_go_ahead_of_who_has_its_share():
    """What waits for a client's own share holds up nobody else, and goes on when one of its requests ends."""
    lanes = Lanes(4, 0.5)
    greedy = [job("a") for _ in range(6)]
    assert begun(lanes, *greedy, job("b"), job("c")) == ["a", "b", "c", "a"]
    assert lanes.waiting == 4
    assert lanes.is_over_share(greedy[-1])
    lanes.end(greedy[0])
    assert begun(lanes) == ["a"]


def test_who_holds_least_goes_first():
    """A thread that is free goes to the client that holds fewest, whoever came first."""
    lanes = Lanes(4, 0.75)
    first = job("a")
    assert begun(lanes, first, job("a"), job("b"), job("c")) == ["a", "b", "c", "a"]
    assert begun(lanes, job("a"), job("d")) == []
    lanes.end(first)
    assert begun(lanes) == ["d"]


def test_what_takes_access_away_has_a_thread_at_once():
    """Where all threads are busy an urgent request has one that nothing else uses; one client holds half of these."""
    lanes = Lanes(16, 0.5)
    assert len(begun(lanes, *(job(client) for client in "ab" * 10))) == 16
    assert begun(lanes, job("a", RequestLane.URGENT), job("a", RequestLane.URGENT), job("b", RequestLane.URGENT)) == [
        "a",
        "b",
    ]


def test_what_takes_access_away_goes_first_where_a_thread_is_free():
    """An urgent request goes before others that wait, and is not counted among the reserved while there is room."""
    lanes = Lanes(2, 1.0)
    running = [job("a"), job("a")]
    assert begun(lanes, *running) == ["a", "a"]
    usual, urgent = job("b"), job("c", RequestLane.URGENT)
    lanes.join(usual)
    lanes.join(urgent)
    lanes.end(running[0])
    assert lanes.begin_next() is urgent
    assert urgent.lane is RequestLane.WORK


def test_health_has_threads_of_its_own():
    """Requests for health and metrics go on whatever else is under way, and more than may wait are let go."""
    lanes = Lanes(1, 1.0)
    begun(lanes, job("a"), job("a"))
    assert begun(lanes, job("x", RequestLane.WATCH), job("x", RequestLane.WATCH)) == ["x", "x"]
    assert len(begun(lanes, *(job("x", RequestLane.WATCH) for _ in range(10)))) == WATCHERS - 2
    for _ in range(MOST_WATCHING - 8):
        assert lanes.join(job("x", RequestLane.WATCH)) is None
    last = job("x", RequestLane.WATCH)
    assert lanes.join(last) is last


def test_who_has_most_waiting_gives_way():
    """When more wait than may, the last one of the client that has most waiting goes, and nobody else's."""
    lanes = Lanes(1, 1.0)
    begun(lanes, job("a"))
    many = [job("a") for _ in range(15)]
    assert begun(lanes, *many, job("b")) == []
    assert lanes.join(job("c")) is many[-1]
    assert lanes.waiting == 16


def test_whose_a_request_is_may_turn_out_while_it_runs():
    """A request is counted for its client from when that is known; it is refused where that one has its share."""
    lanes = Lanes(4, 0.5)
    names = ["place"] * 3
    jobs = [WaitingRequest(None, RequestLane.WORK, lambda number=number: names[number], 0.0) for number in range(3)]
    claims = []
    for number, each in enumerate(jobs):
        assert begun(lanes, each) == ["place"]
        names[number] = "a"
        claims.append(lanes.claim(each))
    assert claims == [True, True, False]
    assert lanes.claim(jobs[0])
    for each in jobs:
        lanes.end(each)
    assert lanes.under_way == 0


def test_metrics_do_not_hold_up_health():
    """However many ask for metrics and do not read them, health has a thread at once."""
    lanes = Lanes(4, 0.5)
    scrapes = [job("someone", RequestLane.SCRAPE) for _ in range(MOST_WATCHING + SCRAPERS)]
    assert begun(lanes, *scrapes[:SCRAPERS]) == ["someone"] * SCRAPERS
    assert begun(lanes, *scrapes[SCRAPERS:]) == []
    health = job("prober", RequestLane.WATCH)
    assert begun(lanes, health) == ["prober"]
