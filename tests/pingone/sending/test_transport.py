"""Real HTTP against a host that misbehaves: each misdeed becomes the right error, each good answer a body."""

from __future__ import annotations

import gzip
import itertools
import json
import multiprocessing
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scimbridge.pingone.errors import (
    CircuitOpen,
    Misconfigured,
    NoPermission,
    NotThere,
    OutOfTime,
    Refused,
    Throttled,
    Unreachable,
)
from scimbridge.pingone.send import Call, Request
from scimbridge.pingone.sending.transport import HttpTransport, clean_trace
from scimbridge.pingone.wire import Wire

ENV = "3f1c2c9e-0a55-4a2e-9c5e-6a1f6f2b9d01"
LOOPBACK = str(Path(__file__).parents[1] / "loopback.pem")
BASE = f"/v1/environments/{ENV}"
SILENT = 60.0  # seconds in which no answer comes that somebody might wait for
GET = Request("GET", "/users/x")
POST = Request("POST", "/users", body={"username": "jdoe"})


@pytest.fixture
def answer(behaviours):
    return behaviours["answer"]


@pytest.fixture
def transport(host):
    """The innermost layer alone: no token, no repetition."""
    made = []

    def make(url=None, timeout=60.0, observe=None, clock=time.monotonic, **wire):
        made.append(Wire(clock=clock, timeout=timeout, **wire))
        return HttpTransport(
            made[-1],
            api_url=url or host.url,
            environment_id=ENV,
            clock=clock,
            wall=time.time,
            observe=observe,
        )

    yield make
    for each in made:
        each.close()


def test_request_and_answer(host, transport, answer):
    """Path, query, body, type and trace go out as asked; status, body, headers and date come back."""
    host.play(answer(201, {"id": "5c2d"}))
    heard = []
    request = Request("POST", "/users", (("filter", 'a eq "x y&z"'), ("limit", "5")), {"n": "ü"}, "application/x+json")
    response = transport()(request, Call(trace="a b\n" + "c" * 200, heard=heard.append))
    (seen,) = host.seen
    assert seen.path == BASE + "/users?filter=a%20eq%20%22x%20y%26z%22&limit=5"
    assert seen.headers["Content-Type"] == "application/x+json"
    assert seen.headers["X-Ping-External-Transaction-ID"] == "a_b_" + "c" * 96
    assert "json" in seen.headers["Accept"]
    assert json.loads(seen.body) == {"n": "ü"}
    assert (response.status, response.body) == (201, {"id": "5c2d"})
    assert response.headers["correlation-id"] == "corr-1"
    assert response.server_date == 1740820527
    assert not response.repeated
    assert heard == ["corr-1"]


def test_connection_is_kept(host, transport):
    """Calls of one thread go over one connection."""
    send = transport()
    for _ in range(5):
        send(GET, Call())
    assert host.connections == 1


def test_no_body(host, transport, answer):
    """204 has an empty body, and a write may be answered with nothing."""
    host.play(answer(204, b""), answer(200, b""))
    send = transport()
    assert send(Request("DELETE", "/users/x"), Call()).body == {}
    assert send(Request("PUT", "/users/x/enabled", body={"enabled": True}), Call()).body == {}
    assert host.seen[0].body == b""


def test_compressed(host, transport, answer):
    """A compressed answer is unpacked."""
    host.play(answer(200, gzip.compress(b'{"id":"g"}'), Content_Encoding="gzip"))
    assert transport()(GET, Call()).body == {"id": "g"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (403, NoPermission),
        (404, NotThere),
        (405, Refused),
        (415, Refused),
        (429, Throttled),
        (408, Unreachable),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
        (501, Misconfigured),
        (302, Misconfigured),
        (307, Misconfigured),
    ],
)
def test_statuses(status, kind, host, transport, answer):
    """Each status has its error; a write may be done after a 5xx or a redirect and only then."""
    body = {
        "id": "err-1",
        "code": "INVALID_DATA",
        "message": "One or more validation errors.",
        "details": [
            {
                "code": "UNIQUENESS_VIOLATION",
                "target": "username",
                "message": "is unique",
                "innerError": {"existingId": "e"},
            },
            "odd",
        ],
    }
    host.play(*[answer(status, body, Location="http://127.0.0.1:9/")] * 2)
    send = transport()
    with pytest.raises(kind) as error:
        send(GET, Call())
    assert type(error.value) is kind
    assert (error.value.status, error.value.code) == (status, "INVALID_DATA")
    assert error.value.message == "One or more validation errors."
    assert error.value.has("UNIQUENESS_VIOLATION")
    assert not error.value.has("INVALID_VALUE")
    (fault,) = error.value.faults
    assert (fault.target, fault.message, fault.inner) == ("username", "is unique", {"existingId": "e"})
    assert error.value.correlation == "corr-1"
    assert error.value.server_date == 1740820527
    assert not error.value.maybe_done
    with pytest.raises(kind) as error:
        send(POST, Call())
    assert error.value.maybe_done is issubclass(kind, Unreachable)
    assert len(host.seen) == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"details":7,"code":1,"message":{}}', b'{"details":[{}]}'])
