"""What hostile clients try, against the application and against real gunicorn. SECURITY.md names what is tried here."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as laws
from hypothesis import strategies as st

from scimbridge.scim.usernames import comparable

SCIM = "application/scim+json"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TOKEN = b"Authorization: Bearer the-token-of-the-tests"
HOST = b"Host: bridge.example.com"
CLOSE = b"Connection: close"
UNKNOWN = "5c2d7f1e-9d4b-4a6e-8f0c-11d2a3b4c5d6"
HARD = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def asked(sandbox):
    """Return the paths that PingOne was asked for: no tokens, and no looks at it that a start makes by itself."""
    return [
        entry.path
        for entry in sandbox.journal.entries
        if not entry.path.endswith("/as/token") and entry.query != "limit=1" and "/schemas" not in entry.path
    ]


# --- the wire -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "framing",
    [
        [b"Content-Length: 0", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked, identity"],
        [b"Transfer-Encoding: identity, chunked, chunked"],
        [b"Transfer-Encoding: xchunked"],
        [b"Transfer-Encoding : chunked"],
        [b"Transfer-Encoding:\x0bchunked"],
        [b"Transfer_Encoding: chunked", b"Content-Length: 0", b"Content-Length: 40"],
        [b"Content-Length: +0"],
        [b"Content-Length: 0x0"],
        [b"Content-Length: 0, 40"],
        [b"Content-Length: 0_0"],
        [b"X: a\nContent-Length: 0", b"Transfer-Encoding: chunked", b"Content-Length: 0"],
        [b"X: a\0b"],
        [b"X: a\rTransfer-Encoding: chunked"],
    ],
    ids=lambda lines: b" / ".join(lines).decode("latin-1").encode("unicode_escape").decode(),
)
def test_no_second_request_hides_in_the_first(bridge, framing):
    """Framing that two readers could read in two ways is refused, and nothing behind it is read."""
    user = next(each["id"] for each in bridge.sandbox.directory.users)
    bridge.sandbox.journal.clear()
    hidden = b"0\r\n\r\nDELETE /scim/v2/Users/%s HTTP/1.1\r\n%s\r\n%s\r\n\r\n" % (user.encode(), HOST, TOKEN)
    answer = bridge.send(b"POST /scim/v2/Users/.search HTTP/1.1", HOST, TOKEN, *framing, body=hidden)
    assert re.match(rb"HTTP/1.1 (400|501) ", answer), answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer
    assert asked(bridge.sandbox) == []


def test_a_body_that_is_refused_unread_is_no_request(bridge):
    """What stands in a body that nobody reads (wrong token, too large) is not taken for the next request."""
    user = next(each["id"] for each in bridge.sandbox.directory.users).encode()
    hidden = b"DELETE /scim/v2/Users/%s HTTP/1.1\r\n%s\r\n%s\r\n\r\n" % (user, HOST, TOKEN)
    length = b"Content-Length: %d" % len(hidden)
    bridge.sandbox.journal.clear()
    for lines in ([HOST, b"Authorization: Bearer wrong", length], [HOST, TOKEN, b"Content-Type: text/plain", length]):
        answer = bridge.send(b"POST /scim/v2/Users HTTP/1.1", *lines, body=hidden)
        assert re.match(rb"HTTP/1.1 4\d\d ", answer), answer
        assert answer.count(b"HTTP/1.1 ") == 1
    assert asked(bridge.sandbox) == []


@pytest.mark.parametrize(
    "tail",
    [
        b"/../../Groups", b"/%2e%2e/%2e%2e/populations", b"/..%2f..%2fpopulations", b"/..%5c..%5c", b"%2fpassword",
        b"%2Fpassword", b";x=1", b"%3bx=1", b"%3Finclude=memberOfGroups", b"%23", b"%00", b"%0d%0aX-A:%20b",
        b"%252e%252e", b"%252fpassword", b"%25", b"%", b"%zz", b"\\..\\x", b"/./", b"/../", b".", b"%20", b"+",
        b"%e2%80%ae", b"%ef%bc%8f..", b"%c0%ae%c0%ae%c0%af", b"%ff", b"\t", b"/password", b"/%70assword",
        b"?/../..&a=%2e%2e" + b"x" * 7000 + b" ",
    ],
    ids=lambda tail: tail[:30].decode("latin-1"),
)  # fmt: skip
def test_no_path_of_a_client_reaches_a_path_of_pingone(bridge, tail):
    """An id with anything behind it is 404 or 400, on the raw wire too, and PingOne is not asked at all."""
    for path in (b"/scim/v2/Users/", b"/scim/v2/Groups/", b"/scim/v2/Populations/"):
        for method in (b"GET", b"DELETE"):
            bridge.sandbox.journal.clear()
            answer = bridge.send(method + b" " + path + UNKNOWN.encode() + tail + b" HTTP/1.1", HOST, TOKEN, CLOSE)
            assert re.match(rb"HTTP/1.1 4\d\d ", answer), (method, path, answer[:200])
            assert asked(bridge.sandbox) == []
            assert b"Traceback" not in answer


@pytest.mark.parametrize(
    "line",
    [b"CONNECT pingone.example:443 HTTP/1.1", b"CONNECT / HTTP/1.1", b"TRACE /scim/v2/Users HTTP/1.1",
     b"GET http://127.0.0.1:1/scim/v2/Nothing HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PRI * HTTP/2.0"],
)  # fmt: skip
def test_the_bridge_is_no_proxy(bridge, line):
    """CONNECT, TRACE and a target elsewhere lead nowhere, and no answer repeats what was sent."""
    answer = bridge.send(line, HOST, TOKEN, b"X-Secret-Header: do-not-echo", CLOSE)
    assert re.match(rb"HTTP/1.1 (400|404|405|505) ", answer), answer
    assert b"do-not-echo" not in answer
    assert b"the-token" not in answer


def test_headers_of_answers_that_the_application_never_saw(bridge):
    """Refusals of gunicorn's have the same headers; no answer names a version of anything."""
    for line in (b"nonsense", b"GET /scim/v2/Users HTTP/1.1", b"GET /health/live HTTP/1.1", b"GET / HTTP/1.1"):
        answer = bridge.send(line, HOST, CLOSE).decode("latin-1")
        for name, value in HARD.items():
            assert f"{name}: {value}\r\n" in answer, line
        assert not re.search(r"(?i)gunicorn/|python|werkzeug|flask", answer)


