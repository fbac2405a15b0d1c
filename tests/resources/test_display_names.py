"""The display name of who has no name: shared mailboxes and service accounts keep what they are called."""

from __future__ import annotations

import pytest

DESK = "Service Desk"


def display(client, key):
    return client.good("GET", f"/Users/{key}").get("displayName")


def found(client, name):
    return client.list("/Users", filter=f'displayName eq "{name}"')["totalResults"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "displayName", "value": DESK},
        {"op": "add", "path": "displayName", "value": DESK},
        {"op": "replace", "value": {"displayName": DESK}},
        {"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:User:displayName": DESK, "title": "x"}},
    ],
)
def test_all_verbs_keep_it(client, operation):
    """POST, PUT and PATCH: it comes back, is read again, and filters find it."""
    made = client.good("POST", "/Users", {"userName": "desk", "displayName": DESK})
    key = made["id"]
    assert made["displayName"] == display(client, key) == DESK
    assert found(client, "service desk") == 1
    assert client.good("PUT", f"/Users/{key}", {"userName": "desk", "displayName": "Help"})["displayName"] == "Help"
    assert client.good("PATCH", f"/Users/{key}", {"Operations": [operation]})["displayName"] == DESK
    assert (display(client, key), found(client, DESK), found(client, "Help")) == (DESK, 1, 0)


def test_the_same_body_again_changes_nothing(client):
    """A client that puts what it posted, or echoes what it got, writes nothing and keeps the name."""
    body = {"userName": "desk", "displayName": DESK}
    made = client.good("POST", "/Users", body)
    for again in (body, made, {"userName": "desk", "displayName": DESK, "name": {"formatted": DESK}}):
        assert client.good("PUT", f"/Users/{made['id']}", again)["displayName"] == DESK
        assert client.writes == []
    again = {"Operations": [{"op": "replace", "path": "displayName", "value": DESK}]}
    assert client.good("PATCH", f"/Users/{made['id']}", again)["displayName"] == DESK
    assert client.writes == []


def test_a_put_without_it_takes_it_away(client):
    """What a PUT omits is cleared, as any other attribute."""
    key = client.good("POST", "/Users", {"userName": "desk", "displayName": DESK})["id"]
    assert "displayName" not in client.good("PUT", f"/Users/{key}", {"userName": "desk"})


def test_a_name_is_composed_where_there_is_one(client):
    """A person's display name stays made of the name, by every verb, and what it costs is as before."""
    body = {"userName": "jo", "displayName": "Low, Jo", "name": {"givenName": "Jo", "familyName": "Low"}}
    made = client.good("POST", "/Users", body)
    assert made["displayName"] == "Jo Low"
    assert "formatted" not in made["name"]
    rename = {"Operations": [{"op": "replace", "value": {"displayName": "Jo Berg", "name": {"familyName": "Berg"}}}]}
    assert client.good("PATCH", f"/Users/{made['id']}", rename)["displayName"] == "Jo Berg"
    assert client.calls == ["PATCH /users/{user}"]
    spelled = {"Operations": [{"op": "replace", "path": "displayName", "value": "BERG, JO"}]}
    assert client.good("PATCH", f"/Users/{made['id']}", spelled)["displayName"] == "Jo Berg"
    assert client.writes == []


