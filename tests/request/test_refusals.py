"""What PingOne's failures become: status, scimType, the attribute in SCIM's words, and what is done already."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from scimbridge.pingone.errors import OutOfTime, Throttled, Unreachable
from scimbridge.request.refusals import seconds_to_wait
from scimbridge.settings.declared import Secret

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


def op(verb, path=None, value=None):
    return {"op": verb, **({} if path is None else {"path": path}), **({} if value is None else {"value": value})}


def test_duplicate_user_name(client):
    """A user name that is taken, in any case and any population, is 409 uniqueness by every verb."""
    first, second = client.users_in("Partners")[:2]
    taken = client.sandbox.directory.users.get(first)["username"].upper()
    for method, path, body in (
        ("POST", "/Users", {"userName": taken}),
        ("PUT", f"/Users/{second}", {"userName": taken}),
        ("PATCH", f"/Users/{second}", {"Operations": [op("replace", "userName", taken)]}),
    ):
        assert client.fault(method, path, body) == (409, "uniqueness")
        assert client.detail(method, path, body).startswith("userName:")


def test_unique_email(client):
    """An attribute that the environment keeps unique is 409 uniqueness under its SCIM name."""
    schema = client.sandbox.directory.schema
    schema.put(replace(schema.get("email"), unique=True))
    taken = client.sandbox.directory.users.get(client.users_in("Partners")[0])["email"]
    body = {"userName": "someone", "emails": [{"value": taken, "type": "work"}]}
    assert client.fault("POST", "/Users", body) == (409, "uniqueness")
    assert client.detail("POST", "/Users", body).startswith('emails[type eq "work"].value:')


@pytest.mark.parametrize(
    ("attribute", "value", "name"),
    [
        ("name", {"familyName": "x" * 257}, "name.familyName"),
        ("timezone", "Europe/\x07Paris", "timezone"),
        ("phoneNumbers", [{"type": "mobile", "value": "1" * 33}], "phoneNumbers"),
        ("phoneNumbers", [{"type": "work", "value": "none"}], "phoneNumbers"),
        ("emails", [{"type": "work", "value": "not an address"}], "emails"),
        ("addresses", [{"type": "work", "country": "Atlantis"}], "addresses"),
        ("photos", [{"type": "photo", "value": "ftp://x"}], "photos"),
        ("userName", "x" * 129, "userName"),
        ("userName", "new\nline", "userName"),
        ("title", "a\u0000b", "title"),
        ("title", True, "title"),
        ("active", "perhaps", "active"),
        ("locale", "no tag at all", "locale"),
        ("nickName", {"a": 1}, "nickName"),
        (URN, {"mfaEnabled": "maybe"}, "mfaEnabled"),
        (URN, "text", URN),
    ],
)
def test_values_that_pingone_refuses(client, attribute, value, name):
    """A value that PingOne is known to refuse is 400 invalidValue naming the attribute, before PingOne is called."""
    user = client.users_in("Partners")[0]
    for method, path, body in (
        ("POST", "/Users", {"userName": "someone", attribute: value}),
        ("PUT", f"/Users/{user}", {"userName": "someone", attribute: value}),
        ("PATCH", f"/Users/{user}", {"Operations": [{"op": "replace", "value": {attribute: value}}]}),
    ):
        assert client.fault(method, path, body) == (400, "invalidValue"), method
        assert client.writes == []
        assert name in client.detail(method, path, body)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({URN: {"population": {"id": str(uuid.uuid4())}}}, f"{URN}:population"),
        ({URN: {"identityProvider": {"id": str(uuid.uuid4())}}}, "identityProvider"),
        ({"password": "short"}, "password"),
    ],
)
def test_values_that_only_pingone_can_refuse(client, body, name):
    """What only PingOne can know is invalidValue too, in SCIM's words and without the value."""
    whole = {"userName": "someone", **body}
    assert client.fault("POST", "/Users", whole) == (400, "invalidValue")
    detail = client.detail("POST", "/Users", whole)
    assert name.rsplit(":", maxsplit=1)[-1] in detail
    assert "short" not in detail
    user = client.users_in("Partners")[0]
    assert client.fault("PATCH", f"/Users/{user}", {"Operations": [{"op": "replace", "value": body}]})[0] == 400


@pytest.mark.parametrize(
    ("kind", "status", "expected", "retry"),
    [
        ("error", 403, 403, False), ("error", 404, 404, False), ("error", 429, 429, True), ("error", 500, 503, True),
        ("error", 502, 503, True), ("error", 504, 503, True), ("throttled", 429, 429, True),
        ("error", 415, 502, False), ("error", 409, 409, False), ("drop_before", 0, 503, True), ("cut", 0, 503, True),
    ],
)  # fmt: skip
def test_failures_of_writes(client, kind, status, expected, retry):
    """Each way in which PingOne fails has its status; what may be sent again says when."""
    user = client.users_in("Partners")[0]
    client.sandbox.faults.plan(kind, "PATCH", "/users/", times=100, status=status or 503)
    answer = client.send("PATCH", f"/Users/{user}", {"Operations": [op("replace", "title", "New")]})
    assert answer.status_code == expected, answer.text
    assert ("Retry-After" in answer.headers) is retry
    assert answer.json["status"] == str(expected)
    for secret in ("Traceback", client.sandbox.client_secret, client.sandbox.environment_id, "_links"):
        assert secret not in answer.text