# --- headers and hosts ----------------------------------------------------------------------------------------------


def test_headers_of_every_answer(client):
    """Success, refusal, crash, wrong paths and health: all have them, and HSTS goes over https only."""
    http = client.app.test_client()
    answers = [
        client.send("GET", "/Users?count=1"), client.send("GET", f"/Users/{UNKNOWN}"), client.send("TRACE", "/Users"),
        client.send("GET", "/Users", headers={"Authorization": ""}), http.get("/health/live"), http.get("/"),
        http.get("/favicon.ico"), client.send("POST", "/Users", data=b"{"), client.send("OPTIONS", "/Users"),
    ]  # fmt: skip
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HARD} == HARD
        assert "Strict-Transport-Security" not in answer.headers
        assert "Content-Encoding" not in answer.headers
    over_tls = http.get("/health/live", base_url="https://bridge.example.com")
    assert over_tls.headers["Strict-Transport-Security"].startswith("max-age=")


def test_nothing_is_compressed(client):
    """Whatever a client accepts, lengths of answers tell nothing of what was guessed (BREACH)."""
    answer = client.send("GET", "/Users?count=50", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert "Content-Encoding" not in answer.headers
    assert answer.json["Resources"]


@pytest.mark.parametrize(
    "host",
    ["", " ", "a b", "evil.example/x", "evil.example?x", "evil.example#x", "user@evil.example", "a\\b", "a,b", "[::1",
     "::1", "a:b", "a:", "a:123456", "a:99999", "<script>", '"', "ü.example", "a\x7f", "x" * 254],
)  # fmt: skip
def test_a_host_that_is_none(client, host):
    """A malformed Host header is 400 and stands in no location."""
    answer = client.send("GET", "/Users?count=1", headers={"Host": host.encode().decode("latin-1")})
    assert answer.status_code == 400
    assert "Host" in answer.json["detail"]
    assert client.calls == []


@pytest.mark.parametrize("host", ["bridge.example.com", "bridge:8080", "10.0.0.1:80", "[::1]:8080", "scim_bridge:8080"])
def test_a_host_that_is_one(client, host):
    """Locations follow a well-formed Host header where nothing else is said."""
    body = client.list("/Users", count=1) if host is None else client.good("GET", "/Users", headers={"Host": host})
    assert body["Resources"][0]["meta"]["location"].startswith(f"http://{host.removesuffix(':80')}/scim/v2/Users/")


def test_a_missing_host(bridge):
    """HTTP/1.1 without a Host is 400; HTTP/1.0, as simple probes speak it, is served."""
    assert bridge.send(b"GET /health/live HTTP/1.1", CLOSE).startswith(b"HTTP/1.1 400 ")
    assert b" 200 OK" in bridge.send(b"GET /health/live HTTP/1.0", CLOSE).split(b"\r\n")[0]


@pytest.mark.parametrize("url", ["https://bridge.example.com", "https://example.com:8443/identity"])
def test_a_public_url_decides_all_locations(make_client, url):
    """With SCIMBRIDGE_PUBLIC_URL no header has a say in locations; a malformed Host is 400 all the same."""
    client = make_client(settings={"public_url": url})
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    answer = client.send("POST", "/Users", {"userName": "located"}, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["Location"] == answer.json["meta"]["location"]
    assert answer.headers["Location"].startswith(f"{url}/scim/v2/Users/")
    assert answer.headers["Strict-Transport-Security"]
    config = client.good("GET", "/ServiceProviderConfig", headers=headers)
    assert config["meta"]["location"] == f"{url}/scim/v2/ServiceProviderConfig"
    assert client.send("GET", "/Users?count=1", headers={"Host": "a b"}).status_code == 400


def test_nobody_but_a_trusted_proxy_is_believed(client):
    """X-Forwarded-* and their relatives from anybody else change nothing."""
    headers = {
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.example;proto=https", "X-Original-URL": "/scim/v2/Groups", "X-Script-Name": "/evil",
        "X-Rewrite-URL": "/scim/v2/Groups", "X-Forwarded-For": "127.0.0.1", "X-Host": "evil.example",
    }  # fmt: skip
    answer = client.send("GET", "/Users?count=1", headers=headers)
    assert answer.json["Resources"][0]["meta"]["location"].startswith("http://localhost/scim/v2/Users/")
    assert "evil" not in answer.text
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_what_the_request_line_says(client, header):
    """No header and no parameter turns one method into another."""
    user = client.users_in("Employees")[0]
    for path in (f"/Users/{user}", f"/Users/{user}?_method=DELETE&method=DELETE"):
        assert client.send("GET", path, headers={header: "DELETE"}).status_code == 200
        assert client.writes == []
    assert client.send("POST", f"/Users/{user}?_method=DELETE", {}, headers={header: "DELETE"}).status_code == 405
    assert client.calls == []


def test_very_many_parameters(client):
    """Thousands of query parameters are read in no time."""
    began = time.process_time()
    query = "&".join(f"a{number}=%41" for number in range(5000))
    assert client.send("GET", f"/Users?count=1&{query}").json["itemsPerPage"] == 1
    assert time.process_time() - began < 2


# --- bodies ---------------------------------------------------------------------------------------------------------

MIB = 1024 * 1024
HOSTILE = [
    b"[" * (8 * MIB),
    b'{"a":' * MIB,
    b'{"userName": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"userName": ' + b"9" * 100_000 + b"}",
    b'{"userName": 0.' + b"9" * 4_000_000 + b"e400}",
    b'{"userName": 1e400}',
    b'{"userName": -1e400}',
    b'{"userName": -Infinity}',
    b'{"userName": "' + b'\\"' * (3 * MIB) + b'{"',
    b'{"userName": "' + b"\\u0041" * MIB + b'\\ud800"}',
    b'{"a": [' + b'"x",' * MIB + b'"\\udfff"]}',
    b'{"schemas": [' + b"1," * (2 * MIB) + b'1], "userName": 1e999}',
    b"{" + b",".join(b'"a%d":1' % number for number in range(500_000)) + b',"a0":2}',
    b'{"userName": "x", "USERNAME": "y"}',
    b"\xff\xfe{\x00}\x00",
    b'{"userName": "x"}{"userName": "y"}',
    b'{"userName": "x",}',
    b"{'userName': 'x'}",
    b'{"userName": "x"} // comment',
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: f"{body[:24]!r} {len(body)}")
def test_bodies_made_to_hurt(client, body):
    """The largest and most twisted bodies that a request may have are 400 within seconds, and PingOne is not asked."""
    began = time.process_time()  # what it costs, whatever else the machine does
    answer = client.send("POST", "/Users", data=body, content_type=SCIM)
    assert answer.status_code == 400
    assert answer.json["scimType"] in ("invalidSyntax", "invalidValue")
    assert time.process_time() - began < 5
    assert len(answer.text) < 2000
    assert client.calls == []


def test_a_body_as_large_as_can_be_chunked(bridge):
    """A chunked body past 8 MiB is 413 as soon as it is past, and one with a Content-Length before it is read."""
    chunk = b"%x\r\n" % MIB + b" " * MIB + b"\r\n"
    answer = bridge.send(b"POST /scim/v2/Users HTTP/1.1", HOST, TOKEN, b"Transfer-Encoding: chunked", body=chunk * 8 +
                         b"10\r\n" + b" " * 16 + b"\r\n0\r\n\r\n")  # fmt: skip
    assert answer.startswith(b"HTTP/1.1 413 ")
    huge = bridge.send(b"POST /scim/v2/Users HTTP/1.1", HOST, TOKEN, b"Content-Length: 99999999999", CLOSE)
    assert huge.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "compress", "gzip, identity", "GZIP", "x-gzip"])
