"""Scopes: what a client has no right to is refused before anything is looked at, and tells nothing."""

from __future__ import annotations

import io
import uuid

import pytest

from scimbridge.access.caller import SCOPES
from scimbridge.settings.declared import default_mappings

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
KINDS = {"Users": "users", "Groups": "groups", "Populations": "populations"}
READS = [
    ("GET", ""),
    ("POST", "/.search"),
    ("GET", "?filter=nonsense"),
    ("GET", "?cursor=x"),
    ("GET", "?count=1&count=2"),
    ("GET", "/{id}"),
]
WRITES = [("POST", ""), ("PUT", "/{id}"), ("PATCH", "/{id}"), ("DELETE", "/{id}")]


class Unread(io.RawIOBase):
    """A body that must not be read."""

    def readinto(self, _buffer):
        """Fail."""
        raise AssertionError("the body was read")

    def readable(self):
        """Seem to be a stream."""
        return True


@pytest.fixture
def client(make_client):
    return make_client(20)


def send(client, method, path):
    """Send a request with a body that breaks whoever reads it, where the method has one."""
    if method in ("GET", "DELETE"):
        return client.send(method, path)
    body = {"wsgi.input": Unread(), "CONTENT_LENGTH": "10", "CONTENT_TYPE": "application/scim+json"}
    return client.send(method, path, environ_overrides=body)


def patch(*operations):
    return {"schemas": [PATCH], "Operations": list(operations)}


def op(verb, path=None, value=None):
    return {"op": verb, **({} if path is None else {"path": path}), **({} if value is None else {"value": value})}


def keys(client, endpoint):
    """Return an id that is there, one that is not, and what is none."""
    table = getattr(client.sandbox.directory, KINDS[endpoint])
    return next(iter(table))["id"], str(uuid.uuid4()), "no-id"


@pytest.mark.parametrize("endpoint", KINDS)
@pytest.mark.parametrize("right", ["read", "write"])
def test_nothing_without_the_right(client, caller_of, held, endpoint, right):
    """Without the right every verb is 403: the body unread, PingOne unasked, the same for every id."""
    before = held(client)
    limited = caller_of(client, scopes=SCOPES - {f"{KINDS[endpoint]}:{right}"})
    for method, path in READS if right == "read" else WRITES:
        said = set()
        for key in keys(client, endpoint):
            answer = send(limited, method, f"/{endpoint}{path}".format(id=key))
            assert answer.status_code == 403
            assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
            assert limited.calls == []
            said.add(answer.data)
        assert len(said) == 1
    assert held(client) == before


@pytest.mark.parametrize("endpoint", KINDS)
def test_what_the_right_is_enough_for(client, caller_of, endpoint):
    """The one right is enough for its verbs, and the answers are those of a client that may do all."""
    kind = KINDS[endpoint]
    key = keys(client, endpoint)[0]
    reader = caller_of(client, scopes={f"{kind}:read"})
    for path in (f"/{endpoint}", f"/{endpoint}/{key}", f"/{endpoint}?count=1"):
        assert reader.good("GET", path) == client.good("GET", path)
    writer = caller_of(client, scopes={f"{kind}:write"})
    name = "userName" if kind == "users" else "displayName"
    made = writer.good("POST", f"/{endpoint}", {name: "made"})
    writer.good("PATCH", f"/{endpoint}/{made['id']}", patch(op("replace", name, "changed")))
    writer.good("PUT", f"/{endpoint}/{made['id']}", {name: "again"})
    writer.good("DELETE", f"/{endpoint}/{made['id']}")


def test_right_before_table(make_client, caller_of, tmp_path):
    """What the table forbids is told only to who has the right: 403 comes before 405."""
    for source in default_mappings().iterdir():
        text = source.read_text().replace('"create", "change", "delete"', "")
        (tmp_path / source.name).write_text(text)
    client = make_client(5, settings={"mappings": tmp_path})
    limited = caller_of(client, scopes=SCOPES - {"populations:write"})
    assert client.fault("POST", "/Populations", {}) == (405, None)
    assert limited.fault("POST", "/Populations", {}) == (403, None)


def test_memberships_belong_to_what_shows_them(client, caller_of):
    """Who may read groups sees their members, who may read users sees their groups."""
    group = client.group("All Hands")
    groups = caller_of(client, scopes={"groups:read"})
    assert groups.good("GET", f"/Groups/{group}")["members"] == client.good("GET", f"/Groups/{group}")["members"]
    user = next(iter(client.members(group)))
    users = caller_of(client, scopes={"users:read"})
    assert users.good("GET", f"/Users/{user}")["groups"] == client.good("GET", f"/Users/{user}")["groups"]


def test_which_populations_there_are(client, caller_of):
    """Who may not read populations is not told by the schemas which there are, nor is PingOne asked for them."""
    population = client.population("Partners")
    limited = caller_of(client, scopes=SCOPES - {"populations:read"})
    assert population not in limited.send("GET", "/Schemas").text
    assert "GET /populations" not in limited.calls
    assert population in client.send("GET", "/Schemas").text
    confined = caller_of(client, scopes={"users:write"}, populations={"Partners"})
    assert population in confined.send("GET", "/Schemas").text
    assert client.population("Employees") not in confined.send("GET", "/Schemas").text


