"""A request's trace: on its lines in the log, in what PingOne is sent, and in spans where they are wanted."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from scimbridge.app import create_app
from scimbridge.observe.otel import OpenTelemetrySpans
from scimbridge.pingone.wire import Wire

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def sent(monkeypatch):
    """The headers of everything that PingOne is sent, tokens left out."""
    seen = []
    exchange = Wire.exchange

    def listen(wire, method, url, headers, body, deadline):
        if not url.endswith("/as/token"):
            seen.append(dict(headers))
        return exchange(wire, method, url, headers, body, deadline)

    monkeypatch.setattr(Wire, "exchange", listen)
    return seen


def test_the_trace_goes_to_pingone_and_into_the_log(client, sent, monkeypatch):
    """Traceparent and tracestate go along with every call, and the request's line has the trace id."""
    bound = []
    monkeypatch.setattr("scimbridge.web.tracing.logs.bound", _listening(bound))
    client.good("GET", "/Users?count=1", headers={"traceparent": PARENT, "tracestate": "a=1"})
    assert sent
    assert {(each["traceparent"], each["tracestate"]) for each in sent} == {(PARENT, "a=1")}
    assert {"trace_id": TRACE} in bound


def _listening(bound):
    return lambda **fields: bound.append(fields) or nullcontext()


def test_calls_of_pool_threads_carry_it_too(client, sent):
    """Calls that are made side by side belong to the same trace."""
    users = client.users_in("Employees")[:5]
    operation = {"op": "add", "path": "members", "value": [{"value": user} for user in users]}
    body = {"schemas": [PATCH], "Operations": [operation]}
    answer = client.send("PATCH", f"/Groups/{client.group('Empty Room')}", body, headers={"traceparent": PARENT})
    assert answer.status_code < 300
    assert len(sent) > 5
    assert {each["traceparent"] for each in sent} == {PARENT}


@pytest.mark.parametrize("parent", ["", "00-0-0-0", f"{PARENT}-x", f"00-{'0' * 32}-{SPAN}-01"])
def test_a_malformed_one_is_ignored(client, sent, parent):
    """Nothing of a malformed traceparent is passed on, and the request is carried out."""
    client.good("GET", "/Users?count=1", headers={"traceparent": parent, "tracestate": "a=1"})
    assert sent
    assert not any({"traceparent", "tracestate"} & each.keys() for each in sent)


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def traced(client, settings, clock, spans):
    """The client of a bridge that makes spans."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    client.app = create_app(
        settings, clock=clock, wall=clock.wall, sleep=clock.sleep, spans=OpenTelemetrySpans(lambda: provider)
    )
    return client


def test_a_request_is_a_span_and_each_call_one_below_it(traced, spans, sent):
    """The request's span belongs to the trace that it came with, and PingOne is told the span of each call."""
    user = traced.users_in("Employees")[0]
    traced.good("GET", f"/Users/{user}", headers={"traceparent": PARENT, "tracestate": "a=1"})
    token, call, request = spans.get_finished_spans()
    assert (request.name, request.kind) == ("GET /scim/v2/Users/<key>", SpanKind.SERVER)
    assert (token.name, call.name) == ("POST /as/token", "GET /users/{id}")
    assert call.kind == SpanKind.CLIENT
    assert request.parent.span_id == int(SPAN, 16)
    assert {each.context.trace_id for each in (token, call, request)} == {int(TRACE, 16)}
    assert call.parent.span_id == request.context.span_id
    assert dict(request.attributes) == {
        "http.request.method": "GET",
        "http.route": "/scim/v2/Users/<key>",
        "http.response.status_code": 200,
        "url.scheme": "http",
    }
    assert call.attributes["http.response.status_code"] == 200
    assert call.attributes["pingone.correlation_id"]
    assert [(each["traceparent"], each["tracestate"]) for each in sent] == [
        (f"00-{TRACE}-{call.context.span_id:016x}-01", "a=1")
    ]


def test_calls_of_pool_threads_are_below_their_request(traced, spans):
    """Calls that are made side by side are spans of the request that they are made for."""
    users = traced.users_in("Employees")[:5]
    operation = {"op": "add", "path": "members", "value": [{"value": user} for user in users]}
    traced.send("PATCH", f"/Groups/{traced.group('Empty Room')}", {"schemas": [PATCH], "Operations": [operation]})
    *calls, request = spans.get_finished_spans()
    assert request.kind == SpanKind.SERVER
    assert len(calls) > 5
    assert {each.parent.span_id for each in calls} == {request.context.span_id}


def test_no_span_says_who_or_what(traced, spans):
    """No name, id, filter or value is in a span: not where a request fails, and not in a path that leads nowhere."""
    user = traced.users_in("Employees")[0]
    traced.send("GET", "/Users", query_string={"filter": 'userName eq "ada.lovelace"'})
    traced.send("GET", f"/Users/{user}?x=ada.lovelace")
    traced.send("GET", "/ada.lovelace")
    traced.send("POST", "/Users", {"userName": "ada.lovelace", "schemas": []})
    traced.sandbox.faults.plan("error", "GET", times=9, status=400)
    traced.send("GET", f"/Users/{user}")
    told = " ".join(each.to_json() for each in spans.get_finished_spans())
    assert "lovelace" not in told  # which no hexadecimal id can hold
    assert user not in told


def test_what_failed_is_an_error(traced, spans):
    """A call without an answer and a request that is answered with 5xx are errors; a refusal of ours is none."""
    traced.send("GET", "/Users?count=x")
    assert spans.get_finished_spans()[-1].status.status_code == StatusCode.UNSET
    traced.sandbox.faults.set(drop_before_share=1.0)
    traced.send("GET", "/Users?count=1")
    finished = spans.get_finished_spans()
    assert finished[-1].status.status_code == StatusCode.ERROR
    assert {each.attributes.get("error.type") for each in finished if each.name == "GET /users"} == {"no answer"}


def test_what_is_asked_every_few_seconds_is_no_span(traced, spans):
    """Probes and Prometheus leave no spans; the calls by which a probe looks how PingOne stands do."""
    for path in ("/health/live", "/health/ready", "/metrics"):
        traced.app.test_client().get(path)
    assert {each.name for each in spans.get_finished_spans()} <= {"POST /as/token", "GET /users"}


def test_a_span_ends_with_its_request(traced, spans):
    """The next request of the same thread belongs to no trace but its own."""
    traced.send("GET", "/Users?count=1", headers={"traceparent": PARENT})
    traced.send("GET", "/Users?count=1")
    last = spans.get_finished_spans()[-1]
    assert last.parent is None
    assert last.context.trace_id != int(TRACE, 16)


WITHOUT = """
import sys
sys.modules["opentelemetry"] = None  # as where the extra is not installed
import scimbridge.app
from scimbridge.observe.spans import open_spans
assert open_spans({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "1") is None
assert "scimbridge.observe.otel" not in sys.modules
"""


def test_without_the_extra_the_bridge_is_the_same():
    """Where OpenTelemetry is not installed, the bridge is made as ever, also where spans are asked for."""
    ran = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