def test_missing_right_on_reading(client):
    """A read that PingOne forbids is 502: some clients take 403 for "no such user" and create it again."""
    client.sandbox.faults.plan("error", "GET", "/users", times=10, status=403)
    assert client.fault("GET", f"/Users/{client.users_in('Partners')[0]}") == (502, None)
    assert client.fault("GET", "/Users") == (502, None)
    assert client.fault("GET", '/Users?filter=title eq "Lead"') == (502, None)


def test_wrong_credentials(make_client):
    """Credentials that PingOne refuses are the bridge's own trouble: 502."""
    client = make_client(settings={"pingone_client_secret": Secret("wrong")})
    assert client.fault("GET", "/Users") == (502, None)


def test_time_is_up(make_client):
    """A PingOne that does not answer before the deadline is 503, and the answer comes at the deadline."""
    client = make_client(settings={"request_deadline": 1.0})
    client.send("GET", "/Users?count=1")  # has the token; whether in time is not asked
    client.sandbox.faults.set(latency=2.0)
    user = client.users_in("Partners")[0]
    answer = client.send("GET", f"/Users/{user}")
    assert answer.status_code in (503, 504)
    assert "Retry-After" in answer.headers


def test_half_done_change(client, clock):
    """A change that fails half way says what is done and what is not; the same request again finishes it."""
    user = client.users_in("Employees")[0]
    body = {
        "userName": "half", "title": "Done", "active": False,
        URN: {"population": {"id": client.population("Partners")}, "mfaEnabled": True},
    }  # fmt: skip
    client.sandbox.directory.users.put({**client.sandbox.directory.users.get(user), "enabled": True,
                                        "mfaEnabled": False})  # fmt: skip
    client.sandbox.faults.plan("error", "PATCH", "/users/", times=100)
    answer = client.send("PUT", f"/Users/{user}", body)
    assert answer.status_code == 503
    assert "done before: disable, population; perhaps done: attributes; not done: mfaEnabled" in answer.json["detail"]
    assert "the same request sent again finishes it" in answer.json["detail"]
    client.sandbox.faults.clear()
    clock.offset += 120
    client.good("PUT", f"/Users/{user}", body)
    assert client.writes == ["PATCH /users/{user}", "PUT /users/{user}/mfaEnabled"]
    held = client.sandbox.directory.users.get(user)
    assert (held["title"], held["enabled"], held["mfaEnabled"]) == ("Done", False, True)


def test_refused_password_names_what_is_done(client):
    """A password that PingOne refuses after the attributes are written is 400 and says so."""
    user = client.users_in("Employees")[0]
    answer = client.patch(f"/Users/{user}", op("replace", "title", "T"), op("replace", "password", "short"))
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue")
    assert "done before: attributes; not done: password" in answer.json["detail"]


def test_population_with_users(client):
    """A population that has users is not deleted: 409; an empty one is."""
    assert client.fault("DELETE", f"/Populations/{client.population('Partners')}") == (409, None)
    made = client.good("POST", "/Populations", {"displayName": "Empty"})
    assert client.send("DELETE", f"/Populations/{made['id']}").status_code == 204
    assert client.fault("POST", "/Populations", {"displayName": "Partners"}) == (409, "uniqueness")


def test_unknown_ids(client):
    """An id that is not there is 404 for every verb; nothing is written."""
    for path, body in (("/Users", {"userName": "x"}), ("/Groups", {"displayName": "x"}),
                       ("/Populations", {"displayName": "x"})):  # fmt: skip
        ghost = f"{path}/{uuid.uuid4()}"
        operation = {"Operations": [op("replace", next(iter(body)), "y")]}
        for method, sent in (("GET", None), ("PUT", body), ("PATCH", operation), ("DELETE", None)):
            assert client.fault(method, ghost, sent) == (404, None)


@pytest.mark.parametrize("status", [400, 404])
def test_ids_that_cannot_be(make_client, status):
    """Whatever PingOne says to an id that cannot be one, here it is a resource that is not there."""
    client = make_client(malformed_id_status=status)
    assert client.fault("GET", "/Users/abc") == (404, None)
    assert client.fault("PATCH", "/Users/abc", {"Operations": [op("replace", "title", "x")]}) == (404, None)
    assert client.fault("PUT", "/Groups/abc", {"displayName": "x"}) == (404, None)
    assert client.fault("DELETE", "/Groups/abc") == (404, None)
    assert client.list("/Users", filter='id eq "abc"')["totalResults"] == 0
    group = client.group("Empty Room")
    body = {"Operations": [op("add", "members", [{"value": "abc"}])]}
    assert client.patch(f"/Groups/{group}", body["Operations"][0]).status_code == 200  # a word of another server's
    assert client.members(group) == set()
    whole = {"displayName": "Empty Room", "members": [{"value": "abc"}]}
    assert client.fault("PUT", f"/Groups/{group}", whole) == (400, "invalidValue")
    assert "abc" in client.detail("PUT", f"/Groups/{group}", whole)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (OutOfTime("late"), 1),
        (OutOfTime("late", retry_after=2.1), 3),
        (Throttled("slow", retry_after=0.02), 1),
        (Unreachable("lost"), 5),
    ],
)
def test_retry_after(error, seconds):
    """Retry-After is whole seconds, 1 at least; where only the time was up nobody has to wait for longer."""
    assert seconds_to_wait(error) == seconds
