"""Repetition: what is repeated, when, and what a lost answer means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.pingone.errors import (
    BadCredentials,
    CircuitOpen,
    Misconfigured,
    NoPermission,
    NotThere,
    OutOfTime,
    PingOneError,
    Refused,
    Throttled,
    Unreachable,
)
from scimbridge.pingone.send import Call, Request, Response
from scimbridge.pingone.sending.retry import WithRetry


def _retry(sender, clock, random=lambda: 1.0):
    return WithRetry(sender, clock=clock, sleep=clock.sleep, random=random)


def unsent():
    return Unreachable("no connection")


def lost():
    return Unreachable("broke off", maybe_done=True)


def busy(seconds=None):
    return Throttled("slow down", status=429, retry_after=seconds)


def down(seconds=None, *, maybe_done=True):
    return Unreachable("down", status=503, retry_after=seconds, maybe_done=maybe_done)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
def test_provably_unsent_is_repeated(method, playback, ok, clock):
    """What was never sent is sent again, whatever the method, and not marked as repeated."""
    sender = playback(unsent(), unsent(), ok)
    response = _retry(sender, clock)(Request(method, "/users"), Call())
    assert response is ok
    assert [each.attempt for each in sender.requests] == [1, 2, 3]
    assert clock.slept == [pytest.approx(0.2), pytest.approx(0.4)]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_lost_answer_of_a_write(method, playback, ok, clock):
    """After a lost answer PUT, PATCH and DELETE are sent again, and the answer says so."""
    assert _retry(playback(lost(), ok), clock)(Request(method, "/users/x"), Call()).repeated


def test_lost_answer_of_a_post(playback, ok, clock):
    """A POST whose answer was lost is not sent again: the caller is told that it may be done."""
    sender = playback(lost(), ok)
    with pytest.raises(Unreachable) as error:
        _retry(sender, clock)(Request("POST", "/users"), Call())
    assert error.value.maybe_done
    assert len(sender.requests) == 1


def test_5xx_on_a_post(playback, ok, clock):
    """A 5xx on a POST may be a lost answer too."""
    sender = playback(down(1.0), ok)
    with pytest.raises(Unreachable):
        _retry(sender, clock)(Request("POST", "/users"), Call())
    assert len(sender.requests) == 1


def test_429_on_a_post(playback, ok, clock):
    """A 429 was not carried out, so even a POST is sent again."""
    response = _retry(playback(busy(2.0), ok), clock)(Request("POST", "/users"), Call())
    assert not response.repeated
    assert clock.slept == [pytest.approx(2.1)]


def test_repeatable_post(playback, ok, clock):
    """A POST that says it is safe to repeat is repeated, and the caller can see it."""
    request = Request("POST", "/users/x/memberOfGroups", repeatable=True)
    assert _retry(playback(lost(), ok), clock)(request, Call()).repeated
    refusal = Refused("there", status=400)
    with pytest.raises(Refused) as error:
        _retry(playback(lost(), refusal), clock)(request, Call())
    assert error.value.repeated
    assert error.value.maybe_done


def test_put_that_is_not_repeatable(playback, ok, clock):
    """A request may say that it is not safe to repeat."""
    with pytest.raises(Unreachable):
        _retry(playback(lost(), ok), clock)(Request("PUT", "/x", repeatable=False), Call())


def test_delete_after_a_lost_answer(playback, clock):
    """A DELETE that finds nothing after a lost first try has reached its end."""
    sender = playback(lost(), NotThere("gone", status=404))
    response = _retry(sender, clock)(Request("DELETE", "/users/x"), Call())
    assert (response.status, response.repeated) == (204, True)


@pytest.mark.parametrize("first", [unsent(), busy(1.0)])
def test_delete_that_finds_nothing(first, playback, clock):
    """Without a lost try before it, a DELETE that finds nothing is 404."""
    with pytest.raises(NotThere) as error:
        _retry(playback(first, NotThere("gone", status=404)), clock)(Request("DELETE", "/users/x"), Call())
    assert not error.value.repeated
    assert not error.value.maybe_done


@pytest.mark.parametrize(
    "error",
    [
        Refused("no", status=400),
        NotThere("no", status=404),
        NoPermission("no", status=403),
        BadCredentials("no", status=401),
        CircuitOpen("down"),
        OutOfTime("late"),
        Misconfigured("redirect", status=302),
        Throttled("our own rate", retry_after=3.0),
    ],
)
def test_not_repeated(error, playback, clock):
    """What no repetition changes is told at once."""
    sender = playback(error)
    with pytest.raises(type(error)):
        _retry(sender, clock)(Request("GET", "/users"), Call())
    assert len(sender.requests) == 1
    assert clock.slept == []


def test_gives_up(playback, clock):
    """After six tries the last error is raised; waits have doubled from 0.2 s."""
    sender = playback(down(maybe_done=False))
    with pytest.raises(Unreachable):
        _retry(sender, clock)(Request("GET", "/users"), Call())
    assert len(sender.requests) == 6
    assert clock.slept == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2])


def test_jitter(playback, clock):
    """Chance takes away up to half of a wait."""
    with pytest.raises(Unreachable):
        _retry(playback(unsent()), clock, random=lambda: 0.0)(Request("GET", "/x"), Call())
    assert clock.slept == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])


def test_long_retry_after_is_capped(playback, ok, clock):
    """No single wait is longer than 30 s."""
    _retry(playback(busy(3000.0), ok), clock)(Request("GET", "/x"), Call())
    assert clock.slept == [30.0]


@pytest.mark.parametrize(("error", "kind"), [(busy(20.0), Throttled), (down(20.0, maybe_done=False), OutOfTime)])
def test_wait_past_the_deadline(error, kind, playback, clock):
    """A wait that would pass the deadline is not begun; the error says how long it would have been."""
    with pytest.raises(kind) as raised:
        _retry(playback(error), clock)(Request("GET", "/x"), Call(deadline=clock() + 10))
    assert clock.slept == []
    assert raised.value.retry_after >= 20
    assert raised.value.status == error.status


def test_out_of_time_after_a_lost_write(playback, clock):
    """When time ends after a lost answer, the error still says that the write may be done."""
    with pytest.raises(OutOfTime) as error:
        _retry(playback(lost()), clock)(Request("PUT", "/x"), Call(deadline=clock() + 0.5))
    assert error.value.maybe_done


def test_circuit_opens_after_a_lost_write(playback, clock):
    """So does any other error that comes after it."""
    with pytest.raises(CircuitOpen) as error:
        _retry(playback(lost(), CircuitOpen("down")), clock)(Request("PUT", "/x"), Call())
    assert error.value.maybe_done
    assert error.value.repeated


_outcomes = st.lists(
    st.one_of(
        st.builds(unsent),
        st.builds(lost),
        st.builds(busy, st.one_of(st.none(), st.floats(0, 60))),
        st.builds(down, st.one_of(st.none(), st.floats(0, 60))),
        st.builds(lambda: NotThere("no", status=404)),
        st.just(Response(200)),
    ),
    min_size=1,
    max_size=12,
)


@given(_outcomes, st.sampled_from(["GET", "PUT", "DELETE", "POST"]), st.floats(0, 100), st.floats(0, 1))
def test_laws(outcomes, method, left, chance):
    """Whatever happens: no wait past the deadline, none over 30 s, and no POST after one that may be done."""
    now = [0.0]
    waits = []
    sent = []
    remaining = list(outcomes)

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    def sender(request, call):
        outcome = remaining.pop(0) if remaining else Response(200)
        sent.append(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    send = WithRetry(sender, clock=lambda: now[0], sleep=sleep, random=lambda: chance)
    ended = None
    try:
        send(Request(method, "/x"), Call(deadline=left))
    except PingOneError as error:
        ended = error
    assert now[0] <= left or not waits
    assert all(0 <= wait <= 30 for wait in waits)
    assert len(sent) <= 16
    lost_ones = [place for place, each in enumerate(sent) if getattr(each, "maybe_done", False)]
    if method == "POST" and lost_ones:
        assert lost_ones[0] == len(sent) - 1
        assert isinstance(ended, Unreachable)
    if ended is not None and lost_ones:
        assert ended.maybe_done