def test_no_body_is_unpacked(client, coding):
    """A body with a Content-Encoding is 415: nothing small becomes large here."""
    headers = {"Content-Encoding": coding}
    assert client.fault("POST", "/Users", data=b"\x1f\x8b", content_type=SCIM, headers=headers)[0] == 415


# --- what becomes of values -----------------------------------------------------------------------------------------

VALUES = st.text(
    st.one_of(st.sampled_from(list("\"\\'()[]{} =*%&#;,/\n\t\0u002")), st.characters(exclude_categories=["Cs"])),
    max_size=40,
)  # fmt: skip
CRAFTED = [
    '") or (username sw "', '" or username sw "', '\\" or username sw \\"', "\\", '\\\\" or username pr or a eq "',
    "\\u0022 or username sw \\u0022", "a\u2028b", "%22%20or%20username%20sw%20%22", '"', "a' or 'a' eq 'a", "*",
    "\uff02 or username sw \uff02", "memberOfGroups[id eq 1]", '&filter=username sw ""', "#", "a&limit=1000",
    "\r\nX-A: b", "\x00", "../../populations", f"{UNKNOWN}/../../populations",
]  # fmt: skip
LONGER = [
    "groups.value eq {}", "userName eq {} and active eq true", "not (userName eq {})", "id eq {}", "externalId eq {}",
    'emails[type eq "work" and value eq {}]',
]  # fmt: skip