def test_odd_error_bodies(body, host, transport, answer):
    """An error whose body is not PingOne's shape is told by its status."""
    host.play(answer(400, body))
    with pytest.raises(Refused, match="status 400"):
        transport()(GET, Call())


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry_After": "5"}, {}, 5.0),
        ({"Retry_After": " 0 "}, {}, 0.0),
        ({"Retry_After": "Sat, 01 Mar 2025 09:15:47 GMT"}, {}, 20.0),
        ({"Retry_After": "Sat, 01 Mar 2025 09:15:07 GMT"}, {}, 0.0),
        ({"Retry_After": "soon"}, {}, None),
        ({"Retry_After": "inf"}, {}, None),
        ({"Retry_After": "-3"}, {}, 0.0),
        ({}, {"details": [{"innerError": {"retryAfter": 7}}]}, 7.0),
        ({}, {"details": [{"innerError": {"retryAfter": [7]}}, {"innerError": {}}]}, None),
        ({}, {}, None),
    ],
)
def test_retry_after(headers, body, seconds, host, transport, answer):
    """Retry-After is seconds or a date by PingOne's clock; else what the error itself says."""
    host.play(answer(429, body, **headers))
    with pytest.raises(Throttled) as error:
        transport()(GET, Call())
    assert error.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"<html>login</html>", b"[]", b'"x"', b"", b'{"id":', b"\xff\xfe"], ids=repr)
def test_success_that_is_none(body, host, transport, answer):
    """A 200 whose body is no JSON object is Unreachable, not an empty resource."""
    host.play(answer(200, body))
    with pytest.raises(Unreachable) as error:
        transport()(GET, Call())
    assert error.value.status == 200
    assert not error.value.maybe_done


def test_dropped(host, transport, behaviours):
    """A connection that breaks without an answer: a read has done nothing, a write may have."""
    host.play(behaviours["drop"], behaviours["drop"])
    send = transport()
    with pytest.raises(Unreachable) as error:
        send(GET, Call())
    assert not error.value.maybe_done
    with pytest.raises(Unreachable) as error:
        send(POST, Call())
    assert error.value.maybe_done
    assert error.value.status == 0


@pytest.mark.parametrize("length", [20, 2])
def test_wrong_length(length, host, transport, answer):
    """A body shorter or longer than announced is Unreachable, and the next call is not disturbed."""
    host.play(answer(200, {"id": "xy"}, length=length, close=length > 10))
    send = transport()
    with pytest.raises(Unreachable):
        send(GET, Call())
    assert send(GET, Call()).body == {"id": "x"}


def test_broken_compression(host, transport, answer):
    """A body that cannot be unpacked is Unreachable."""
    host.play(answer(200, b"not gzip", Content_Encoding="gzip"))
    with pytest.raises(Unreachable):
        transport()(GET, Call())


def test_no_answer_in_time(host, transport, behaviours, answer):
    """Silence for longer than the time-out is Unreachable, and a write may be done."""
    host.play(behaviours["slow"](SILENT, answer()))
    with pytest.raises(Unreachable, match="in time") as error:
        transport(timeout=0.1)(POST, Call())
    assert error.value.maybe_done


def test_deadline_cuts_the_wait(host, transport, behaviours, answer):
    """A wait that the deadline cuts short is OutOfTime, and a write may be done."""
    host.play(behaviours["slow"](SILENT, answer()))
    # The clock passes the deadline while the answer is awaited, and not before the request is sent.
    times = itertools.chain([1000.0] * 2, itertools.repeat(2000.0))
    with pytest.raises(OutOfTime) as error:
        transport(clock=lambda: next(times))(POST, Call(deadline=1000.1))
    assert error.value.maybe_done


def test_deadline_that_has_passed(host, transport):
    """After the deadline nothing is sent."""
    with pytest.raises(OutOfTime) as error:
        transport()(POST, Call(deadline=time.monotonic() - 1))
    assert not error.value.maybe_done
    assert host.seen == []


@pytest.mark.parametrize(("timeout", "left", "kind"), [(0.2, 60, Unreachable), (2.0, 0.2, OutOfTime)])
def test_trickle(timeout, left, kind, host, transport, behaviours):
    """A body that comes byte by byte does not outlast the time there is, though no single wait is long."""
    host.play(behaviours["trickle"](0.05, 1000))
    with pytest.raises(kind):
        transport(timeout=timeout)(GET, Call(deadline=time.monotonic() + left))


