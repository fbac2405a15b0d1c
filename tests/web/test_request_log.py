"""One line in the log for each request, with what it cost at PingOne and nothing of what it was about."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from ipaddress import ip_network

import pytest
import structlog

from scimbridge.observe import logs

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def written():
    """Logging as in the program, into a text buffer; everything is put back afterwards."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    stream = io.StringIO()
    logs.configure("debug", [], stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.reset_defaults()


def told(stream):
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in lines if line["event"] == "request"]


def test_a_request_is_one_line(client, written):
    """A read is told with client, id, route, resource, status, time, calls, correlation ids and bytes."""
    user = client.users_in("Employees")[0]
    answer = client.send("GET", f"/Users/{user}", headers={"X-Request-Id": "r-1"})
    (line,) = told(written)
    assert line["level"] == "info"
    assert (line["method"], line["route"], line["resource"]) == ("GET", "/scim/v2/Users/<key>", user)
    assert (line["status"], line["scim_type"]) == (200, None)
    assert (line["request_id"], line["client"]) == ("r-1", "token")
    assert line["bytes"] == len(answer.data)
    assert 0 <= line["seconds"] < 10
    entries = client.sandbox.journal.entries
    assert line["pingone_calls"] == len(entries)
    assert line["correlations"] == [entry.correlation for entry in entries if entry.correlation]
    assert line["correlations"]


def test_a_request_says_who_sent_it_from_where_and_by_which_secret(client, written):
    """The peer's address and the id of the secret stand in the line; neither is there where it is not known."""
    client.send("GET", "/Users?count=1", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    client.send("GET", "/Users?count=1", headers={"Authorization": "Bearer wrong"})
    known, nobody = told(written)
    assert (known["address"], known["secret_id"]) == ("192.0.2.7", "token")
    assert nobody["secret_id"] is None
    assert list(known)[:5] == ["timestamp", "level", "event", "request_id", "client"]


def test_behind_a_trusted_proxy_the_address_is_the_clients(make_client, written):
    """A trusted proxy says who its client is; nobody else can."""
    client = make_client(settings={"trusted_proxies": (ip_network("10.0.0.0/8"),)})
    for peer in ("10.1.2.3", "192.0.2.9"):
        headers = {"X-Forwarded-For": "198.51.100.4"}
        client.send("GET", "/Users?count=1", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    assert [line["address"] for line in told(written)] == ["198.51.100.4", "192.0.2.9"]


def test_a_create_is_told_by_the_id_of_what_it_made(client, written):
    """The line of a create has the new id, that of a bulk request the ids of all that it made."""
    body = {"schemas": [USER], "userName": "new.one"}
    made = client.good("POST", "/Users", body)["id"]
    bulk = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [USER], "userName": "new.two"}},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"schemas": [USER]}},
            {"method": "DELETE", "path": f"/Users/{made}"},
        ],
    }
    first, _refused, _deleted = client.good("POST", "/Bulk", bulk)["Operations"]
    one, many = told(written)
    assert one["resource"] == made
    assert "made" not in one
    assert many["made"] == [first["location"].rpartition("/")[2]]


def test_a_wrong_path_is_told_by_its_first_words(client, written):
    """A path that leads nowhere shows where the client went, and no name or id that is in it."""
    for path in ("/Users", "/scim/Users/ada.lovelace", "/people/ada.lovelace@example.org", "/"):
        client.app.test_client().get(path)
    client.send("GET", "/Devices/4f7f6e52-6f3c-4d2c-8f5e-0d1f1c9f7a11")
    client.send("GET", "/Users?count=1")
    assert [line["path"] for line in told(written)] == [
        "/Users",
        "/scim/Users/...",
        "/people/*",
        "/",
        "/scim/v2/Devices/*",
        None,
    ]


def test_a_refusal_is_told_with_its_kind(client, written):
    """A 400 has its scimType, a 401 no client, a wrong path no path."""
    client.send("GET", "/Users?filter=nothing eq 1")
    client.send("GET", "/Users", headers={"Authorization": "Bearer wrong"})
    client.send("GET", "/ada.lovelace@example.org")
    client.send("GET", "/Users/ada.lovelace@example.org")
    client.send("TRACE", "/Users")
    wrong, nobody, nowhere, odd, other = told(written)
    assert (wrong["status"], wrong["scim_type"], wrong["pingone_calls"]) == (400, "invalidFilter", 0)
    assert nobody["status"] == 401
    assert "client" not in nobody
    assert (nowhere["status"], nowhere["route"]) == (404, None)
    assert (odd["status"], odd["resource"]) == (404, None)
    assert other["status"] == 405
    assert "ada.lovelace" not in written.getvalue()


