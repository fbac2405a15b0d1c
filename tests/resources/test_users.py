"""What PingOne holds of a user after each verb, field by field, under both readings of nested merges."""

from __future__ import annotations

import pytest

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
OWN = ("id", "createdAt", "updatedAt", "environment", "account", "emailVerified", "lifecycle", "verifyStatus")
WHOLE = {
    "userName": "Everything",
    "externalId": "hr-777",
    "name": {
        "formatted": "Dr. Jo M. Field Jr.", "familyName": "Field", "givenName": "Jo", "middleName": "M.",
        "honorificPrefix": "Dr.", "honorificSuffix": "Jr.",
    },
    "nickName": "Jojo", "title": "Lead", "userType": "Employee",
    "preferredLanguage": "en-GB;q=0.8", "locale": "en-GB", "timezone": "Europe/London",
    "active": False, "password": "S3cret-start!",
    "emails": [{"value": "jo@example.com", "type": "work", "primary": True}],
    "phoneNumbers": [{"value": "+44 20 1", "type": "work"}, {"value": "+44 77 2", "type": "mobile"}],
    "addresses": [{
        "type": "work", "streetAddress": "1 High St\nFlat 2", "locality": "Leeds", "region": "Yorkshire",
        "postalCode": "LS1 4AP", "country": "United Kingdom",
    }],
    "photos": [{"value": "https://photos.example.com/jo.png", "type": "photo"}],
}  # fmt: skip
PLAIN = {
    "username": "Everything", "externalId": "hr-777",
    "name": {"formatted": "Dr. Jo M. Field Jr.", "family": "Field", "given": "Jo", "middle": "M.",
             "honorificPrefix": "Dr.", "honorificSuffix": "Jr."},
    "nickname": "Jojo", "title": "Lead", "type": "Employee", "preferredLanguage": "en-GB;q=0.8", "locale": "en-GB",
    "timezone": "Europe/London", "email": "jo@example.com", "primaryPhone": "+44 20 1", "mobilePhone": "+44 77 2",
    "address": {"streetAddress": "1 High St\nFlat 2", "locality": "Leeds", "region": "Yorkshire",
                "postalCode": "LS1 4AP", "countryCode": "GB"},
    "photo": {"href": "https://photos.example.com/jo.png"}, "accountId": "acc-1",
}  # fmt: skip


@pytest.fixture(params=["members", "whole"])
def client(request, make_client):
    return make_client(nested_merge=request.param)


@pytest.fixture
def provider(client):
    return next(iter(client.sandbox.directory.providers))


@pytest.fixture
def whole(client, provider):
    """A body with every attribute of the table that a client may write."""
    extension = {
        "accountId": "acc-1", "mfaEnabled": True, "identityProvider": {"id": provider},
        "population": {"id": client.population("Partners")},
    }  # fmt: skip
    return {**WHOLE, URN: extension}


@pytest.fixture
def facets(client, provider):
    return {
        "enabled": False, "mfaEnabled": True, "population": {"id": client.population("Partners")},
        "identityProvider": {"id": provider, "type": client.sandbox.directory.providers[provider]["type"]},
    }  # fmt: skip


def held(client, user):
    """Return what PingOne holds of a user, but for what is its own."""
    record = client.sandbox.directory.users.get(user)
    return {name: value for name, value in record.items() if name not in OWN}


def test_create_and_read(client, whole, facets):
    """Every attribute arrives in its field, and comes back as it was sent."""
    made = client.good("POST", "/Users", whole)
    assert held(client, made["id"]) == {**PLAIN, **facets}
    read = client.good("GET", f"/Users/{made['id']}")
    assert {name: value for name, value in read.items() if name != "groups"} == made
    for name, value in whole.items():
        if name not in ("password", URN, "addresses"):
            assert read[name] == value or read[name] == [{**value[0], "primary": True}], name
    assert read["addresses"][0] == {**whole["addresses"][0], "country": "GB", "primary": True}
    assert "password" not in read
    extension = read[URN]
    assert extension["population"] == whole[URN]["population"]
    assert extension["identityProvider"]["id"] == whole[URN]["identityProvider"]["id"]
    assert (extension["mfaEnabled"], extension["accountId"]) == (True, "acc-1")


