"""Requests that are wrong: the right status and scimType, a SCIM body, nothing written, and never a 500."""

from __future__ import annotations

import json

import pytest

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
SCIM = "application/scim+json"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "/Users/{user}"
GROUP = "/Groups/{group}"
DEEP = b"[" * 200_000


def patch(*operations):
    return {"schemas": [PATCH], "Operations": list(operations)}


RAW = [
    ("POST", "/Users", b"", 400, "invalidSyntax"),
    ("POST", "/Users", b"   ", 400, "invalidSyntax"),
    ("POST", "/Users", b"{", 400, "invalidSyntax"),
    ("POST", "/Users", b"userName=x", 400, "invalidSyntax"),
    ("POST", "/Users", b"[]", 400, "invalidSyntax"),
    ("POST", "/Users", b"null", 400, "invalidSyntax"),
    ("POST", "/Users", b'"text"', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": "a", "userName": "b"}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": "a", "USERNAME": "b"}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": "a", "name": {"givenName": "a", "givenName": "b"}}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": "a\nb"}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": "\\ud800"}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": "x", "emails": ["\\udfff@example.com"]}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": "\xff\xfe"}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": NaN}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": 1e999}', 400, "invalidSyntax"),
    ("POST", "/Users", b'{"userName": ' + b"9" * 5000 + b"}", 400, "invalidSyntax"),
    ("POST", "/Users", b'{"name": ' + DEEP, 400, "invalidSyntax"),
    ("POST", "/Users", b'{"a":' * 100_000, 400, "invalidSyntax"),
    ("PATCH", USER, b"[]", 400, "invalidSyntax"),
    ("PUT", GROUP, b"{", 400, "invalidSyntax"),
]
BODIES = [
    ("POST", "/Users", {}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": ""}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": None}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": ["a", "b"]}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": True}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": "huge", "unknown": 2**64}, 201, None),
    ("POST", "/Groups", {"displayName": "huge", "unknown": {"deep": [-(2**63) - 1]}}, 201, None),
    ("POST", "/Users", {"userName": "x", "schemas": "text"}, 400, "invalidSyntax"),
    ("POST", "/Users", {"userName": "x", "schemas": [1]}, 400, "invalidSyntax"),
    ("POST", "/Users", {"userName": "x", "emails": 5}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": "x", "emails": [[["deep"]]]}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": "x", "name": 5}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": "x", "name": []}, 201, None),
    ("POST", "/Users", {"userName": "x2", "active": {"a": 1}}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": "x", "password": 12345678}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": "x", URN: {"population": {"id": 7}}}, 400, "invalidValue"),
    ("POST", "/Users", {"userName": "x", URN: {"population": [1]}}, 400, "invalidValue"),
    ("PUT", USER, {"title": "no name"}, 400, "invalidValue"),
    ("PATCH", USER, {}, 400, "invalidSyntax"),
    ("PATCH", USER, {"Operations": None}, 400, "invalidSyntax"),
    ("PATCH", USER, {"Operations": {}}, 400, "invalidSyntax"),
    ("PATCH", USER, {"Operations": ["x"]}, 400, "invalidSyntax"),
    ("PATCH", USER, patch({"path": "title", "value": "x"}), 400, "invalidSyntax"),
    ("PATCH", USER, patch({"op": "move", "path": "title", "value": "x"}), 400, "invalidSyntax"),
    ("PATCH", USER, patch({"op": 5, "path": "title", "value": "x"}), 400, "invalidSyntax"),
    ("PATCH", USER, patch({"op": "replace", "path": 5, "value": "x"}), 400, "invalidSyntax"),
    ("PATCH", USER, patch({"op": "replace", "path": "title"}), 400, "invalidValue"),
    ("PATCH", USER, patch({"op": "remove"}), 400, "noTarget"),
    ("PATCH", USER, patch({"op": "add", "value": "x"}), 400, "invalidValue"),
    ("PATCH", USER, patch({"op": "replace", "path": "nothingLikeIt", "value": "x"}), 400, "invalidPath"),
    ("PATCH", USER, patch({"op": "replace", "path": "emails[type eq", "value": "x"}), 400, "invalidPath"),
    ("PATCH", USER, patch({"op": "replace", "path": "emails[nothing eq 1].value", "value": "x"}), 400, None),
    ("PATCH", USER, patch({"op": "replace", "path": "id", "value": "x"}), 400, "mutability"),
    ("PATCH", USER, patch({"op": "remove", "path": "userName"}), 400, "mutability"),
    ("PATCH", USER, patch({"op": "replace", "path": "userName", "value": ""}), 400, "invalidValue"),
    ("PATCH", USER, patch({"op": "replace", "path": "groups", "value": []}), 400, "mutability"),
    ("PATCH", USER, patch({"op": "replace", "path": "title", "value": "x"},
                          {"op": "replace", "path": "name.familyName", "value": "a\tb"}), 400, "invalidValue"),
    ("PATCH", GROUP, patch({"op": "add", "path": "members", "value": [{"value": 5}]}), 400, "invalidValue"),
    ("PATCH", GROUP, patch({"op": "add", "path": "members", "value": [{"type": "User"}]}), 400, "invalidValue"),
    ("PATCH", GROUP, patch({"op": "add", "path": "members", "value": [{"value": "../.."}]}), 400, "invalidValue"),
    ("PATCH", GROUP, patch({"op": "add", "path": "members", "value": [{"value": "x", "type": "Robot"}]}), 400,
     "invalidValue"),
    ("POST", "/Groups", {"displayName": "x", "members": "all"}, 400, "invalidValue"),
    ("POST", "/Groups", {"displayName": {"a": 1}}, 400, "invalidValue"),
    ("POST", "/Groups", {}, 400, "invalidValue"),
    ("POST", "/Users/.search", {"count": "many"}, 400, "invalidSyntax"),
    ("POST", "/Users/.search", {"filter": 5}, 400, "invalidSyntax"),
    ("POST", "/.search", {"filter": "("}, 400, "invalidFilter"),
]  # fmt: skip


