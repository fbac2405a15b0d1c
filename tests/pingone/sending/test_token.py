"""Access tokens over real HTTP: fetched once, renewed ahead, renewed once for all on 401."""

from __future__ import annotations

import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from urllib.parse import parse_qs

import orjson
import pytest
from structlog.testing import capture_logs

from scimbridge.pingone.errors import BadCredentials, Misconfigured, NoPermission, NoToken, OutOfTime, Unreachable
from scimbridge.pingone.send import Call, Request
from scimbridge.state.memory import MemoryState

GET = Request("GET", "/users/x")


@pytest.fixture
def answer(behaviours):
    return behaviours["answer"]


@pytest.fixture
def denied(answer):
    return answer(401, {"error": "invalid_client", "error_description": "Request denied: top~secret"})


@pytest.fixture
def expired(answer):
    return answer(401, {"code": "ACCESS_FAILED", "details": [{"code": "INVALID_TOKEN"}]})


def _bearers(host):
    return [each.headers.get("Authorization", "").removeprefix("Bearer ") for each in host.api]


def test_fetched_once(host, connection):
    """Many calls, one token, asked for with Basic and nothing secret in the body."""
    send = connection()
    for _ in range(5):
        send(GET, Call())
    assert _bearers(host) == ["t1"] * 5
    (asked,) = host.asked_for_token
    assert asked.path == "/3f1c2c9e-0a55-4a2e-9c5e-6a1f6f2b9d01/as/token"
    assert asked.headers["Authorization"] == "Basic " + base64.b64encode(b"worker:top~secret").decode()
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"]}


def test_form_when_basic_is_refused(host, connection, denied, moving):
    """On invalid_client the secret goes in the form, and the next time at once."""
    host.tokens.extend([denied])
    send = connection(**moving.arguments)
    send(GET, Call())
    moving.offset += 4000
    send(GET, Call())
    first, second, third = host.asked_for_token
    assert "Authorization" in first.headers
    for asked in (second, third):
        assert "Authorization" not in asked.headers
        assert parse_qs(asked.body.decode())["client_secret"] == ["top~secret"]


def test_refused_both_ways(host, connection, denied):
    """When both ways are refused, the error says so without the secret, whatever the endpoint repeats."""
    host.tokens.extend([denied, denied])
    with pytest.raises(BadCredentials) as error:
        connection()(GET, Call())
    assert "invalid_client" in str(error.value)
    assert "***" in str(error.value)
    assert "top~secret" not in repr(error.value) + str(error.value)
    assert error.value.code == "invalid_client"
    assert host.api == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, {"error": "unauthorized_client"}), (403, {}), (404, b"<html>")],
)
def test_refused_otherwise(status, body, host, connection, answer):
    """An application without roles, or a wrong environment, is a matter of credentials too."""
    host.tokens.append(answer(status, body))
    with pytest.raises(BadCredentials) as error:
        connection()(GET, Call())
    assert error.value.status == status
    assert len(host.asked_for_token) == 1


def test_endpoint_down_for_a_moment(host, connection, answer, behaviours):
    """A token endpoint that fails is tried again, also for a POST: nothing of it was sent."""
    host.tokens.extend([answer(503, b"<html>"), behaviours["drop"], answer(200, b"oops"), answer(200, {})])
    send = connection()
    assert send(Request("POST", "/users", body={}), Call()).body == {"id": "x"}
    assert len(host.asked_for_token) == 5
    assert len(host.api) == 1


def test_endpoint_throttles(host, connection, answer, moving):
    """A 429 of the token endpoint is waited for."""
    host.tokens.append(answer(429, {}, Retry_After="3"))
    connection(**moving.arguments)(GET, Call(deadline=moving() + 60))
    assert moving.slept[0] == 3.0


def test_endpoint_stays_down(host, connection, answer):
    """A token endpoint that stays down is Unreachable, and nothing is said to be done."""
    host.tokens.extend([answer(503, b"")] * 20)
    with pytest.raises(Unreachable) as error:
        connection()(Request("POST", "/users", body={}), Call())
    assert not error.value.maybe_done


def test_renewed_after_401(host, connection, expired):
    """A token that PingOne refuses is renewed once and the call repeated, also a POST."""
    host.play(expired)
    send = connection()
    assert send(Request("POST", "/users", body={}), Call()).status == 200
    assert _bearers(host) == ["t1", "t2"]
    assert len(host.asked_for_token) == 2


def test_fresh_token_refused(host, connection, expired):
    """A fresh token that is refused as well is a matter of credentials."""
    host.play(expired, expired)
    with pytest.raises(BadCredentials) as error:
        connection()(GET, Call())
    assert error.value.status == 401
    assert len(host.asked_for_token) == 2


def test_missing_role_as_401(host, connection, answer):
    """A 401 that speaks of missing permissions is Forbidden once a fresh token did not help."""
    host.play(*[answer(401, {"details": [{"code": "INSUFFICIENT_PERMISSIONS"}]})] * 2)
    with pytest.raises(NoPermission):
        connection()(GET, Call())