def test_a_name_that_comes_later_is_shown(client):
    """Who gets a name is shown by it, unless the client says at the same time what it is called."""
    key = client.good("POST", "/Users", {"userName": "desk", "displayName": "Jo"})["id"]
    named = {"Operations": [{"op": "replace", "path": "name.givenName", "value": "Jo"}]}
    assert client.good("PATCH", f"/Users/{key}", named)["displayName"] == "Jo"


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("shown", [None, DESK])
@pytest.mark.parametrize("gone", ["name", "name.givenName"])
def test_a_name_that_goes_goes_whole(make_client, strict, shown, gone):
    """A PATCH that takes the name away says nothing of the display name, which is not put in its place."""
    client = make_client(5, settings={"strict": strict})
    schemas = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}
    key = client.good("POST", "/Users", {**schemas, "userName": "jo", "name": {"givenName": "Jo"}})["id"]
    if shown:
        body = {**schemas, "userName": "jo", "name": {"givenName": "Jo"}, "displayName": shown}
        assert client.good("PUT", f"/Users/{key}", body)["displayName"] == shown
    assert client.patch(f"/Users/{key}", {"op": "remove", "path": gone}).status_code == 200
    left = client.good("GET", f"/Users/{key}")
    assert left.get("name") == ({"formatted": shown} if shown and gone != "name" else None)
    assert left.get("displayName") == (shown if gone != "name" else None)


def test_a_put_without_the_name_takes_the_composed_one(client):
    """A client that reads, takes the name out and puts the rest finds no name."""
    made = client.good("POST", "/Users", {"userName": "jo", "name": {"givenName": "Jo"}})
    rest = {name: value for name, value in made.items() if name != "name"}
    assert client.good("PUT", f"/Users/{made['id']}", rest).keys().isdisjoint({"name", "displayName"})


def test_removing_a_composed_name_is_ignored(client):
    """What is composed cannot be taken away by its own name: that is noticed, and changes nothing."""
    key = client.good("POST", "/Users", {"userName": "jo", "name": {"givenName": "Jo"}})["id"]
    gone = {"Operations": [{"op": "remove", "path": "displayName"}]}
    assert client.send("PATCH", f"/Users/{key}", gone).status_code < 300
    assert display(client, key) == "Jo"


def test_a_name_that_pingone_would_refuse(make_client):
    """Whether an ampersand is taken decides PingOne; where it is, it is kept."""
    client = make_client(5, strict_patterns=False)
    made = client.good("POST", "/Users", {"userName": "desk", "displayName": "Sales & Support (EMEA)"})
    assert made["displayName"] == "Sales & Support (EMEA)"


@pytest.mark.parametrize(("sent", "kept"), [(77, "77"), ([77], "77"), (True, None), ([True], None), ({"a": 1}, None)])
def test_what_is_no_text_is_one_or_refused(client, sent, kept):
    """A number is the text of its digits and anything else is 400, by every verb; nothing is lost with a success."""
    key = client.good("POST", "/Users", {"userName": "before"})["id"]
    body = {"userName": "desk", "displayName": sent}
    operation = {"Operations": [{"op": "replace", "path": "displayName", "value": sent}]}
    answers = [
        client.send("POST", "/Users", body),
        client.send("PUT", f"/Users/{key}", {**body, "userName": "before"}),
        client.send("PATCH", f"/Users/{key}", operation),
    ]
    if kept is None:
        assert [(answer.status_code, answer.json["scimType"]) for answer in answers] == [(400, "invalidValue")] * 3
        assert all(answer.json["detail"].startswith("displayName: ") for answer in answers)
    else:
        assert [answer.json["displayName"] for answer in answers] == [kept] * 3


def test_strict_clients_hear_that_a_number_is_no_text(make_client):
    """Where a number is no text it is refused, not dropped."""
    strict = make_client(5, settings={"strict": True})
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "desk", "displayName": 77}
    assert strict.fault("POST", "/Users", body) == (400, "invalidValue")


@pytest.mark.parametrize("path", ["displayName", None])
def test_a_filter_selects_nothing_of_one_value(client, path):
    """Brackets behind it are refused as behind any attribute that is no list, in a path and in a key."""
    key = client.good("POST", "/Users", {"userName": "desk", "displayName": DESK})["id"]
    selected = 'displayName[value eq "x"]'
    operation = (
        {"op": "replace", "path": selected, "value": "Help"} if path else {"op": "add", "value": {selected: "x"}}
    )
    assert client.fault("PATCH", f"/Users/{key}", {"Operations": [{"op": "add", **operation}]}) == (400, "invalidPath")
    assert client.writes == []