def test_no_connection(transport):
    """A port where nobody listens: nothing was sent, not even of a write."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable) as error:
        transport(f"http://127.0.0.1:{port}")(POST, Call())
    assert not error.value.maybe_done
    assert type(error.value) is Unreachable


def test_unknown_host(transport):
    """A name that nobody knows: the same."""
    with pytest.raises(Unreachable) as error:
        transport("http://no-such-host.invalid")(POST, Call())
    assert not error.value.maybe_done


def test_proxy_is_down(host, transport):
    """A proxy that does not answer: nothing was sent; the environment's own proxies do not count."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable) as error:
        transport(proxy=f"http://127.0.0.1:{port}")(POST, Call())
    assert not error.value.maybe_done
    assert host.seen == []


def test_through_a_proxy(host, transport):
    """Through a proxy the whole address goes out."""
    transport("http://api.example.test", proxy=host.url)(GET, Call())
    assert host.seen[0].path == f"http://api.example.test{BASE}/users/x"


def test_environment_proxies_are_ignored(host, transport, monkeypatch):
    """A proxy named in the environment is not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert transport()(GET, Call()).status == 200


def test_plain_http_where_tls_is_meant(host, transport):
    """A host that does not speak TLS is Unreachable."""
    with pytest.raises(Unreachable):
        transport(host.url.replace("http://", "https://"))(GET, Call())


@pytest.fixture
def tls_host(host, serve):
    """The same host, behind TLS with a certificate that nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOOPBACK)
    with serve(host, context) as port:
        yield f"https://127.0.0.1:{port}"


def test_untrusted_certificate(tls_host, host, transport):
    """A certificate that is not trusted: nothing was sent, and no repetition will change it."""
    with pytest.raises(Misconfigured, match="certificate") as error:
        transport(tls_host)(POST, Call())
    assert not error.value.maybe_done
    assert host.seen == []


def test_own_certificate_authority(tls_host, transport):
    """A certificate of the operator's own authority is trusted when named."""
    assert transport(tls_host, authorities=LOOPBACK)(GET, Call()).status == 200


def test_own_certificate_authority_of_a_proxy(tls_host, transport):
    """A proxy over TLS is believed by the same authorities, and by nobody else."""
    proxy = "the proxy of SCIMBRIDGE_HTTP_PROXY"
    with pytest.raises(Unreachable, match=proxy):  # which is asked for a tunnel, and has none to give
        transport("https://127.0.0.1:1", proxy=tls_host, authorities=LOOPBACK)(GET, Call())
    with pytest.raises(Misconfigured, match="certificate"):
        transport("https://127.0.0.1:1", proxy=tls_host)(GET, Call())


def test_public_authorities_stay_trusted_beside_ones_own():
    """Who names an authority of its own loses none of the public ones, neither towards PingOne nor a proxy."""
    wire = Wire(clock=time.monotonic, authorities=LOOPBACK)
    held = wire._trust().get_ca_certs()
    assert len(held) > 20  # certifi has some hundred


def test_a_proxy_that_is_not_there_is_named(transport):
    """What fails is the way through the proxy, and nothing was sent."""
    with pytest.raises(Unreachable, match="the proxy of SCIMBRIDGE_HTTP_PROXY") as error:
        transport("https://127.0.0.1:2", proxy="http://127.0.0.1:1")(POST, Call())
    assert not error.value.maybe_done


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_verification_off(tls_host, transport):
    """Verification can be switched off."""
    assert transport(tls_host, verify=False)(GET, Call()).status == 200


def test_no_way_to_go(transport):
    """An address of another kind leads nowhere, and nothing was sent."""
    with pytest.raises(Unreachable):
        transport("ftp://127.0.0.1")(GET, Call())


def test_next_page(host, transport):
    """A link is followed as it was given, absolute or not; what may not stand in an address is encoded."""
    send = transport()
    for href in (f"{host.url}{BASE}/users?limit=2&cursor=Zm9v%3D", f"{BASE}/users?cursor=a b"):
        send(Request("GET", "/users", href=href), Call())
    assert [each.path for each in host.seen] == [
        f"{BASE}/users?limit=2&cursor=Zm9v%3D",
        f"{BASE}/users?cursor=a%20b",
    ]


