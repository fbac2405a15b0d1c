"""Values as clients in the field write them, over HTTP: what PingOne holds afterwards, and what strict clients hear."""

from __future__ import annotations

import pytest

from scimbridge.app import create_app
from tests.conftest import PINGONE_GROUP, PINGONE_USER, Client, settings_for

USER, GROUP = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def user(client):
    body = {"schemas": [USER], "userName": "v", "title": "A", "emails": [{"value": "v@example.org", "type": "work"}]}
    return client.good("POST", "/Users", body)["id"]


@pytest.fixture
def group(client):
    return client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "before"})["id"]


@pytest.fixture
def strict(client):
    """Send to the same PingOne as a client that is held to the letter."""
    return Client(create_app(settings_for(client.sandbox, strict=True)), client.sandbox)


@pytest.mark.parametrize(
    ("operation", "field", "held"),
    [
        ({"path": "active", "value": [False]}, "enabled", False),
        ({"path": "active", "value": ["False"]}, "enabled", False),
        ({"path": "title", "value": ["B"]}, "title", "B"),
        ({"path": "name", "value": [{"familyName": "B"}]}, "name", {"family": "B"}),
        ({"path": "name.familyName", "value": ["B"]}, "name", {"family": "B"}),
        ({"path": 'emails[type eq "work"].value', "value": ["b@example.org"]}, "email", "b@example.org"),
        (
            {"path": 'emails[type eq "work"]', "value": [{"value": "b@example.org", "type": "work"}]},
            "email",
            "b@example.org",
        ),
        ({"value": [{"title": "B", "active": [True]}]}, "title", "B"),
        ({"value": [{PINGONE_USER: [{"accountId": ["B"]}]}]}, "accountId", "B"),
        ({"path": PINGONE_USER, "value": [{"accountId": "B"}]}, "accountId", "B"),
    ],
)
def test_the_one_value_of_an_operation_in_an_array(client, strict, user, operation, field, held):
    """It is that value; an array of two, and the same from a strict client, is refused before a write."""
    operation = {"op": "replace", **operation}
    assert strict.patch(f"/Users/{user}", operation).status_code == 400
    two = {**operation, "value": operation["value"] * 2}
    assert client.patch(f"/Users/{user}", two).status_code == 400
    assert client.writes == strict.writes == []
    assert client.patch(f"/Users/{user}", operation).status_code == 200
    assert client.sandbox.directory.users.get(user)[field] == held


def test_one_value_in_an_array_in_other_verbs(client, group):
    """A group's name by PATCH, by PUT and by POST; POST of a user too, whose population is chosen by what it means."""
    path = f"/Groups/{group}"
    assert client.patch(path, {"op": "replace", "path": "displayName", "value": ["one"]}).status_code < 300
    assert client.sandbox.directory.groups.get(group)["name"] == "one"
    client.good("PUT", path, {"schemas": [GROUP], "displayName": ["two"], PINGONE_GROUP: [{"description": ["d"]}]})
    assert {**client.sandbox.directory.groups.get(group)}.items() >= {"name": "two", "description": "d"}.items()
    assert client.good("POST", "/Groups", {"displayName": ["three"]})["displayName"] == "three"
    body = {"userName": ["w"], "active": [False], "name": [{"givenName": ["W"]}]}
    made = client.good("POST", "/Users", body)
    assert (made["userName"], made["active"], made["name"]) == ("w", False, {"givenName": "W"})


@pytest.mark.parametrize(
    "idle",
    [
        {"active": None},
        {"password": None},
        {f"{PINGONE_USER}:mfaEnabled": None},
        {PINGONE_USER: {"mfaEnabled": None, "population": None}},
        {PINGONE_USER: {"population": {"id": None}}},
        {f"{PINGONE_USER}:population.id": None},
    ],
)
def test_null_beside_other_members_says_nothing_of_what_cannot_be_removed(client, strict, user, idle):
    """As in POST and PUT; null for what can be removed clears it, and a strict client hears 400."""
    before = client.sandbox.directory.users.get(user)
    answer = client.patch(f"/Users/{user}", {"op": "replace", "value": {**idle, "title": None, "nickName": "n"}})
    assert answer.status_code == 200, answer.text
    after = {name: value for name, value in before.items() if name not in ("title", "updatedAt")} | {"nickname": "n"}
    held = client.sandbox.directory.users.get(user)
    assert {name: value for name, value in held.items() if name != "updatedAt"} == after
    assert strict.patch(f"/Users/{user}", {"op": "replace", "value": idle}).status_code == 400


