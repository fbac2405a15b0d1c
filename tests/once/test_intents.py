"""A create is forgotten when its client has the answer, and remembered when it perhaps has not."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from scimbridge.access.caller import Caller
from scimbridge.once.intents import REMEMBERED, Intents
from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone.errors import Refused
from scimbridge.pingone.send import Call
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import Forbidden, Unavailable, Uniqueness
from scimbridge.scim.reading import Manner
from scimbridge.state.memory import MemoryState

BODY = {"userName": "jane"}


@pytest.fixture
def intents(clock):
    state = MemoryState(clock)
    return Intents(state, ChangeLocks(state, clock), b"secret", wall=clock.wall)


def context(clock, name="okta", *, present=True):
    manner = Manner(strict=False, notice=lambda _name: None)
    return RequestContext(Caller(name), Call(deadline=clock() + 50), manner, is_present=lambda: present)


def fail(intent, error, *, again=False):
    with intent as held:
        assert held.again is again
        raise error


def test_answered_create_is_forgotten(intents, clock):
    """Who was answered and asks again starts anew."""
    with intents.of(context(clock), "users", BODY) as first:
        assert not first.again
    with intents.of(context(clock), "users", BODY) as second:
        assert not second.again


def test_unanswered_create_is_remembered(intents, clock):
    """Where the client was gone before its answer, its repetition knows when the first try began."""
    with intents.of(context(clock, present=False), "users", BODY) as first:
        pass
    clock.sleep(30)
    with intents.of(context(clock), "users", BODY) as second:
        assert second.again
        assert second.began == pytest.approx(first.began, abs=0.001)


def test_failed_create_is_remembered_and_refused_one_is_not(intents, clock):
    """After a failure that may have done the work the create is remembered, after a refusal it is not."""
    with pytest.raises(Unavailable):
        fail(intents.of(context(clock), "users", BODY), Unavailable("lost"))
    with pytest.raises(Uniqueness):
        fail(intents.of(context(clock), "users", BODY), Uniqueness("taken"), again=True)
    with intents.of(context(clock), "users", BODY) as third:
        assert not third.again


def test_a_refusal_after_a_lost_try_is_remembered(intents, clock):
    """A refusal of what a try with a lost answer may have made is no word on that: the create is remembered."""
    refused = Refused("the licence is used up", status=403, maybe_done=True)
    with pytest.raises(Forbidden), intents.of(context(clock), "users", BODY):
        raise Forbidden("PingOne's licence allows no more of these") from refused
    with intents.of(context(clock), "users", BODY) as second:
        assert second.again


def test_a_create_whose_answer_was_missed_is_noted_again(intents, clock):
    """Where it comes out after the answer that the client is without it, its repetition knows when the first began."""
    missed = []
    with intents.of(replace(context(clock), if_missed=missed.append), "users", BODY) as first:
        pass
    clock.sleep(30)
    for act in missed:
        act()
    with intents.of(context(clock), "users", BODY) as second:
        assert second.again
        assert second.began == pytest.approx(first.began, abs=0.001)


def test_another_create_is_another(intents, clock):
    """Another client, another collection and another body have nothing to do with it."""
    with intents.of(context(clock, present=False), "users", BODY):
        pass
    for other in (
        intents.of(context(clock, "entra"), "users", BODY),
        intents.of(context(clock), "groups", BODY),
        intents.of(context(clock), "users", {**BODY, "title": "x"}),
    ):
        with other as intent:
            assert not intent.again


def test_memory_ends(intents, clock):
    """After ten minutes nothing is remembered."""
    with intents.of(context(clock, present=False), "users", BODY):
        pass
    clock.offset += REMEMBERED + 1
    with intents.of(context(clock), "users", BODY) as later:
        assert not later.again


def test_ten_at_once(client):
    """Of ten identical creates at once exactly one is 201, the others are 409, and there is one user."""
    statuses = []

    def create():
        headers = {**client.headers, "Content-Type": "application/scim+json"}
        answer = client.app.test_client().post("/scim/v2/Users", json={"userName": "ten"}, headers=headers)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=create) for _number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 9
    assert len(client.sandbox.directory.users.find("username", "ten")) == 1