@pytest.fixture(scope="module")
def still(request):
    """One bridge for all examples of a law."""
    from scimbridge.app import create_app  # noqa: PLC0415
    from scimbridge.sandbox import Sandbox  # noqa: PLC0415
    from scimbridge.settings.declared import Secret, Settings  # noqa: PLC0415

    sandbox = Sandbox.start(seed=20)
    request.addfinalizer(sandbox.close)  # noqa: PT021 - no yield is needed
    chosen = Settings(
        pingone_environment_id=sandbox.environment_id, pingone_client_id=sandbox.client_id,
        pingone_client_secret=Secret(sandbox.client_secret), pingone_api_url=sandbox.url, pingone_auth_url=sandbox.url,
        bearer_token=Secret("the-token-of-the-tests"), pingone_rate=10_000.0,
    )  # fmt: skip
    return create_app(chosen), sandbox


def query(still, text):
    app, sandbox = still
    sandbox.journal.clear()
    answer = app.test_client().get(
        "/scim/v2/Users", query_string={"filter": text, "count": 2},
        headers={"Authorization": "Bearer the-token-of-the-tests"},
    )  # fmt: skip
    sent = [entry for entry in sandbox.journal.entries if not entry.path.endswith("/as/token")]
    return answer, sent


def native(entry):
    """Return the filter that PingOne was asked, read from the query string by hand."""
    pairs = [part.partition("=") for part in entry.query.split("&")]
    filters = [value for name, _, value in pairs if name == "filter"]
    assert len(filters) <= 1, entry.query
    assert {name for name, _, _ in pairs} <= {"filter", "limit", "cursor", "include", "expand", ""}
    from urllib.parse import unquote  # noqa: PLC0415

    return unquote(filters[0], errors="strict") if filters else None


