"""A long pause that PingOne asks for is answered at once, by all processes, and nobody waits for it."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import CircuitOpen, OutOfTime, Throttled
from scimbridge.pingone.send import Call, Request
from scimbridge.state.memory import MemoryState

GET = Request("GET", "/users/x")


@pytest.mark.parametrize(("status", "kinds"), [(429, (Throttled, Throttled)), (503, (OutOfTime, CircuitOpen))])
def test_it_is_answered_at_once(host, pair, behaviours, attempt, moving, words, status, kinds):
    """Nobody sleeps, nobody asks, all say what remains; the log says it once, and once that it is over."""
    host.play(behaviours["answer"](status, {}, Retry_After="120"))
    one, other = pair()
    failure = attempt(one, GET)
    assert type(failure) is kinds[0]
    assert failure.retry_after == pytest.approx(120, abs=1)
    moving.offset += 50
    for client in (one, other) * 10:
        failure = attempt(client, GET)
        assert type(failure) is kinds[1]
        assert failure.retry_after == pytest.approx(70, abs=1)
    assert len(host.api) == 1
    assert moving.slept == []
    assert [word for word in words() if "throttled" not in word] == ["+paused"]
    moving.offset += 71
    assert attempt(other, GET) is None
    assert [word for word in words() if "throttled" not in word] == ["+paused", "-paused"]


def test_it_is_answered_at_once_though_the_request_had_the_time(host, pair, behaviours, attempt, moving):
    """A pause of 20 seconds is not waited for within a request of 50: its thread is for others."""
    host.play(behaviours["answer"](429, {}, Retry_After="20"))
    client, _other = pair()
    assert attempt(client, GET, seconds=50).retry_after == pytest.approx(20, abs=1)
    assert moving.slept == []


def test_who_queues_is_answered_when_the_turn_comes(host, pair, behaviours, attempt, moving):
    """A call that was in the queue when the pause began is not sent into it."""
    host.usual = behaviours["answer"](429, {}, Retry_After="60")
    queued = []

    def wait(event, seconds):
        if not queued:
            queued.append(attempt(other, GET))  # another process meets the pause meanwhile
        moving.sleep(seconds)

    one, other = pair(rate=1.0, wait=wait)
    host.play(behaviours["answer"]())
    assert attempt(one, GET) is None
    assert isinstance(attempt(one, GET), Throttled)
    assert len(host.api) == 2


def test_a_short_one_is_waited_for(host, pair, behaviours, attempt, moving, words):
    """Three seconds are waited for, and no line is written for them but that of the rate."""
    host.play(behaviours["answer"](429, {}, Retry_After="3"))
    client, _other = pair()
    assert attempt(client, GET) is None
    assert moving.slept[0] == 3.0
    assert words() == ["+throttled"]


def test_who_has_no_end_waits(host, pair, behaviours, moving):
    """A call for which nobody waits with a deadline comes back by itself."""
    host.play(behaviours["answer"](503, {}, Retry_After="12"))
    client, _other = pair()
    assert client(GET, Call()).status == 200
    assert sum(moving.slept) >= 12


def test_an_endless_pause_is_an_hour(host, pair, behaviours, attempt, moving):
    """A Retry-After of ten years does not end the bridge: after an hour it asks again."""
    host.play(behaviours["answer"](503, {}, Retry_After="315360000"))
    client, _other = pair()
    attempt(client, GET)
    moving.offset += 3580
    assert attempt(client, GET) is not None
    moving.offset += 15
    assert attempt(client, GET) is None
    assert moving.slept == [pytest.approx(5, abs=1)]  # the little that was left
    assert len(host.api) == 2


def test_one_users_limit_is_no_pause(host, pair, behaviours, attempt):
    """A 429 to what is sent once may be about its user alone: nobody else waits for that."""
    host.play(behaviours["answer"](429, {}, Retry_After="86400"))
    client, other = pair()
    assert attempt(client, Request("POST", "/users/x", once=True)).retry_after == pytest.approx(86400, abs=1)
    assert attempt(client, GET) is None
    assert attempt(other, GET) is None


def test_another_node_says_so_and_rests_as_long(host, connection, behaviours, attempt, moving, told, words):
    """A node whose clock is behind rests for what is left, as the one that was told, and its log says it too."""
    common = {**moving.arguments, "state": MemoryState(moving), "tell": told.append}
    ahead = connection(**{**common, "wall": lambda: moving.wall() + 3600}, node="a")
    one = connection(**common, node="b")
    host.play(behaviours["answer"](503, {}, Retry_After="60"))
    attempt(ahead, GET)
    assert attempt(one, GET).retry_after == pytest.approx(60, abs=1)
    assert words() == ["+paused", "+paused"]
    assert told[0].facts == told[1].facts
    moving.offset += 40
    assert attempt(one, GET).retry_after == pytest.approx(20, abs=1)
    moving.offset += 21
    assert attempt(one, GET) is None
    assert words() == ["+paused", "+paused", "-paused"]