def test_once_for_all_threads(host, connection, answer):
    """Twenty threads whose token is revoked under them make one new one."""

    def usual(handler):
        good = handler.headers["Authorization"] != "Bearer t1"
        (answer() if good else answer(401, {}))(handler)

    send = connection()
    send(GET, Call())
    host.usual = usual
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: send(GET, Call()), range(20)))
    assert {each.status for each in answers} == {200}
    assert len(host.asked_for_token) == 2


def test_failure_once_for_all_threads(host, connection, answer, behaviours):
    """Threads that wait for a token together share the failure instead of asking one after the other."""
    host.tokens.append(behaviours["slow"](0.3, answer(400, {"error": "unauthorized_client"})))
    host.tokens.extend([answer(400, {"error": "unauthorized_client"})] * 20)
    send = connection()
    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(send, GET, Call()) for _ in range(10)]
        failures = [each.exception() for each in waiting]
    assert {type(each) for each in failures} == {NoToken}
    assert len(failures) == 10
    assert len({id(each) for each in failures}) == 10
    assert len(host.asked_for_token) == 1


def test_renewed_ahead(host, connection, moving):
    """A token is renewed before it ends, and the calls never meet a 401."""
    send = connection(**moving.arguments)
    send(GET, Call())
    moving.offset += 3600 - 301
    send(GET, Call())
    moving.offset += 2
    send(GET, Call())
    assert _bearers(host) == ["t1", "t1", "t2"]


def test_renewal_ahead_fails(host, connection, answer, moving):
    """When renewal ahead of time fails, the old token serves on, and the next try comes a little later."""
    send = connection(**moving.arguments)
    send(GET, Call())
    host.tokens.append(answer(503, b""))
    moving.offset += 3600 - 200
    send(GET, Call())
    send(GET, Call())
    assert len(host.asked_for_token) == 2
    moving.offset += 11
    send(GET, Call())
    assert _bearers(host) == ["t1", "t1", "t1", "t3"]


def test_nobody_waits_for_a_renewal_ahead(host, connection, answer, behaviours, moving):
    """While one thread renews ahead of time, others go on with the old token."""
    send = connection(**moving.arguments)
    send(GET, Call())
    asked, go_on = threading.Event(), threading.Event()

    def held(handler):
        asked.set()
        go_on.wait(60)
        answer(200, {"access_token": "t2", "expires_in": 3600})(handler)

    host.tokens.append(held)
    moving.offset += 3600 - 200
    thread = threading.Thread(target=send, args=(GET, Call()))
    thread.start()
    assert asked.wait(60)
    send(GET, Call())
    go_on.set()
    thread.join(60)
    assert _bearers(host) == ["t1", "t1", "t2"]


UNUSABLE = ["t\u00f6ken", "\u65e5\u672c", "two words", "line\nbreak", "nul\x00", "t\x7f", "t" * 5001]


@pytest.mark.parametrize("token", UNUSABLE)
def test_a_token_that_no_header_carries(token, host, connection, answer):
    """A token that is no visible ASCII, or longer than PingOne's header block, is refused at once, logged, not kept."""
    host.tokens.append(answer(200, {"access_token": token, "expires_in": 3600}))
    send = connection()
    with capture_logs() as lines, pytest.raises(Misconfigured) as error:
        send(GET, Call())
    assert len(host.asked_for_token) == 1
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("error", "PingOne's access token cannot be used")
    ]
    assert token not in str(error.value) + str(lines)
    assert host.api == []
    send(GET, Call())
    assert _bearers(host) == ["t2"]


def test_tokens_that_no_header_carries_are_logged_once(host, connection, answer):
    """Each request asks again, and one line tells of it, until there was a good one."""
    bad = answer(200, {"access_token": "t" * 5001, "expires_in": 3600})
    host.tokens.extend([bad, bad, bad, answer(200, {"access_token": "t", "expires_in": 0}), bad])
    send = connection()
    with capture_logs() as lines:
        for good in (False, False, False, True, False):
            with nullcontext() if good else pytest.raises(Misconfigured):
                send(GET, Call())
    assert len(host.asked_for_token) == 5
    assert len(lines) == 2


def test_the_longest_token(host, connection, answer):
    """Every visible character of ASCII is taken, and as many as fit beside the other headers."""
    token = "".join(map(chr, range(33, 127))) + "t" * 4906
    host.tokens.append(answer(200, {"access_token": token, "expires_in": 3600}))
    connection()(GET, Call())
    assert _bearers(host) == [token]