@laws(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.one_of(st.sampled_from(CRAFTED), VALUES), operator=st.sampled_from(["eq", "sw"]))
def test_a_value_stays_a_value(still, value, operator):
    """Whatever a value holds, PingOne is asked for it, in its forms, or for nothing: never another filter."""
    answer, sent = query(still, f"userName {operator} {json.dumps(value)}")
    assert answer.status_code in (200, 400), answer.text
    for entry in sent:
        asked_for = native(entry)
        if asked_for is None:
            continue  # read and compared here
        comparison = r'username (?:eq|sw) ("(?:[^"\\]|\\.)*")'
        assert re.fullmatch(rf"\(?{comparison}(?: or {comparison}){{0,2}}\)?", asked_for, re.DOTALL), asked_for
        for text in re.findall(comparison, asked_for, re.DOTALL):
            found = comparable(json.loads(text, strict=False))
            assert comparable(value).startswith(found)
    if answer.status_code == 200 and operator == "eq" and sent:
        assert answer.json["totalResults"] == 0


@pytest.mark.parametrize("value", CRAFTED)
@pytest.mark.parametrize("pattern", LONGER)
def test_crafted_values_in_longer_filters(still, pattern, value):
    """In every place of a filter a crafted value finds nobody whom it does not name, and reaches no other path."""
    answer, sent = query(still, pattern.format(json.dumps(value)))
    assert answer.status_code in (200, 400), answer.text
    for entry in sent:
        assert re.fullmatch(r"/v1/environments/[0-9a-f-]{36}/users", entry.path), entry.path
    if answer.status_code == 200 and not pattern.startswith("not"):
        assert answer.json["totalResults"] == 0


def test_no_address_from_a_payload_is_called(client):
    """URLs in values are values: nobody connects to them, whatever attribute they stand in."""
    called = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as trap:
        address = f"http://127.0.0.1:{trap.getsockname()[1]}/called"

        def wait():
            try:
                trap.accept()
                called.set()
            except OSError:
                pass

        threading.Thread(target=wait, daemon=True).start()
        made = client.send("POST", "/Users", {
            "userName": "outbound", "externalId": address, "profileUrl": address,
            "photos": [{"value": address, "type": "photo", "$ref": address}],
            "groups": [{"value": UNKNOWN, "$ref": address}], "meta": {"location": address},
            ENTERPRISE: {"manager": {"value": UNKNOWN, "$ref": address}},
        })  # fmt: skip
        assert made.status_code == 201, made.text
        assert address not in made.headers["Location"]
        user = made.json["id"]
        client.patch(f"/Users/{user}", {"op": "replace", "path": 'photos[type eq "photo"].value', "value": address})
        client.send("POST", "/Groups", {"displayName": "outbound", "members": [{"value": user, "$ref": address}]})
        client.send("POST", "/Groups", {"displayName": "outbound2", "members": [{"value": address}]})
        client.send("GET", "/Users", query_string={"filter": f'profileUrl eq "{address}"', "cursor": address})
        client.send(
            "GET", f"/Users/{user}", headers={"Referer": address, "Origin": address, "X-Forwarded-Host": address}
        )
        operation = {"method": "PATCH", "path": f"{address}/Users/{user}", "data": {"schemas": [PATCH]}}
        bulk = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [operation]}
        client.send("POST", "/Bulk", bulk)
        assert not called.wait(0.2)


def test_an_unknown_id_costs_what_a_known_one_costs(client):
    """The number of calls to PingOne does not tell an id that never was from one that is there or was."""
    known = client.users_in("Employees")[0]
    calls = []
    for user in (known, UNKNOWN):
        client.send("GET", f"/Users/{user}")
        calls.append(client.calls)
    assert calls[0] == calls[1] == ["GET /users/{user}"]
    client.send("DELETE", f"/Users/{known}")
    client.send("GET", f"/Users/{known}")
    assert client.calls == calls[1]


def test_what_security_md_names_is_there():
    """Every test that SECURITY.md points to exists."""
    tests = Path(__file__).parent.parent
    text = (tests.parent / "SECURITY.md").read_text()
    files = set(re.findall(r"`((?:\w+/)*test_\w+\.py)`", text))
    assert [name for name in sorted(files) if not (tests / name).exists()] == []
    everything = "".join(path.read_text() for path in tests.rglob("test_*.py"))
    names = set(re.findall(r"`(test_\w+)`", text))
    assert [name for name in sorted(names) if f"def {name}(" not in everything] == []