# -- the root and bulk -----------------------------------------------------------------------------------------------


def test_root(client, caller_of):
    """A query at the root covers what the client may read, costs nothing for the rest, and is 403 for who may none."""
    for endpoint, kind in KINDS.items():
        reader = caller_of(client, scopes={f"{kind}:read"})
        found = reader.list("/", attributes="id", count=1000)
        assert found["totalResults"] == client.list(f"/{endpoint}", attributes="id")["totalResults"]
        reader.list("/", attributes="id")
        assert set(reader.calls) == {f"GET /{kind}"}
    nobody = caller_of(client, scopes={f"{kind}:write" for kind in KINDS.values()})
    for method, path in (("GET", "/"), ("POST", "/.search"), ("GET", "/?filter=nonsense")):
        assert send(nobody, method, path).status_code == 403
        assert nobody.calls == []


def bulk(*operations):
    return {"schemas": [BULK], "Operations": [
        {"method": method, "path": path, "data": data, **({"bulkId": f"b{n}"} if method == "POST" else {})}
        for n, (method, path, data) in enumerate(operations)
    ]}  # fmt: skip


def test_bulk_without_any_right(client, caller_of):
    """Who may write nothing is refused a bulk request as a whole, unread."""
    reader = caller_of(client, scopes={"users:read", "groups:read", "populations:read", "passwords:write"})
    assert send(reader, "POST", "/Bulk").status_code == 403
    assert reader.calls == []


def test_bulk_with_some_rights(client, caller_of, held):
    """Each operation needs its right, whatever else is wrong with it; the others are carried out."""
    writer = caller_of(client, scopes={"groups:write"})
    user, nobody, _none = keys(client, "Users")
    before = held(client)[0]
    body = bulk(
        ("POST", "/Users", {"userName": "no"}), ("PUT", f"/Users/{user}", {"userName": "no"}),
        ("PATCH", f"/Users/{nobody}", {}), ("DELETE", f"/Users/{user}", None), ("PATCH", "/Users/bulkId:none", {}),
        ("POST", "/Users/too/deep", {}), ("DELETE", f"/Populations/{keys(client, 'Populations')[0]}", None),
        ("POST", "/Groups", {"displayName": "yes"}),
    )  # fmt: skip
    found = writer.good("POST", "/Bulk", body)["Operations"]
    assert [each["status"] for each in found] == ["403"] * 5 + ["404", "403", "201"]
    assert writer.calls == ["POST /groups"]
    assert "version" not in found[-1]
    assert held(client)[0] == before


# -- passwords -------------------------------------------------------------------------------------------------------

SECRET = "S3cret-start!"
WITH_PASSWORD = [
    ("POST", {"userName": "new", "password": SECRET}),
    ("POST", {"userName": "new", "PassWord": SECRET}),
    ("PUT", {"userName": "new", "password": SECRET}),
    ("PATCH", patch(op("replace", "password", SECRET))),
    ("PATCH", patch(op("add", "PASSWORD", SECRET))),
    ("PATCH", patch(op("replace", f"{CORE}:password", SECRET))),
    ("PATCH", patch(op("add", None, {"password": SECRET}))),
    ("PATCH", patch(op("replace", None, {"title": "x", "Password": SECRET}))),
    ("PATCH", patch(op("replace", None, {f"{CORE}:password": SECRET}))),
    ("PATCH", patch(op("replace", None, {CORE: {"password": SECRET}}))),
    ("PATCH", patch(op("add", CORE, {"password": SECRET}))),
    ("PATCH", patch(op("add", None, '{"password": "S3cret-start!"}'))),
    ("PATCH", patch(op("replace", "title", "x"), op("replace", "password", SECRET))),
    ("PATCH", patch(op("remove", "password"))),
]


@pytest.mark.parametrize(("method", "body"), WITH_PASSWORD)
def test_passwords(client, caller_of, held, method, body):
    """A password anywhere in a write needs its own right: 403 before any call, alone and in bulk."""
    before = held(client)
    limited = caller_of(client, scopes=SCOPES - {"passwords:write"})
    user, nobody, _none = keys(client, "Users")
    for key in (user, nobody):
        path = "/Users" if method == "POST" else f"/Users/{key}"
        for headers in ({}, {"If-Match": "*"}):
            answer = limited.send(method, path, body, headers=headers)
            assert answer.status_code == 403
            assert SECRET not in answer.text
            assert limited.calls == []
        found = limited.good("POST", "/Bulk", bulk((method, path, body)))["Operations"]
        assert found[0]["status"] == "403"
        assert limited.calls == []
    assert held(client) == before


def test_no_password(client, caller_of):
    """A password without a value is none, and a word `password` elsewhere is a word."""
    limited = caller_of(client, scopes=SCOPES - {"passwords:write"})
    made = limited.good("POST", "/Users", {"userName": "new", "password": None, "title": "password"})
    limited.good("PUT", f"/Users/{made['id']}", {"userName": "new", "password": ""})
    limited.good("PATCH", f"/Users/{made['id']}", patch(op("add", None, {"title": "password", "password": None})))
    assert client.sandbox.directory.passwords == {}