def test_what_asks_every_few_seconds_is_told_at_debug_level(client, written):
    """Health is told at debug level only."""
    client.app.test_client().get("/health/live")
    (line,) = told(written)
    assert line["level"] == "debug"


def test_no_line_holds_what_was_sent(client, written):
    """Bodies, filters, names and passwords are in no line, at debug level neither."""
    body = {"userName": "ada.l", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "password": "Xk1!planet-moon"}
    client.send("POST", "/Users", body)
    client.send("GET", "/Users", query_string={"filter": 'userName eq "ada.l"'})
    for value in ("ada.l", "Lovelace", "planet-moon"):
        assert value not in written.getvalue()


def test_calls_of_pool_threads_belong_to_their_request(client, written):
    """Calls that are made side by side are counted, and their lines carry the request's id and client."""
    group, users = client.group("Empty Room"), client.users_in("Employees")[:30]
    operation = {"op": "add", "path": "members", "value": [{"value": user} for user in users]}
    answer = client.send("PATCH", f"/Groups/{group}", {"schemas": [PATCH], "Operations": [operation]})
    assert answer.status_code < 300
    (line,) = told(written)
    assert line["pingone_calls"] == len(client.sandbox.journal.entries) > 30
    assert len(line["correlations"]) == 20


def test_calls_that_failed_count_too(client, written):
    """A call that was throttled or lost is a call to PingOne."""
    client.send("GET", "/Users?count=1")
    client.sandbox.faults.plan("error", "GET", times=1, status=503)
    client.send("GET", "/Users?count=1")
    assert told(written)[-1]["pingone_calls"] == len(client.sandbox.journal.entries) == 2


def test_requests_in_turn_do_not_mix(client, written):
    """What was bound for one request is gone with the next in the same thread, also after a failure."""
    client.send("GET", "/Users?count=x", headers={"X-Request-Id": "first"})
    client.send("GET", "/Users?count=1", headers={"X-Request-Id": "second", "Authorization": ""})
    logs.named("x").info("outside")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert "client" not in lines[-2]
    assert "request_id" not in lines[-1]


def test_a_crash_is_told_with_the_request(client, written, monkeypatch):
    """The line of a failure carries the request's id and client, and the request is told as 500."""
    monkeypatch.setattr("scimbridge.web.resources.read_parameters", lambda request: {}["ada@example.org"])
    answer = client.send("GET", "/Users", headers={"X-Request-Id": "r-9"})
    assert answer.status_code == 500
    assert "ada" not in answer.text
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    failed = next(line for line in lines if line["event"] == "request failed")
    assert (failed["request_id"], failed["client"]) == ("r-9", "token")
    assert told(written)[0]["status"] == 500
    assert "ada@example.org" not in written.getvalue()


def test_a_failure_behind_the_bridge_is_a_warning_with_its_cause(client, written):
    """A 502 or 503 says what PingOne did: status, code, correlation id, host; and nothing personal."""
    client.sandbox.faults.plan("error", "GET", times=10, status=502)
    client.send("GET", "/Users?count=1")
    (line,) = told(written)
    assert (line["level"], line["status"]) == ("warning", 503)
    assert (line["cause"], line["upstream_status"]) == ("PingOne answered with status 502", 502)
    assert line["correlation"] == line["correlations"][-1]
    assert line["host"] == "127.0.0.1"


def test_a_call_without_an_answer_is_named_too(client, written):
    """A connection that breaks off has no status, and is told in words."""
    client.sandbox.faults.set(drop_before_share=1.0)
    client.send("GET", "/Users?count=1")
    (line,) = told(written)
    assert (line["level"], line["cause"]) == ("warning", "the connection to PingOne broke off")
    assert "upstream_status" not in line


def test_a_refused_application_is_named(client, written):
    """A worker that was revoked: the OAuth error code, on each line of a request that fails for it."""
    client.sandbox.tokens.credentials = replace(client.sandbox.tokens.credentials, client_secret="another")
    first, second = client.send("GET", "/Users"), client.send("GET", "/Users")
    assert (first.status_code, second.status_code) == (502, 502)
    assert 1 <= int(second.headers["Retry-After"]) <= 5
    for line in told(written):
        assert (line["level"], line["code"]) == ("warning", "invalid_client")
        assert line["cause"] == "PingOne's token endpoint answered with status 401"
    assert client.sandbox.client_secret not in written.getvalue()


def test_a_failure_of_the_bridge_itself_is_a_warning(client, written, monkeypatch):
    """What nobody foresaw is told by its kind: its message may quote what was sent."""
    monkeypatch.setattr("scimbridge.web.resources.read_parameters", lambda request: {}["ada@example.org"])
    client.send("GET", "/Users")
    (line,) = told(written)
    assert (line["level"], line["cause"]) == ("warning", "KeyError")
