"""A thousand requests that nobody meant: each is answered in SCIM's words, and none is a fault of the bridge."""

from __future__ import annotations

import json
import random

from scimbridge.operations.rooms import open_catalogue
from tests.operations.conftest import LATER, NEW, OLD
from tests.operations.test_each import prepared

ROWS = tuple(open_catalogue(None))
ODD = (
    None, True, False, 0, -1, 1.5, 10**30, "", "x", "a\0b", "ü😀\u2028", 'a"b\\c', "'; --", "%2e%2e", "x" * 4000, [],
    [None], ["userName"], ["userName", 5], ["emails.value"], ["no such", "name"], {}, {"a": {"b": [1]}}, LATER,
    "2020-01-01T00:00:00Z", "2999-13-45T00:00:00Z", "0000-00-00", "9999-12-31T23:59:59.999999999+14:00", OLD, NEW,
    "userName pr", 'userName eq "x"', "POPULATION", "{SSHA256}abc", {"attributes": ["userName"], "identifier": "x"},
    {"attributes": ["id"]},
)  # fmt: skip
RAW = (
    b"", b" ", b"[]", b"null", b"{", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 100, b"{}", b'{"match":{}}', b'"text"',
    b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"unlockAt":1e999}',
)  # fmt: skip
TYPES = ("application/scim+json", "application/json", "text/plain", "application/json; charset=utf-16", "", "///")
NOBODY = "00000000-0000-4000-8000-000000000000"
KEYS = (NOBODY, "x", "..", "%2e%2e", "%00", "%ff", "x" * 300, "{id}", "{item}", "%7Bid%7D", "a;b", "~", ".find", "me")
METHODS = ("GET", "POST", "POST", "POST", "POST", "POST", "DELETE", "PUT", "PATCH", "HEAD")
QUERIES = (
    "",
    "",
    "",
    "?attributes=userName",
    "?direct=true",
    "?limit=1",
    "?limit=" + "9" * 4400,
    "?a=1&a=2",
    "?%00=%ff",
)
FINE = {200, 201, 204, 400, 403, 404, 405, 409, 413, 415, 429, 501}


def path_of(draw: random.Random, desk, row) -> str:
    """Return a path of an operation, mostly one that is there."""
    base = {"User": "/Users", "Group": "/Groups", "Population": "/Populations"}.get(row.resource, "")
    own = {"User": desk.user, "Group": desk.group, "Population": desk.client.population("Employees")}
    key = draw.choice([own.get(row.resource, "")] * 5 + ["", draw.choice(KEYS)])
    if row.on_all or row.is_service:
        key = draw.choice(["", "", "", key])
    name = draw.choice([row.name] * 9 + [row.name.upper(), row.name + "x", "", "%00"])
    known = (desk.device, desk.session, desk.agreement(), desk.group)
    item = (
        f"/{draw.choice([draw.choice(known), draw.choice(KEYS)])}" if draw.random() < (0.7 if row.item else 0.1) else ""
    )
    return f"{base}{key and f'/{key}'}/.{name}{item}{draw.choice(QUERIES)}"


def body_of(draw: random.Random, row) -> dict[str, object]:
    """Return a body with what the operation takes, and with what it does not."""
    body = {each.name: draw.choice([*ODD, each.default, *each.values]) for each in row.inputs if draw.random() < 0.8}
    if draw.random() < 0.3:
        attributes = draw.choice([["userName"], ["id", "emails.value"], draw.choice(ODD)])
        body["match"] = draw.choice([{"attributes": attributes, "identifier": draw.choice(ODD)}, draw.choice(ODD)])
    if draw.random() < 0.2:
        body[draw.choice(["x", "schemas", "id", "unlockAt", "\0", "😀" * 50])] = draw.choice(ODD)
    return body


def test_a_thousand_requests(open_desk):
    """No answer is a 500, and every refusal is a SCIM error."""
    draw, desk, seen = random.Random(14), prepared(open_desk()), set()
    for number in range(1000):
        row = draw.choice(ROWS)
        path, method = path_of(draw, desk, row), draw.choice(METHODS)
        data = draw.choice(RAW) if draw.random() < 0.2 else json.dumps(body_of(draw, row)).encode()
        media = draw.choice(TYPES) if draw.random() < 0.2 else TYPES[0]
        answer = desk.ask(method, f"/scim/v2{path}", data=data, content_type=media)
        said = (number, method, path, data[:300], media, answer.status_code, answer.text[:300])
        assert answer.status_code in FINE, said
        seen.add(answer.status_code)
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.json["status"] == str(answer.status_code), said
            assert answer.json["detail"], said
    assert seen >= {200, 204, 400, 404, 405, 415, 501}
