"""A token endpoint that refuses is asked rarely, by all processes together, and asked again when that makes sense."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import BadCredentials, NoToken, OutOfTime, Throttled
from scimbridge.pingone.send import Request
from scimbridge.pingone.sending.readiness import Outlook
from scimbridge.state.memory import MemoryState

GET = Request("GET", "/users/x")


def test_a_refusal_is_remembered_by_all(host, pair, refusals, attempt):
    """372 requests of two processes within five seconds ask once, and each is told when to come back."""
    host.tokens.extend([refusals.client] * 400)
    first, second = pair()
    failures = [attempt(client, GET) for _ in range(186) for client in (first, second)]
    assert len(host.asked_for_token) == 1
    assert {type(each) for each in failures} == {NoToken}
    assert all(0 < each.retry_after <= 5 for each in failures)
    assert {(each.code, each.correlation, each.status) for each in failures} == {("unauthorized_client", "corr-1", 400)}


def test_the_wait_doubles_to_a_minute(host, pair, refusals, attempt, moving):
    """Asked again after 5, 10, 20, 40, 60 and 60 seconds, and not before."""
    host.tokens.extend([refusals.client] * 20)
    client, _other = pair()
    waits = []
    for _ in range(6):
        attempt(client, GET)
        asked, waited = len(host.asked_for_token), 0
        while len(host.asked_for_token) == asked:
            moving.offset += 1
            waited += 1
            attempt(client, GET)
        waits.append(waited)
        host.tokens.extend([refusals.client] * 2)
    assert waits == [5, 10, 20, 40, 60, 60]


def test_it_recovers_by_itself(host, pair, refusals, attempt, moving):
    """Once the endpoint gives a token, the other process has it too, and the next refusal waits 5 seconds again."""
    host.tokens.extend([refusals.client] * 2)
    first, second = pair()
    attempt(first, GET)
    moving.offset += 5
    attempt(first, GET)
    moving.offset += 10
    assert attempt(second, GET) is None
    assert attempt(first, GET) is None
    assert len(host.asked_for_token) == 3
    host.play(refusals.token)
    host.tokens.append(refusals.client)
    assert attempt(first, GET).retry_after == 5


def test_another_secret_asks_at_once(host, connection, refusals, attempt, moving):
    """With a new secret nothing of what the old one was refused holds, in a state that both share."""
    host.tokens.append(refusals.client)
    arguments = {**moving.arguments, "state": MemoryState(moving)}
    assert attempt(connection(**arguments), GET) is not None
    assert attempt(connection(**arguments, client_secret="new~secret"), GET) is None
    assert len(host.asked_for_token) == 2


def test_a_revoked_token_is_not_sent_again(host, pair, refusals, attempt):
    """Where the API takes the token no more and there is no other, each process asks the API once and then nobody."""
    first, second = pair()
    assert attempt(first, GET) is attempt(second, GET) is None
    host.usual = refusals.token
    host.tokens.extend([refusals.client] * 20)
    before = len(host.api)
    for _ in range(10):
        assert isinstance(attempt(first, GET), NoToken)
        assert isinstance(attempt(second, GET), NoToken)
    assert len(host.api) - before == 2
    assert len(host.asked_for_token) == 2


def test_fresh_tokens_that_are_refused_are_not_fetched_again_and_again(host, pair, refusals, attempt, moving):
    """An API that answers 401 to fresh tokens costs no third token in five seconds; what it takes later is sent."""
    host.usual = refusals.token
    first, second = pair()
    failures = [attempt(client, GET) for _ in range(5) for client in (first, second)]
    assert {type(each) for each in failures} == {BadCredentials}
    assert len(host.asked_for_token) == 2
    moving.offset += 5
    attempt(first, GET)
    assert len(host.asked_for_token) == 3
    host.usual = type(host)().usual
    assert attempt(second, GET) is None


def test_one_path_that_is_401_hinders_no_other(host, pair, refusals, attempt, words):
    """A 401 among good answers is about that path: tokens are fetched as ever, and nothing is said of the token."""
    client, _other = pair()
    for _ in range(3):
        assert attempt(client, GET) is None
        host.play(refusals.token, refusals.token)
        assert isinstance(attempt(client, Request("GET", "/odd")), BadCredentials)
    assert words() == []
    host.play(refusals.token)
    assert attempt(client, GET) is None


@pytest.mark.parametrize(("status", "kind"), [(429, Throttled), (503, OutOfTime)])
def test_a_pause_of_the_endpoint_is_kept(host, pair, behaviours, attempt, moving, status, kind):
    """A token endpoint that asks for 40 seconds is left alone for 40 seconds by all, and clients are told the rest."""
    host.tokens.append(behaviours["answer"](status, {}, Retry_After="40"))
    first, second = pair()
    began = moving.offset
    assert attempt(first, GET).retry_after == pytest.approx(40, abs=1)
    moving.offset += 25
    late = attempt(second, GET)
    assert isinstance(late, kind)
    assert late.retry_after == pytest.approx(15, abs=1)
    assert len(host.asked_for_token) == 1
    moving.offset = began + 41
    assert attempt(second, GET) is None


def test_a_busy_endpoint_that_does_not_say_for_how_long(host, pair, behaviours, attempt):
    """A 429 without Retry-After is waited for a second, then two: few calls, and the request succeeds."""
    host.tokens.extend([behaviours["answer"](429, {})] * 2)
    client, _other = pair()
    assert attempt(client, GET) is None
    assert len(host.asked_for_token) == 3


@pytest.mark.parametrize("said", ["0", "Sat, 01 Mar 2025 09:15:20 GMT"])
def test_a_pause_that_is_over_is_none(host, pair, behaviours, attempt, said):
    """A 429 with a Retry-After of 0, or a date before its own, is waited for a second, then two, and so on."""
    host.tokens.extend([behaviours["answer"](429, {}, Retry_After=said)] * 20)
    client, _other = pair()
    assert isinstance(attempt(client, GET), Throttled)
    assert len(host.asked_for_token) == 5


def test_a_refusal_ahead_of_the_end_hurts_nobody(host, pair, refusals, attempt, moving, told):
    """Where the old token is good for a while, calls go on; the log knows early."""
    client, _other = pair()
    attempt(client, GET)
    host.tokens.append(refusals.client)
    moving.offset += 3600 - 200
    assert attempt(client, GET) is None
    assert [(change.what, change.begins) for change in told] == [("token", True)]
    assert not client.conditions.standing()["token"].grave
    moving.offset += 20
    assert attempt(client, GET) is None
    assert [(change.what, change.begins) for change in told] == [("token", True), ("token", False)]


@pytest.fixture
def nodes(connection, moving, told):
    """Make clients on two nodes that share a state: `nodes(seconds)`, the clock of the second is so far ahead."""

    def make(ahead=0.0):
        state = MemoryState(moving)
        common = {**moving.arguments, "state": state, "ledger": state, "tell": told.append}
        behind = connection(**common, node="a")
        return behind, connection(**{**common, "wall": lambda: moving.wall() + ahead}, node="b")

    return make


def test_a_token_of_another_node_ends_the_refusal(host, nodes, refusals, attempt, moving, words):
    """Where another node gets the next token, the node that was refused is ready too, as soon as the API takes it."""
    one, other = nodes()
    host.tokens.append(refusals.client)
    attempt(one, GET)
    assert Outlook(one, moving).look().token == "refused"
    moving.offset += 6
    assert attempt(other, GET) is None
    assert attempt(one, GET) is None
    assert len(host.asked_for_token) == 2
    assert Outlook(one, moving).look().token == "valid"
    assert words() == ["+token", "-token"]


def test_a_refusal_holds_as_long_by_another_clock(host, nodes, refusals, attempt, moving):
    """A node whose clock is an hour behind waits for the five seconds that were said, and no longer."""
    one, ahead = nodes(ahead=3600.0)
    host.tokens.append(refusals.client)
    attempt(ahead, GET)
    assert attempt(one, GET).retry_after == pytest.approx(5, abs=0.5)
    moving.offset += 3
    assert attempt(one, GET).retry_after == pytest.approx(2, abs=0.5)
    moving.offset += 3
    assert attempt(one, GET) is None


def test_a_pause_of_the_endpoint_is_not_over_because_calls_go_on(host, pair, behaviours, attempt, moving, words):
    """While the old token is good calls are made; the pause has ended when there is a new token."""
    client, _other = pair()
    attempt(client, GET)
    host.tokens.append(behaviours["answer"](429, {}, Retry_After="40"))
    moving.offset += 3600 - 200
    for _ in range(3):
        assert attempt(client, GET) is None
    assert words() == ["+paused"]
    moving.offset += 51
    for _ in range(2):
        assert attempt(client, GET) is None
    assert words() == ["+paused", "-paused"]