def test_null_by_path_is_still_a_removal(client, user):
    """Who names `active` alone and gives null wants it gone, which cannot be."""
    assert client.patch(f"/Users/{user}", {"op": "replace", "path": "active", "value": None}).status_code == 400


def test_numbers_are_kept_as_texts(client, strict, user):
    """A postal code and a personnel number, in a body and in an operation, with all their digits."""
    raw = (
        '{"userName": "n", "externalId": 4711.10, "addresses": [{"type": "work", "postalCode": 10115}],'
        ' "phoneNumbers": [{"type": "work", "value": 15551234567}]}'
    )
    made = client.good("POST", "/Users", content_type="application/scim+json", data=raw)
    held = client.sandbox.directory.users.get(made["id"])
    assert (held["externalId"], held["primaryPhone"]) == ("4711.10", "15551234567")
    assert held["address"]["postalCode"] == "10115"
    operation = {"op": "replace", "path": "externalId", "value": 12345678901234567890123}
    assert client.patch(f"/Users/{user}", operation).status_code == 200
    assert client.sandbox.directory.users.get(user)["externalId"] == "12345678901234567890123"
    for value in (True, [1, 2], {"a": 1}):
        assert client.patch(f"/Users/{user}", {**operation, "value": value}).json["scimType"] == "invalidValue"
    assert strict.patch(f"/Users/{user}", operation).json["scimType"] == "invalidValue"


def test_numbers_in_an_object_stay_numbers(client, group):
    """Custom data keeps what JSON says, however the number is written."""
    raw = (
        '{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace",'
        f' "path": "{PINGONE_GROUP}:customData", "value": {{"a": 1.50, "b": [1e2, {{"c": 0.10}}]}}}}]}}'
    )
    client.good("PATCH", f"/Groups/{group}", content_type="application/scim+json", data=raw)
    assert client.sandbox.directory.groups.get(group)["customData"] == {"a": 1.5, "b": [100.0, {"c": 0.1}]}


@pytest.mark.parametrize("form", ["{base}/Users/{id}", "../Users/{id}", "/Users/{id}/"])
def test_a_member_is_found_by_its_reference(client, strict, user, group, form):
    """Added, removed and listed by `$ref` alone."""
    element = {"$ref": form.format(base="https://scim.example.org/scim/v2", id=user), "display": "Ada"}
    path = f"/Groups/{group}"
    assert strict.patch(path, {"op": "add", "path": "members", "value": [element]}).status_code == 400
    for op, members in (("add", {user}), ("remove", set()), ("replace", {user})):
        assert client.patch(path, {"op": op, "path": "members", "value": [element]}).status_code < 300
        assert client.members(group) == members
    client.good("PUT", path, {"displayName": "before", "members": [element]})
    assert client.members(group) == {user}
    made = client.good("POST", "/Groups", {"displayName": "other", "members": [element]})
    assert client.members(made["id"]) == {user}


@pytest.mark.parametrize("reference", ["https://x.org/Populations/{id}", "{id}", "https://x.org/Users/", 5])
def test_a_reference_to_nothing_is_no_member(client, user, group, reference):
    """It names no user and no group, and the sentence names `members`."""
    reference = reference.format(id=user) if isinstance(reference, str) else reference
    for op in ("add", "remove", "replace"):
        operation = {"op": op, "path": "members", "value": [{"value": user}, {"$ref": reference}]}
        answer = client.patch(f"/Groups/{group}", operation)
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue")
        assert "members" in answer.json["detail"]
        assert client.writes == []


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        ("2015-10-10T24:00:00Z", 1),
        ("2015-10-10T00:00:00.12345678901234567890Z", 1),
        ("2098-12-31T24:00:00-14:00", 0),
    ],
)
def test_times_of_xsd_in_a_filter(client, user, moment, found):
    """The end of a day and any number of digits are times."""
    listed = client.list("/Users", filter=f'meta.created gt "{moment}" and id eq "{user}"')
    assert listed["totalResults"] == found
    assert client.fault("GET", '/Users?filter=meta.created gt "2015-10-10T24:00:01Z"') == (400, "invalidFilter")