def test_the_right_to_passwords_is_no_right_to_write(client, caller_of):
    """The right to set passwords is one beside that to write users, and alone it is none."""
    alone = caller_of(client, scopes={"passwords:write", "users:read"})
    user = keys(client, "Users")[0]
    assert alone.fault("PATCH", f"/Users/{user}", patch(op("replace", "password", SECRET))) == (403, None)
    both = caller_of(client, scopes={"passwords:write", "users:write"})
    both.good("PATCH", f"/Users/{user}", patch(op("replace", "password", SECRET)))
    assert user in client.sandbox.directory.passwords


# -- writing without reading -----------------------------------------------------------------------------------------


@pytest.fixture
def writer(client, caller_of):
    """A client that may write everything and read nothing."""
    return caller_of(client, scopes={scope for scope in SCOPES if scope.endswith(":write")})


def is_veiled(answer):
    """Whether an answer says where a resource is, and no more."""
    body = answer.json if answer.data else {}
    meta = set(body.get("meta", {}))
    return (
        set(body) <= {"schemas", "id", "meta"} and meta <= {"resourceType", "location"} and "ETag" not in answer.headers
    )


@pytest.mark.parametrize("query", ["", "?attributes=userName,groups,emails,members", "?excludedAttributes=title"])
@pytest.mark.parametrize("prefer", [{}, {"Prefer": "return=minimal"}])
def test_writing_shows_nothing(client, writer, query, prefer):
    """Who may write and not read is told where a resource is, whatever it asks to be shown."""
    user, group = keys(client, "Users")[0], client.group("All Hands")
    name = client.sandbox.directory.users.get(user)["username"]
    for method, path, body in (
        ("POST", "/Users", {"userName": "new", "title": "x"}),
        ("PUT", f"/Users/{user}", {"userName": name, "title": "y"}),
        ("PUT", f"/Users/{user}", {"userName": name, "title": "y"}),
        ("PATCH", f"/Users/{user}", patch(op("replace", "title", "z"))),
        ("PATCH", f"/Users/{user}", patch(op("replace", "active", False))),
        ("PATCH", f"/Users/{user}", patch(op("replace", "password", SECRET))),
        ("POST", "/Groups", {"displayName": "new", "members": [{"value": user}]}),
        ("PATCH", f"/Groups/{group}", patch(op("add", "members", [{"value": user}]))),
        ("PATCH", f"/Groups/{group}", patch(op("remove", f'members[value eq "{user}"]'))),
        ("PATCH", f"/Groups/{group}", patch(op("replace", "displayName", "Everybody"))),
        ("PUT", f"/Groups/{group}", {"displayName": "Everybody"}),
        ("POST", "/Populations", {"displayName": "new"}),
    ):  # fmt: skip
        answer = writer.send(method, path + query, body, headers=prefer)
        assert answer.status_code < 300, answer.text
        assert is_veiled(answer), (method, path, answer.text, answer.headers)


def test_writing_finds_out_nothing(client, writer):
    """Whether a value is what somebody guesses, a client that may not read is told in no way."""
    user = keys(client, "Users")[0]
    mail = client.sandbox.directory.users.get(user)["email"]
    said = [
        writer.send("PATCH", f"/Users/{user}", patch(op("replace", f'emails[value eq "{guess}"].type', "work")))
        for guess in (mail, "other@example.com")
    ]
    assert [answer.status_code for answer in said] == [403, 403]
    assert said[0].data == said[1].data
    assert writer.calls == []
    for guess in (mail, "other@example.com"):
        operation = op("remove", "emails", [{"value": guess}])
        assert writer.fault("PATCH", f"/Users/{user}", patch(operation)) == (403, None)
        assert writer.calls == []
    group, inside = client.group("All Hands"), next(iter(client.members(client.group("All Hands"))))
    for member in (inside, user):
        operation = op("replace", f'members[value eq "{member}"].type', "User")
        assert writer.fault("PATCH", f"/Groups/{group}", patch(operation)) == (403, None)
    writer.good("PATCH", f"/Users/{user}", patch(op("replace", 'emails[type eq "work"].value', "new@example.com")))
    assert client.sandbox.directory.users.get(user)["email"] == "new@example.com"
    same = [
        writer.send("PUT", f"/Users/{user}", {"userName": "same", "title": title}) for title in ("Lead", "Lead", "Boss")
    ]
    assert len({(answer.status_code, answer.data) for answer in same}) == 1


def test_errors_tell_nothing(client, writer):
    """A member of another population is refused to a client that may not read without a word of where it is."""
    stranger = client.users_in("Employees")[0]
    add = patch(op("add", "members", [{"value": stranger}]))
    path = f"/Groups/{client.group('Newsletter', 'Customers')}"
    assert client.population("Employees") in client.detail("PATCH", path, add)
    said = writer.detail("PATCH", path, add)
    assert not [each["id"] for each in client.sandbox.directory.populations if each["id"] in said]