def test_replace_with_less(client, whole, facets):
    """PUT clears the plain attributes that it omits; facets, password and what its client does not know stay."""
    made = client.good("POST", "/Users", whole)["id"]
    record = client.sandbox.directory.users.get(made)
    client.sandbox.directory.users.put({**record, "department": "Research", "preferences": {"a": 1}})
    password = client.sandbox.directory.passwords[made]
    known = {"schemas": [CORE, URN], "userName": "Everything"}
    client.good("PUT", f"/Users/{made}", {"schemas": [CORE], "userName": "Everything"})
    assert client.sandbox.directory.users.get(made)["accountId"] == "acc-1"
    plain = {name: value for name, value in whole.items() if name != "password"}
    client.good("PUT", f"/Users/{made}", {**plain, "userName": "Everything"})
    answer = client.good("PUT", f"/Users/{made}", known)
    assert held(client, made) == {
        "username": "Everything", "department": "Research", "preferences": {"a": 1}, **facets
    }  # fmt: skip
    assert client.sandbox.directory.passwords[made] == password
    assert set(answer) == {"schemas", "id", "userName", "active", "meta", URN}
    sent = client.sandbox.journal.entries[-1].json
    assert sent["photo"] is None
    assert sent["title"] is None


@pytest.mark.parametrize(
    ("attribute", "value", "field", "expected"),
    [
        ("name", {"familyName": "Field"}, "name", {"family": "Field"}),
        ("addresses", [{"type": "work", "locality": "York"}], "address", {"locality": "York"}),
        ("phoneNumbers", [{"type": "mobile", "value": "1"}], "mobilePhone", "1"),
        ("photos", [], "photo", None),
        ("emails", None, "email", None),
        ("name", None, "name", None),
    ],
)
def test_replace_part_of_nested(client, whole, facets, attribute, value, field, expected):
    """PUT with part of a nested object keeps that part only, whichever way PingOne merges nested objects."""
    made = client.good("POST", "/Users", whole)["id"]
    again = {"password": f"{whole['password']}-2"} if "password" in whole else {}  # the same one is refused by history
    client.good("PUT", f"/Users/{made}", {**whole, **again, attribute: value})
    after = {**PLAIN, **facets, field: expected}
    if attribute == "phoneNumbers":
        del after["primaryPhone"]
    assert held(client, made) == {name: value for name, value in after.items() if value is not None}


