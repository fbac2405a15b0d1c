"""What decides who can sign in to an account needs a right of its own: password, its authority, second factor."""

from __future__ import annotations

import pytest

from scimbridge.access.caller import SCOPES

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PROVIDER = "6a1f6f2b-9d01-4a2e-9c5e-3f1c2c9e0a55"


@pytest.fixture
def client(make_client):
    return make_client(20, mfa_by_default=True)


@pytest.fixture
def limited(client, caller_of):
    """A client with every right but that to passwords."""
    return caller_of(client, scopes=SCOPES - {"passwords:write"})


@pytest.fixture
def user(client):
    key = client.users_in("Employees")[0]
    users = client.sandbox.directory.users
    users.put({**users.get(key), "mfaEnabled": True, "identityProvider": {"id": "x", "type": "PING_ONE"}})
    return key


def changes(name):
    """Return the bodies in which a takeover can come along: whole resources, and operations in every form."""
    value = {"mfaEnabled": False, "identityProvider": {"id": PROVIDER}}[name]
    operations = [
        {"op": "replace", "path": f"{URN}:{name}", "value": value},
        {"op": "add", "path": f"{URN}:{name}", "value": value},
        {"op": "replace", "value": {URN: {name: value}}},
        {"op": "replace", "value": {f"{URN}:{name}": value}},
        {"op": "replace", "path": URN, "value": {name: value}},
        {"op": "replace", "value": {name.upper(): value}},
    ]
    if name == "identityProvider":
        operations += [
            {"op": "replace", "path": f"{URN}:identityProvider.id", "value": PROVIDER},
            {"op": "replace", "path": f"{URN}:identityProvider", "value": PROVIDER},
            {"op": "remove", "path": f"{URN}:identityProvider"},
        ]
    title = {"op": "replace", "path": "title", "value": "x"}
    whole = {"userName": "somebody", URN: {name: value}}
    return [
        ("POST", whole),
        ("PUT", whole),
        *(("PATCH", {"schemas": [PATCH], "Operations": [title, each]}) for each in operations),
    ]


@pytest.mark.parametrize("name", ["mfaEnabled", "identityProvider"])
def test_the_right_to_write_users_takes_no_account_over(client, limited, user, held, name):
    """`users:write` alone changes neither: 403 with attribute and right, alone and in bulk, and nothing is written."""
    before = held(client)
    for method, body in changes(name):
        path = "/Users" if method == "POST" else f"/Users/{user}"
        answer = limited.send(method, path, body)
        assert answer.status_code == 403, body
        assert name in answer.json["detail"]
        assert "passwords:write" in answer.json["detail"]
        assert limited.writes == []
        whole = {"method": method, "path": path, "data": body, "bulkId": "b"}
        (found,) = limited.good("POST", "/Bulk", {"schemas": [BULK], "Operations": [whole]})["Operations"]
        assert found["status"] == "403"
        assert limited.writes == []
    assert held(client) == before


@pytest.mark.parametrize("name", ["mfaEnabled", "identityProvider"])
def test_who_may_not_read_finds_nothing_out(client, caller_of, user, name):
    """A client that may write users and read none is refused whatever is there, before any call."""
    writer = caller_of(client, scopes={"users:write"})
    users = client.sandbox.directory.users
    for value in (True, False):
        provider = {"id": PROVIDER, "type": "SAML"} if value else {"type": "PING_ONE"}
        users.put({**users.get(user), "mfaEnabled": value, "identityProvider": provider})
        for method, body in changes(name):
            path = "/Users" if method == "POST" else f"/Users/{user}"
            assert writer.fault(method, path, body) == (403, None)
            assert writer.calls == []


def test_an_echo_changes_nothing(client, limited, user):
    """A client that sends back what it was given needs no right for what is in it: by PUT and by PATCH."""
    shown = limited.good("GET", f"/Users/{user}")
    assert shown[URN]["mfaEnabled"] is True
    limited.good("PUT", f"/Users/{user}", {**shown, "title": "Echoed"})
    again = {"op": "replace", "value": {**shown, "title": "Again"}}
    limited.good("PATCH", f"/Users/{user}", {"schemas": [PATCH], "Operations": [again]})
    held = client.sandbox.directory.users.get(user)
    assert (held["title"], held["mfaEnabled"]) == ("Again", True)


def test_with_the_right(client, caller_of, user):
    """`passwords:write` beside `users:write` allows it, in the calls that it always took."""
    trusted = caller_of(client, scopes={"users:write", "passwords:write"})
    operation = {"op": "replace", "path": f"{URN}:mfaEnabled", "value": False}
    trusted.good("PATCH", f"/Users/{user}", {"schemas": [PATCH], "Operations": [operation]})
    assert trusted.writes == ["PUT /users/{user}/mfaEnabled"]
    assert client.sandbox.directory.users.get(user)["mfaEnabled"] is False


def test_other_facets_stay_as_they_were(client, limited, user):
    """To disable, to enable and to move a user needs the right to write users and no other."""
    limited.good("PATCH", f"/Users/{user}", {"schemas": [PATCH], "Operations": [
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": f"{URN}:population.id", "value": client.population("Partners")},
    ]})  # fmt: skip
    held = client.sandbox.directory.users.get(user)
    assert (held["enabled"], held["population"]["id"]) == (False, client.population("Partners"))
