"""A turn at a resource: one request at a time, one lock for a change, and no call to PingOne after it is lost."""

from __future__ import annotations

import pytest

from scimbridge.access.caller import Caller
from scimbridge.once.intents import Intents
from scimbridge.once.locks import WAITED_AT_MOST, ChangeLocks
from scimbridge.pingone.errors import OutOfTime
from scimbridge.pingone.send import Call, Request
from scimbridge.pingone.sending.transport import HttpTransport
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.reading import Manner
from scimbridge.state.leases import TTL
from scimbridge.state.memory import MemoryState


class Noting(MemoryState):
    """A state that notes what it is asked."""

    def __init__(self, clock):
        super().__init__(clock)
        self.asked = []

    def __getattribute__(self, name):
        if name in {"get", "set", "add", "delete", "incr", "take", "renew", "release"}:
            self.asked.append(name)
        return super().__getattribute__(name)


@pytest.fixture
def state(clock):
    return Noting(clock)


@pytest.fixture
def turns(state, clock):
    return ChangeLocks(state, clock)


def context(clock, seconds=50.0):
    manner = Manner(strict=False, notice=lambda _name: None)
    return RequestContext(Caller("okta"), Call(deadline=clock() + seconds), manner)


def refuse_to_send(*_arguments):
    raise AssertionError


@pytest.fixture
def transport(clock):
    """A transport that must not send."""

    class Wire:
        exchange = refuse_to_send

    return HttpTransport(Wire(), api_url="http://x", environment_id="e", clock=clock, wall=clock.wall)


def test_a_change_takes_and_gives_back(turns, state, clock):
    """A turn costs two operations of the state, whatever happens in it."""
    with turns.of(context(clock), "user", "1"):
        pass
    assert state.asked == ["take", "release"]


def test_a_create_costs_four(turns, state, clock):
    """A create that goes well costs four: its turn, one note and its end."""
    intents = Intents(state, turns, b"secret", wall=clock.wall)
    with intents.of(context(clock), "users", {"userName": "jane"}):
        pass
    assert state.asked == ["take", "add", "delete", "release"]


def test_another_request_is_told_to_come_again(turns, clock):
    """Who does not get the resource in time is told so, and when to come again."""
    with turns.of(context(clock), "user", "1"):
        with pytest.raises(Unavailable) as told, turns.of(context(clock, 0.01), "user", "1"):
            pass
        assert told.value.retry_after == 1
        with turns.of(context(clock, 0.01), "user", "2"), turns.of(context(clock, 0.01), "group", "1"):
            pass


def test_dead_holder_is_outwaited():
    """A request waits longer than the turn of a holder that died lasts."""
    assert TTL < WAITED_AT_MOST


def test_nothing_is_sent_after_the_turn_is_lost(turns, state, clock, transport):
    """A request that was held up until another had its turn makes no further call, also not from other threads."""
    asking = context(clock)
    with turns.of(asking, "user", "1"):
        with pytest.raises(AssertionError):
            transport(Request("GET", "/users/1"), asking.call)
        clock.offset += TTL + 1
        state._locks["turn:user:1"] = ("another", clock() + 60)
        with pytest.raises(OutOfTime):
            transport(Request("GET", "/users/1"), asking.call)
    assert not asking.call.turns
    with pytest.raises(AssertionError):
        transport(Request("GET", "/users/1"), asking.call)


def test_slow_request_keeps_its_turn(turns, clock, transport):
    """A request that was held up while nobody wanted its turn goes on."""
    asking = context(clock)
    with turns.of(asking, "user", "1"):
        clock.offset += TTL + 1
        with pytest.raises(AssertionError):
            transport(Request("GET", "/users/1"), asking.call)


class Open(Exception):
    """What a call ends with that was let through."""


@pytest.fixture
def sends(clock):
    """A transport that sends, and gets no answer."""

    class Wire:
        @staticmethod
        def exchange(*_arguments):
            raise Open

    transport = HttpTransport(Wire(), api_url="http://x", environment_id="e", clock=clock, wall=clock.wall)

    def send(asking, times):
        for _time in range(times):
            with pytest.raises(Open):
                transport(Request("PUT", "/users/1"), asking.call)

    return send


def give_away(state, clock, name="turn:user:1"):
    state._locks[name] = ("another", clock() + 60)


def test_several_calls_end_with_a_look(turns, state, clock, sends):
    """A change of several calls asks once more for its lock before it is answered; one call needs no look."""
    for times, asked in ((1, ["take", "release"]), (2, ["take", "renew", "release"])):
        state.asked.clear()
        asking = context(clock)
        with turns.of(asking, "user", "1"):
            sends(asking, times)
        assert state.asked == asked


@pytest.mark.parametrize("how", [give_away, lambda state, _clock: state._locks.clear()])
def test_a_lock_lost_between_the_calls_is_no_success(turns, state, clock, sends, how):
    """Where the lock went to another, or was forgotten with all others, the answer is 503 and says what to do."""
    asking = context(clock)

    def change():
        with turns.of(asking, "user", "1"):
            sends(asking, 2)
            how(state, clock)

    with pytest.raises(Unavailable) as told:
        change()
    assert told.value.retry_after == 1
    assert "send this one again" in told.value.detail
    assert not asking.call.turns


def test_a_single_call_stands(turns, state, clock, sends):
    """One call is one step at PingOne: nobody can have come between."""
    asking = context(clock)
    with turns.of(asking, "user", "1"):
        sends(asking, 1)
        give_away(state, clock)


def test_a_refusal_stays_a_refusal(turns, state, clock, sends):
    """What ends in an error of its own is told as that."""
    asking = context(clock)

    def change():
        with turns.of(asking, "user", "1"):
            sends(asking, 2)
            give_away(state, clock)
            raise Open

    with pytest.raises(Open):
        change()


def test_a_create_whose_lock_was_lost_is_remembered(turns, state, clock, sends):
    """A create of several calls that lost its lock is answered 503, and its repetition finds what was made."""
    intents = Intents(state, turns, b"secret", wall=clock.wall)
    asking = context(clock)

    def create():
        with intents.of(asking, "groups", {"displayName": "A"}):
            sends(asking, 3)
            state._locks.clear()

    with pytest.raises(Unavailable):
        create()
    with intents.of(context(clock), "groups", {"displayName": "A"}) as intent:
        assert intent.again
