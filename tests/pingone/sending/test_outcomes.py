"""What is wrong with PingOne is told once, over all processes of a node, and so is its end."""

from __future__ import annotations

import ssl

import pytest

from scimbridge.pingone.send import Request

GET = Request("GET", "/users/x")


def test_a_refused_application_is_told_once(host, pair, refusals, attempt, moving, words, told):
    """Two processes, fifty requests: one line, with the OAuth code and the correlation id and without the secret."""
    host.tokens.extend([refusals.client] * 3)
    first, second = pair()
    for _ in range(25):
        attempt(first, GET)
        attempt(second, GET)
    assert words() == ["+token"]
    facts = told[0].facts
    assert (facts["code"], facts["correlation"], facts["upstream_status"]) == ("unauthorized_client", "corr-1", 400)
    assert (facts["by"], facts["host"]) == ("token endpoint", "127.0.0.1")
    assert "secret" not in repr(told)
    for seconds in (5, 10, 20):
        moving.offset += seconds
        attempt(second, GET)
        attempt(first, GET)
    assert words() == ["+token", "-token"]
    assert told[1].seconds == pytest.approx(35, abs=2)


def test_an_api_that_takes_no_token_is_told_once(host, pair, refusals, attempt, moving, words, told):
    """A 401 for everything is told as the API's; the first call that it takes ends it."""
    good, host.usual = host.usual, refusals.token
    first, second = pair()
    for client in (first, second, first, second):
        attempt(client, GET)
    assert words() == ["+token"]
    assert told[0].facts["by"] == "API"
    assert "ada" not in repr(told)
    host.usual = good
    moving.offset += 1
    attempt(second, GET)
    attempt(first, GET)
    assert words() == ["+token", "-token"]


def test_a_circuit_is_told_once_with_cause_and_host(host, pair, refusals, attempt, moving, words, told):
    """An outage in which both processes open is told once, by its cause, and once when the first call is answered."""
    first, second = pair()
    assert attempt(first, GET) is attempt(second, GET) is None
    good, host.usual = host.usual, refusals.gateway
    for _ in range(6):
        attempt(first, GET)
        attempt(second, GET)
    assert words()[-1] == "+circuit"
    assert words().count("+circuit") == 1
    change = next(change for change in told if change.what == "circuit")
    assert change.facts["cause"] == "PingOne answered with status 502"
    assert (change.facts["host"], change.facts["correlation"]) == ("127.0.0.1", "corr-1")
    host.usual = good
    moving.offset += 20
    attempt(second, GET)
    moving.offset += 2
    attempt(first, GET)
    assert words().count("-circuit") == 1
    assert not first.conditions.standing()


def test_an_outage_under_little_traffic_is_told(host, pair, behaviours, attempt, moving, words, told):
    """One request that gives up is told, without a circuit that opens; what a repetition gets over is not."""
    first, second = pair()
    host.play(behaviours["drop"])
    assert attempt(first, GET) is None
    assert words() == []
    moving.offset += 60
    host.play(*[behaviours["drop"]] * 6)
    attempt(second, GET)
    assert words() == ["+unreachable"]
    assert told[0].facts == {"cause": "the connection to PingOne broke off", "host": "127.0.0.1"}
    assert attempt(first, GET) is None
    moving.offset += 2
    attempt(second, GET)
    assert words() == ["+unreachable", "-unreachable"]


def test_one_path_that_fails_among_good_ones_is_no_outage(host, pair, refusals, attempt, words):
    """A call that gets 502 for ever says nothing about PingOne, where another was answered a moment ago."""
    client, _other = pair(sleep=lambda _seconds: None)
    for _ in range(3):
        attempt(client, GET)
        host.play(*[refusals.gateway] * 6)
        attempt(client, Request("GET", "/odd"))
    assert words() == []


@pytest.mark.parametrize(
    ("url", "more", "cause"),
    [
        ("http://no-such-host.invalid", {}, "no connection to PingOne could be made: its name is not found in DNS"),
        ("http://127.0.0.1:1", {}, "no connection to PingOne could be made: it is refused"),
        ("http://pingone.invalid", {"proxy": "http://127.0.0.1:1"},
         "the proxy of SCIMBRIDGE_HTTP_PROXY gives no connection to PingOne: it is refused"),
    ],
)  # fmt: skip
def test_the_cause_is_named(pair, attempt, words, told, url, more, cause):
    """DNS, a refused connection and a proxy are told apart."""
    client, _other = pair(api_url=url, auth_url=url, **more)
    attempt(client, GET)
    assert words() == ["+unreachable"]
    assert told[0].facts["cause"] == cause


def test_a_certificate_is_named(host, serve, pair, attempt, told):
    """A certificate that is not trusted is told as that, with what it lacks, at the first request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("tests/pingone/loopback.pem")
    with serve(host, context) as port:
        url = f"https://127.0.0.1:{port}"
        client, _other = pair(api_url=url, auth_url=url)
        attempt(client, GET)
    (change,) = told
    assert change.facts["cause"].startswith("the certificate that PingOne's address shows is not trusted: self")


def test_what_is_forbidden_is_told_by_path(host, pair, refusals, attempt, moving, words, told):
    """A 403 is told once for method and path without ids, until the same call works; another path is another line."""
    first, second = pair()
    for path in ("/groups/a", "/groups/b"):
        for client in (first, second):
            host.play(refusals.rights)
            attempt(client, Request("GET", path))
    assert words() == ["+forbidden GET /groups/{id}"]
    assert told[0].facts["upstream_status"] == 403
    attempt(first, GET)
    host.play(refusals.rights)
    attempt(first, Request("GET", "/populations"))
    assert words()[1:] == ["+forbidden GET /populations"]
    moving.offset += 2
    attempt(second, Request("GET", "/groups/c"))
    attempt(first, Request("GET", "/groups/c"))
    assert words()[2:] == ["-forbidden GET /groups/{id}"]


def test_throttling_is_told_with_the_rate(host, pair, behaviours, attempt, moving, words, told):
    """The first 429 is told with the rate that is kept to from now on; its end once the rate has been full for long."""
    first, second = pair(rate=50.0)
    host.play(*[behaviours["answer"](429, {"code": "REQUEST_LIMITED"}, Retry_After="1")] * 2)
    attempt(first, GET)
    host.play(behaviours["answer"](429, {}, Retry_After="1"))
    attempt(second, GET)
    assert words() == ["+throttled"]
    assert (told[0].facts["rate"], told[0].facts["configured"], told[0].facts["retry_after"]) == (35.0, 50.0, 1.0)
    moving.offset += 30
    attempt(first, GET)
    assert words() == ["+throttled"]
    moving.offset += 60
    attempt(first, GET)
    attempt(second, GET)
    assert words() == ["+throttled", "-throttled"]


def test_a_poisoned_request_is_no_outage(host, pair, behaviours, attempt, words):
    """A 500 that PingOne itself worded is about one request."""
    client, _other = pair(sleep=lambda _seconds: None)
    host.usual = behaviours["answer"](500, {"code": "UNEXPECTED_ERROR"})
    attempt(client, GET)
    assert words() == []