@pytest.mark.parametrize("token", UNUSABLE)
def test_an_unusable_token_in_the_state(token, host, connection):
    """What an earlier version left for the other workers is not taken where no header carries it."""
    state = MemoryState(time.monotonic)
    first = connection(state=state)
    first(GET, Call())
    left = orjson.loads(state.get(first.token._key))
    state.set(first.token._key, orjson.dumps(left | {"value": token}), 60.0)
    connection(state=state)(GET, Call())
    assert len(host.asked_for_token) == 2


def test_shared_between_workers(host, connection):
    """A second worker with the same state uses the token of the first."""
    state = MemoryState(time.monotonic)
    connection(state=state)(GET, Call())
    connection(state=state)(GET, Call())
    assert _bearers(host) == ["t1", "t1"]
    assert len(host.asked_for_token) == 1


def test_renewed_by_another_worker(host, connection, expired):
    """After a 401 a worker takes what another has fetched meanwhile; if that is refused too, it fetches."""
    state = MemoryState(time.monotonic)
    first, second = connection(state=state), connection(state=state)
    first(GET, Call())
    second(GET, Call())
    host.play(expired)
    first(GET, Call())
    host.play(expired)
    second(GET, Call())
    assert len(host.asked_for_token) == 2
    host.play(expired)
    first(GET, Call())
    host.play(expired, expired)
    with pytest.raises(BadCredentials):
        first(GET, Call())
    host.play(expired)
    second(GET, Call())
    assert _bearers(host)[-1] == "t4"


def test_another_worker_is_renewing(host, connection, moving):
    """Renewal ahead of time is left to the worker that is at it."""
    state = moving.arguments["state"]
    send = connection(**{**moving.arguments, "state": state})
    send(GET, Call())
    (key,) = state._entries
    moving.offset += 3600 - 200
    with state.lock(f"{key}:lock", ttl=30, wait=0):
        send(GET, Call())
    assert len(host.asked_for_token) == 1


def test_time_ends_while_renewing(host, connection, answer):
    """A call whose deadline comes while another thread fetches the token gives up in time."""
    asked, go_on = threading.Event(), threading.Event()

    def held(handler):
        asked.set()
        go_on.wait(60)
        answer(200, {"access_token": "t", "expires_in": 60})(handler)

    host.tokens.append(held)
    send = connection()
    thread = threading.Thread(target=send, args=(GET, Call()))
    thread.start()
    assert asked.wait(60)
    with pytest.raises(OutOfTime):
        send(GET, Call(deadline=time.monotonic() + 0.05))
    go_on.set()
    thread.join(60)


def test_one_call_out_of_time_is_not_everybodys(host, connection, answer, behaviours):
    """That one call had no time to wait for the endpoint is no failure that others are told."""
    host.tokens.append(behaviours["slow"](60.0, answer(200, {"access_token": "t1", "expires_in": 3600})))
    send = connection()
    with pytest.raises(OutOfTime):
        send(GET, Call(deadline=time.monotonic() + 0.1))
    assert send(GET, Call()).status == 200


def test_workers_start_together(host, connection, answer):
    """Two workers that need a first token at once make one request."""
    asked, go_on = threading.Event(), threading.Event()

    def held(handler):
        asked.set()
        go_on.wait(60)
        answer(200, {"access_token": "t1", "expires_in": 3600})(handler)

    class Patient(MemoryState):
        def lock(self, key, ttl, wait):
            if asked.is_set():
                go_on.set()
            return super().lock(key, ttl, wait)

    host.tokens.append(held)
    state = Patient(time.monotonic)
    first, second = connection(state=state), connection(state=state)
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(first, GET, Call())
        assert asked.wait(60)
        second(GET, Call())
        ahead.result()
    assert _bearers(host) == ["t1", "t1"]
    assert len(host.asked_for_token) == 1


def test_token_that_ends_at_once(host, connection, answer):
    """A token without a life time serves the call it was fetched for."""
    host.tokens.append(answer(200, {"access_token": "t1", "expires_in": 0}))
    send = connection()
    send(GET, Call())
    send(GET, Call())
    assert _bearers(host) == ["t1", "t2"]


def test_token_without_an_end(host, connection, answer):
    """A life time that no state can hold is a day."""
    host.tokens.append(answer(200, {"access_token": "t1", "expires_in": 1e300}))
    assert connection().token_endpoint.fetch(float("inf")) == ("t1", 86_400.0)


def test_token_endpoint_is_observed(host, connection):
    """The token call is told like any other, without names or ids."""
    records = []
    connection(observe=records.append)(GET, Call())
    assert [(each.method, each.path, each.status) for each in records] == [
        ("POST", "/as/token", 200),
        ("GET", "/users/{id}", 200),
    ]


def test_secret_is_in_no_repr(connection, host):
    """Neither the secret nor the token is seen in what may be printed."""
    send = connection()
    send(GET, Call())
    request = Request("GET", "/x", headers=(("Authorization", "Bearer t1"),), body={"password": "p"})
    shown = repr(send) + repr(request) + repr(send.send.__dict__)
    assert "top~secret" not in shown
    assert "t1" not in repr(request)