def at(client, path):
    return path.format(user=client.users_in("Employees")[0], group=client.group("Empty Room"))


def check(client, answer, status, kind):
    assert answer.status_code == status, answer.text
    if status < 400:
        return
    error = json.loads(answer.data)
    assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert error["status"] == str(status)
    assert answer.content_type == SCIM
    if kind is not None:
        assert error["scimType"] == kind, error
    assert error["detail"]
    assert "Traceback" not in answer.text
    assert client.writes == []


@pytest.mark.parametrize(("method", "path", "body", "status", "kind"), RAW, ids=lambda value: str(value)[:40])
def test_bodies_that_are_no_json_object(client, method, path, body, status, kind):
    """What is no JSON object, or no clear one, is invalidSyntax."""
    check(client, client.send(method, at(client, path), data=body, content_type=SCIM), status, kind)


@pytest.mark.parametrize(("method", "path", "body", "status", "kind"), BODIES, ids=lambda value: str(value)[:60])
def test_wrong_messages(client, method, path, body, status, kind):
    """A message that says nothing that can be done is refused whole, before PingOne is called."""
    check(client, client.send(method, at(client, path), body), status, kind)


def test_large_body(client):
    """A body of 10 MB is 413."""
    body = b'{"userName": "' + b"x" * 10_000_000 + b'"}'
    check(client, client.send("POST", "/Users", data=body, content_type=SCIM), 413, None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415), ({"Content-Type": "application/xml"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415), ({"Content-Type": "multipart/form-data"}, 415),
        ({"Content-Type": SCIM, "Content-Encoding": "gzip"}, 415), ({}, 201),
        ({"Content-Type": "application/json"}, 201),
        ({"Content-Type": "Application/SCIM+JSON; charset=utf-8"}, 201),
    ],
)  # fmt: skip
def test_media_types(client, headers, status):
    """Bodies come as SCIM or JSON; a missing type is taken for SCIM."""
    answer = client.send("POST", "/Users", data=b'{"userName": "typed"}', headers=headers)
    check(client, answer, status, None)


@pytest.mark.parametrize(
    "key",
    ["..", ".", "%2e%2e", "..%2f..", "%2F", "a%2Fb", "%00", "%0d%0aX-Injected:%201", "a;b", "a%3Fb", "a%23b", "üñï",
     "%F0%9F%98%80", "%ff", "'", "%22", "*", "x" * 10_000, "-", "null", "undefined", "0", "%20"],
)  # fmt: skip
def test_odd_ids(client, key):
    """An id that cannot be one is 404, and PingOne is not asked for it: no id reaches another path."""
    for path in ("/Users/", "/Groups/", "/Populations/"):
        for method, body in (("GET", None), ("DELETE", None), ("PUT", {"userName": "x", "displayName": "x"}),
                             ("PATCH", patch({"op": "remove", "path": "externalId"}))):  # fmt: skip
            answer = client.send(method, path + key, body)
            if key == "%2F" and method == "GET":
                assert answer.json["Resources"]  # a slash more, and the list
                continue
            assert answer.status_code in (404, 405), (method, path, answer.status_code)
            assert client.calls == []
            assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.parametrize(
    "text", ['userName eq "x\u0000y"', 'userName eq "😀"', "userName eq \"a' or 1 eq 1\"",
             'userName eq "a\\" or username sw \\"b"', 'userName eq "a\u2028b"', "(" * 5000,
             'title eq "' + "x" * 20_000 + '"',
             'userName eq "%"', 'userName sw "("', "not " * 1000, 'a[b[c[d eq "x"]]]', 'title eq "\\ud800"']
)  # fmt: skip
def test_odd_filters(client, text):
    """Whatever stands in a filter is a value or a refusal; never more is found than asked for."""
    answer = client.send("GET", "/Users", query_string={"filter": text, "count": 5})
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json["totalResults"] == 0
    else:
        assert answer.json["scimType"] == "invalidFilter"


def test_odd_query(client):
    """Unknown parameters are ignored, names come in any case, and bytes that are no text are no crash."""
    whole = client.list("/Users")
    assert client.list("/Users", nonsense="1", sortBy="userName", sortOrder="descending", STARTINDEX="1") == whole
    assert client.list("/Users", Count="3")["itemsPerPage"] == 3
    for query in (
        "filter=%FF%FE", "count=%00", "startIndex=9999999999999999999999", "attributes=%00,[,(,.", "cursor=%FF",
        "filter", "=&=&", "attributes=" + "a," * 500, "excludedAttributes=schemas,id",
    ):  # fmt: skip
        assert client.send("GET", f"/Users?{query}").status_code in (200, 400), query
    always = client.list("/Users", excludedAttributes="schemas,id", count=1)["Resources"][0]
    assert {"schemas", "id"} <= set(always)