@pytest.mark.parametrize(
    ("operation", "field", "expected"),
    [
        ({"op": "replace", "path": "name.familyName", "value": "New"}, "name", {**PLAIN["name"], "family": "New"}),
        ({"op": "replace", "path": "name", "value": {"familyName": "New"}}, "name", {**PLAIN["name"], "family": "New"}),
        ({"op": "remove", "path": "photos"}, "photo", None),
        ({"op": "remove", "path": 'photos[type eq "photo"]'}, "photo", None),
        ({"op": "remove", "path": "name.middleName"}, "name",
         {name: part for name, part in PLAIN["name"].items() if name != "middle"}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, "email", None),
        ({"op": "add", "path": "emails", "value": [{"value": "n@example.com", "type": "work"}]}, "email",
         "n@example.com"),
        ({"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "7"}, "mobilePhone", "7"),
        ({"op": "replace", "path": 'addresses[type eq "work"].country', "value": "DEU"}, "address",
         {**PLAIN["address"], "countryCode": "DE"}),
        ({"op": "replace", "path": "addresses", "value": [{"type": "work", "locality": "York"}]}, "address",
         {"locality": "York"}),
        ({"op": "replace", "value": {"title": "Boss", f"{URN}:accountId": "acc-2"}}, "accountId", "acc-2"),
        ({"op": "remove", "path": f"{URN}:accountId"}, "accountId", None),
    ],
)  # fmt: skip
def test_patch(client, whole, facets, operation, field, expected):
    """Each operation changes its field and no other."""
    made = client.good("POST", "/Users", whole)["id"]
    assert client.patch(f"/Users/{made}", operation).status_code == 200
    after = {**PLAIN, **facets, field: expected}
    if isinstance(operation.get("value"), dict) and "title" in operation["value"]:
        after["title"] = "Boss"
    assert held(client, made) == {name: value for name, value in after.items() if value is not None}


def test_delete(client, whole):
    """A deleted user is gone from PingOne; a second delete finds nothing."""
    made = client.good("POST", "/Users", whole)["id"]
    assert client.send("DELETE", f"/Users/{made}").status_code == 204
    assert client.sandbox.directory.users.get(made) is None
    assert client.fault("DELETE", f"/Users/{made}") == (404, None)
    assert client.fault("GET", f"/Users/{made}") == (404, None)


def test_facets_that_creation_ignores(make_client):
    """Where PingOne does not take the state at creation, it is set afterwards; the same POST finishes what failed."""
    client = make_client(enabled_on_create="ignore")
    made = client.good("POST", "/Users", {"userName": "off", "active": False})
    assert made["active"] is False
    assert client.sandbox.directory.users.get(made["id"])["enabled"] is False
    client.sandbox.faults.plan("error", "PUT", "/enabled", times=6)
    body = {"userName": "off2", "active": False}
    answer = client.send("POST", "/Users", body)
    assert answer.status_code == 503
    assert "created as" in answer.json["detail"]
    assert "perhaps done: disable; the same request sent again finishes it" in answer.json["detail"]
    again = client.good("POST", "/Users", body)
    assert again["active"] is False
    assert client.sandbox.directory.users.find("username", "off2") == {again["id"]}
    assert client.fault("POST", "/Users", body) == (409, "uniqueness")


def test_refused_facet_takes_the_user_back(make_client):
    """Where PingOne refuses what it did not take at creation, the user is taken back and the POST can be sent again."""
    client = make_client(enabled_on_create="ignore")
    client.sandbox.faults.plan("error", "PUT", "/enabled", status=403)
    assert client.fault("POST", "/Users", {"userName": "off", "active": False}) == (403, None)
    assert not client.sandbox.directory.users.find("username", "off")
    assert client.good("POST", "/Users", {"userName": "off", "active": False})["active"] is False


def test_both_projections_at_once(client):
    """`attributes` with `excludedAttributes` is refused before anything is written."""
    both = "attributes=userName&excludedAttributes=title"
    user = client.users_in("Employees")[0]
    for method, path, body in (
        ("POST", "/Users", {"userName": "both"}), ("PUT", f"/Users/{user}", {"userName": "both"}),
        ("PATCH", f"/Users/{user}", {"Operations": [{"op": "replace", "path": "title", "value": "x"}]}),
        ("POST", "/Groups", {"displayName": "both"}), ("GET", "/Users", None),
    ):  # fmt: skip
        assert client.fault(method, f"{path}?{both}", body)[0] == 400
        assert client.writes == []


def test_projection_of_answers(client):
    """`attributes` and `excludedAttributes` cut the answers of writes too."""
    made = client.good("POST", "/Users?attributes=title", {"userName": "cut", "title": "Lead", "nickName": "C"})
    assert set(made) == {"schemas", "id", "title"}
    answer = client.good("PUT", f"/Users/{made['id']}?excludedAttributes=title", {"userName": "cut", "title": "Lead"})
    assert "title" not in answer
    assert answer["userName"] == "cut"


def test_if_match(client):
    """A change is held to the version that the client saw; If-None-Match answers 304."""
    user = client.users_in("Employees")[0]
    tag = client.send("GET", f"/Users/{user}").headers["ETag"]
    assert client.send("GET", f"/Users/{user}", headers={"If-None-Match": tag}).status_code == 304
    change = {"op": "replace", "path": "title", "value": "New"}
    after = client.patch(f"/Users/{user}", change, headers={"If-Match": tag})
    assert after.status_code == 200
    assert client.patch(f"/Users/{user}", change, headers={"If-Match": tag}).status_code == 412
    assert client.writes == []
    assert client.send("DELETE", f"/Users/{user}", headers={"If-Match": tag}).status_code == 412
    assert client.send("DELETE", f"/Users/{user}", headers={"If-Match": after.headers["ETag"]}).status_code == 204