def test_pages_beside_the_environments(host, transport):
    """A page of a list that stands beside the environments is followed at its own path and nowhere else."""
    send = transport()
    send(Request("GET", "/roles", root=True, href="/v1/roles?cursor=a"), Call())
    assert host.seen[-1].path == "/v1/roles?cursor=a"
    for href in ("/v1/roles/x", "/v1/rolesx", "/v1/environments/other/users", "/v1/roles/../environments"):
        with pytest.raises(Misconfigured, match="leads out"):
            send(Request("GET", "/roles", root=True, href=href), Call())
    for href in ("/v1/environments/other/users", "/v1/environments/other"):
        with pytest.raises(Misconfigured, match="leads out"):
            send(Request("GET", "/environments", root=True, href=href), Call())


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/v1/environments/{env}/users?cursor=x",
        "{url}.evil.example/v1/environments/{env}/users",
        "http://user@127.0.0.1/v1/environments/{env}/users",
        "//evil.example/v1/environments/{env}/users",
        "{url}/v1/environments/other/users",
        "{url}/v1/environments/{env}/../other/users",
        "{url}/v1/environments/{env}",
        "http://127.0.0.1:99999/v1/environments/{env}/users",
        "http://[::1/v1/environments/{env}/users",
        "users?cursor=x",
    ],
)
def test_link_that_leads_away(href, host, transport):
    """A link to another host or another environment is not followed, so that no token goes astray."""
    with pytest.raises(Misconfigured):
        transport()(Request("GET", "/users", href=href.format(url=host.url, env=ENV)), Call())
    assert host.seen == []


def test_observed(host, transport, answer):
    """Every exchange is told, also those that fail, without ids, values or queries."""
    records = []
    host.play(answer(), answer(404, {}), answer())
    send = transport(observe=records.append)
    send(Request("PUT", "/users/5c2d/password", attempt=2), Call())
    with pytest.raises(NotThere):
        send(Request("DELETE", "/users/5c2d/memberOfGroups/0a9b"), Call())
    send(Request("GET", "/users", href=f"{BASE}/users?cursor=x"), Call())
    with pytest.raises(OutOfTime):
        send(Request("GET", ""), Call(deadline=0.0))
    assert [(each.method, each.path, each.status, each.attempt, each.correlation) for each in records] == [
        ("PUT", "/users/{id}/password", 200, 2, "corr-1"),
        ("DELETE", "/users/{id}/memberOfGroups/{id}", 404, 1, "corr-1"),
        ("GET", "/users", 200, 1, "corr-1"),
        ("GET", "/", 0, 1, None),
    ]
    assert all(each.seconds >= 0 for each in records)


def test_trace():
    """A trace keeps what PingOne takes and turns the rest into underscores."""
    assert clean_trace("Az09._-/@=#+ü\r\n:") == "Az09._-/@=#+____"


def test_many_threads(host, transport):
    """Threads share one pool and do not mix up answers."""
    host.usual = _echo
    send = transport(pool=4)
    requests = [Request("GET", f"/users/{each}") for each in range(120)]
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda request: send(request, Call()), requests))
    assert [each.body["id"] for each in answers] == [BASE + each.path for each in requests]


def _echo(handler):
    content = json.dumps({"id": handler.path}).encode()
    handler.send_response_only(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _in_child(send, queue):
    queue.put(send(GET, Call()).body)


def test_forked_worker_opens_its_own_connections(host, transport):
    """A worker that was forked from one that has called before does not use its sockets."""
    send = transport()
    send(GET, Call())
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(send, queue))
    child.start()
    assert queue.get(timeout=60) == {"id": "x"}
    child.join(60)
    assert host.connections == 2
    assert send(GET, Call()).body == {"id": "x"}
    assert host.connections == 2


def test_whole_way_back_from_an_outage(host, connection, answer, moving):
    """Through all layers: down opens the circuit, calls fail at once, one probe brings it back."""
    send = connection(**moving.arguments)
    send(GET, Call())
    host.usual = answer(503, b"")
    for _ in range(2):
        with pytest.raises((Unreachable, CircuitOpen)):
            send(GET, Call())
    before = len(host.seen)
    with pytest.raises(CircuitOpen):
        send(GET, Call())
    assert len(host.seen) == before
    assert send.circuit.is_open
    host.usual = answer()
    moving.offset += 1.5
    assert send(GET, Call()).body == {"id": "x"}
    assert not send.circuit.is_open
    assert send.rate.rate == 10_000.0


def test_whole_way_of_a_lost_create(host, connection, behaviours):
    """Through all layers: a create whose answer was lost reaches PingOne once."""
    host.play(behaviours["drop"])
    with pytest.raises(Unreachable) as error:
        connection()(POST, Call())
    assert error.value.maybe_done
    assert len(host.api) == 1


def test_whole_way_of_a_lost_delete(host, connection, answer, behaviours):
    """Through all layers: a delete whose answer was lost ends well."""
    host.play(behaviours["drop"], answer(404, {}))
    response = connection()(Request("DELETE", "/users/x"), Call())
    assert (response.status, response.repeated) == (204, True)


def test_whole_way_of_a_throttled_call(host, connection, answer, moving):
    """Through all layers: a 429 is waited for, and slows the rate down."""
    host.play(answer(429, {}, Retry_After="1"))
    send = connection(**moving.arguments)
    assert send(POST, Call()).status == 200
    assert moving.slept == [1.0]
    assert send.rate.rate < 10_000
