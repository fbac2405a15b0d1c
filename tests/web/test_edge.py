"""The edge: methods, slashes, media types, credentials, headers and what every answer carries."""

from __future__ import annotations

import pytest

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.mark.parametrize("path", ["/Users", "/Groups", "/Populations", "/Schemas", "/ResourceTypes",
                                  "/ServiceProviderConfig"])  # fmt: skip
def test_trailing_slash_and_head(client, path):
    """A trailing slash changes nothing, and HEAD is GET without the body."""
    whole = client.good("GET", path)
    assert client.good("GET", f"{path}/") == whole
    head = client.send("HEAD", path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.content_type == "application/scim+json"


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.json/", "/openapi.json//", "/scim/v2", "/scim//v2/"])
def test_no_spelling_of_a_path_goes_around_the_guard(client, path):
    """A path is guarded however its slashes are written."""
    anybody = client.app.test_client()
    assert anybody.get(path).status_code == 401
    assert anybody.get(path, headers=client.headers).status_code == 200


def test_slashes_in_a_row(client):
    """Several slashes are one, also in front of a write: no redirect that a client would have to follow."""
    assert client.send("POST", "/scim/v2//Users", {"userName": "slashes"}).status_code == 201
    assert client.good("GET", "/scim//v2///Users//") == client.good("GET", "/Users")


def test_trailing_slash_of_one(client):
    """The same for one resource, and for writes."""
    made = client.send("POST", "/Users/", {"userName": "slash"})
    assert made.status_code == 201
    path = f"/Users/{made.json['id']}"
    assert client.send("GET", f"{path}/").json["id"] == made.json["id"]
    head = client.send("HEAD", path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == made.headers["ETag"]
    assert client.send("DELETE", f"{path}/").status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/Users"), ("PATCH", "/Users"), ("DELETE", "/Users"), ("POST", "/Schemas"),
        ("DELETE", "/ResourceTypes"),
        ("PUT", "/ServiceProviderConfig"), ("GET", "/Users/.search"), ("PUT", "/.search"), ("GET", "/.search"),
        ("POST", "/Users/5c2d7f1e-9d4b-4a6e-8f0c-11d2a3b4c5d6"), ("TRACE", "/Users"), ("PROPFIND", "/Users"),
    ],
)  # fmt: skip
def test_other_methods(client, method, path):
    """A verb that an endpoint does not know is 405 with Allow and a SCIM body, and costs nothing."""
    answer = client.send(method, path)
    assert answer.status_code in (404, 405)
    if path != "/Users/.search":
        assert answer.status_code == 405
        assert answer.headers["Allow"]
    assert answer.json["schemas"] == [ERROR]
    assert client.calls == []


def test_options(client):
    """OPTIONS says what an endpoint takes."""
    answer = client.send("OPTIONS", "/Users")
    assert answer.status_code in (200, 204)
    assert {"GET", "POST"} <= {word.strip() for word in answer.headers["Allow"].split(",")}
    assert client.calls == []


@pytest.mark.parametrize(
    "path", ["/Nothing", "/users/x/y", "/Users/a/b/c", "/scim/v2/", "/scim/v3/Users", "/favicon.ico"]
)
def test_other_paths(client, path):
    """What is no endpoint is a SCIM 404; the root is a query."""
    answer = client.send("GET", path)
    assert answer.status_code == (200 if path == "/scim/v2/" else 404)
    if answer.status_code == 404:
        assert answer.json["schemas"] == [ERROR]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/scim+json"), ("*/*", "application/scim+json"), ("application/json", "application/json"),
        ("application/scim+json", "application/scim+json"), ("application/json, */*;q=0.1", "application/scim+json"),
        ("text/html", "application/scim+json"), ("application/json;charset=utf-8", "application/json"),
    ],
)  # fmt: skip
def test_answers_media_type(client, accept, expected):
    """Answers are SCIM; who takes plain JSON only gets that."""
    headers = {} if accept is None else {"Accept": accept}
    assert client.send("GET", "/Users?count=1", headers=headers).content_type == expected
    assert client.send("GET", "/Users?count=x", headers=headers).content_type == expected


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic dXNlcjpwYXNz", "bearer  ", "ü", "Bearer ü"]
)
def test_credentials(client, header):
    """Without the token there is nothing: 401 with a challenge, for every path and verb."""
    for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Schemas"), ("DELETE", "/Users/x"),
                         ("GET", "/nothing"), ("OPTIONS", "/Users")):  # fmt: skip
        headers = {"Authorization": (header or "").encode().decode("latin-1")}
        answer = client.send(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json["schemas"] == [ERROR]
        assert client.calls == []


def test_headers_of_every_answer(client):
    """Every answer carries the request's id and forbids to be stored or guessed at."""
    for path in ("/Users?count=1", "/nothing", "/Users?count=x"):
        answer = client.send("GET", path, headers={"X-Request-Id": "abc-123"})
        assert answer.headers["X-Request-Id"] == "abc-123"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    odd = client.send("GET", "/Users?count=1", headers={"X-Request-Id": "a b<c>"})
    assert odd.headers["X-Request-Id"] not in ("a b<c>", "")


def test_created(client):
    """201 carries Location and ETag, and the body's own meta says the same."""
    answer = client.send("POST", "/Users", {"userName": "located"})
    meta = answer.json["meta"]
    assert answer.headers["Location"] == meta["location"]
    assert answer.headers["ETag"] == meta["version"]
    assert meta["location"].endswith(f"/scim/v2/Users/{answer.json['id']}")
    assert client.good("GET", meta["location"].split("localhost", 1)[1])["id"] == answer.json["id"]


def test_health(client):
    """The bridge lives, and nobody has to say who asks."""
    assert client.app.test_client().get("/health/live").json == {"status": "live"}
