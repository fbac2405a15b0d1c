"""Values that only some environments refuse: sent, learnt from a refusal, and held against it the next time."""

from __future__ import annotations

import pytest

ZONES = ("UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+3", "America/Port-au-Prince")
FAMILIES = ("Low, Jr", "O'Neill & Sons", "Smith/Jones", "Doe (Jane)", "M\u00fcller + Co")
DOUBTFUL = [("timezone", zone, "timezone") for zone in ZONES]
DOUBTFUL += [("name", {"familyName": family}, "name.familyName") for family in FAMILIES]


def patch(attribute, value):
    return {"Operations": [{"op": "replace", "value": {attribute: value}}]}


@pytest.fixture
def easy(make_client):
    """A client of an environment that enforces none of what is in doubt."""
    return make_client(5, strict_patterns=False)


@pytest.mark.parametrize(("attribute", "value", "_name"), DOUBTFUL)
def test_what_an_environment_takes_is_kept(easy, attribute, value, _name):
    """Nothing is refused that only the bridge would refuse: POST, PUT and both ways of PATCH store it."""
    made = easy.good("POST", "/Users", {"userName": "someone", attribute: value})
    assert made[attribute] == value
    easy.good("PUT", f"/Users/{made['id']}", {"userName": "someone"})
    assert easy.good("PUT", f"/Users/{made['id']}", {"userName": "someone", attribute: value})[attribute] == value
    easy.good("PUT", f"/Users/{made['id']}", {"userName": "someone"})
    assert easy.good("PATCH", f"/Users/{made['id']}", patch(attribute, value))[attribute] == value
    assert len(easy.calls) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(("attribute", "value", "name"), DOUBTFUL)
def test_a_refusal_names_the_attribute_and_is_learnt(client, method, attribute, value, name):
    """PingOne's refusal is 400 invalidValue by the SCIM name; the same value is then refused before any call."""
    path = "/Users" if method == "POST" else f"/Users/{client.users_in('Partners')[0]}"
    body = patch(attribute, value) if method == "PATCH" else {"userName": "someone", attribute: value}
    answer = client.send(method, path, body)
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue")
    assert f"{name}: PingOne refuses this value; it has to be" in answer.json["detail"]
    assert len(client.writes) == 1
    assert f"{name}: PingOne would refuse this value" in client.detail(method, path, body)
    assert client.writes == []


def test_a_refusal_teaches_all_clients_for_a_day(client, clock):
    """What one request learns another one knows; after a day it is asked again."""
    user = client.users_in("Partners")[0]
    assert client.fault("POST", "/Users", {"userName": "one", "timezone": "UTC"}) == (400, "invalidValue")
    assert client.fault("PATCH", f"/Users/{user}", patch("timezone", "Etc/GMT+3")) == (400, "invalidValue")
    assert client.writes == []
    clock.sleep(25 * 3600.0)
    assert client.fault("PATCH", f"/Users/{user}", patch("timezone", "Etc/GMT+3")) == (400, "invalidValue")
    assert client.writes == ["PATCH /users/{user}"]


def test_a_refusal_of_something_else_teaches_nothing(client):
    """Only a value that the pattern refuses, refused by its own name, shows that the pattern is enforced."""
    assert client.fault("POST", "/Users", {"userName": "one", "password": "short"}) == (400, "invalidValue")
    assert client.fault("POST", "/Users", {"userName": "two", "name": {"familyName": "A, B"}}) == (400, "invalidValue")
    assert client.fault("POST", "/Users", {"userName": "two", "timezone": "UTC"}) == (400, "invalidValue")
    assert client.writes == ["POST /users"]


def test_what_pingone_holds_already_is_not_judged(client):
    """A zone that came there in another way does not stand in the way of a change beside it."""
    key = client.users_in("Partners")[0]
    client.fault("POST", "/Users", {"userName": "one", "timezone": "UTC"})
    record = next(user for user in client.sandbox.directory.users if user["id"] == key)
    record["timezone"] = "UTC"
    answer = client.good("GET", f"/Users/{key}")
    assert client.good("PUT", f"/Users/{key}", {**answer, "title": "Lead"})["title"] == "Lead"


def test_a_formatted_name_costs_nobody_the_person(client):
    """What is derived is left out where PingOne refuses it, and then no more sent; the strict are refused."""
    body = {"userName": "one", "name": {"formatted": "Low, Jo", "givenName": "Jo"}, "title": "x"}
    made = client.good("POST", "/Users", body)
    assert made["name"] == {"givenName": "Jo"}
    assert client.writes == ["POST /users", "POST /users"]
    client.good("POST", "/Users", {**body, "userName": "two"})
    assert client.writes == ["POST /users"]
    changed = client.good("PATCH", f"/Users/{made['id']}", patch("name", {"formatted": "Low, J", "givenName": "J"}))
    assert changed["name"] == {"givenName": "J"}
    assert client.writes == ["PATCH /users/{user}"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_formatted_name_is_left_out_of_a_change(client, method):
    """The rest of the change is made, in a call more the first time."""
    key = client.users_in("Partners")[0]
    value = {"formatted": "Low, Jo", "familyName": "Low"}
    body = patch("name", value) if method == "PATCH" else {"userName": "someone", "name": value}
    assert client.good(method, f"/Users/{key}", body)["name"]["familyName"] == "Low"
    assert len(client.writes) == 2
    assert "formatted" not in client.good("GET", f"/Users/{key}")["name"]


def test_a_derived_value_does_not_hide_another_one(client):
    """Where the family name is refused as well, the refusal names that, and nothing is written."""
    body = {"userName": "one", "name": {"formatted": "Low, Jo", "familyName": "Low, Jr"}}
    assert "name.familyName" in client.detail("POST", "/Users", body)
    assert client.list("/Users", filter='userName eq "one"')["totalResults"] == 0


def test_a_formatted_name_is_kept_where_it_is_taken(easy):
    """Nothing is left out where nothing is refused."""
    made = easy.good("POST", "/Users", {"userName": "one", "name": {"formatted": "Low, Jo"}})
    assert made["name"] == {"formatted": "Low, Jo"}


def test_the_strict_are_refused(make_client):
    """A client that is held to the letter is told of a derived value as of any other."""
    client = make_client(5, settings={"strict": True})
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a", "name": {"formatted": "A, B"}}
    assert "name.formatted" in client.detail("POST", "/Users", body)
    assert "name.formatted" in client.detail("POST", "/Users", body)
    assert client.writes == []


def test_an_environment_that_wants_an_address(make_client):
    """That a value is missing is learnt as well: POST, PUT and PATCH without one are then refused without a call."""
    client = make_client(5, email_required=True)
    user = client.users_in("Partners")[0]
    assert "emails" in client.detail("POST", "/Users", {"userName": "one"})
    assert client.writes == ["POST /users"]
    for method, path, body in (
        ("POST", "/Users", {"userName": "one"}),
        ("PUT", f"/Users/{user}", {"userName": "one"}),
        ("PATCH", f"/Users/{user}", {"Operations": [{"op": "remove", "path": "emails"}]}),
    ):
        answer = client.send(method, path, body)
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue")
        assert "emails" in answer.json["detail"]
        assert client.writes == []
    client.good("POST", "/Users", {"userName": "one", "emails": [{"value": "one@example.org"}]})


def test_a_refusal_behind_other_steps_says_what_is_done(client):
    """The population is changed before the attributes; the second time the refusal comes before both."""
    key, other = client.users_in("Partners")[:2]
    to = {"urn:pingidentity:schemas:extension:2.0:PingOneUser": {"population": {"id": client.population("Employees")}}}
    body = {"Operations": [{"op": "replace", "value": {"timezone": "UTC", "active": False, **to}}]}
    detail = client.detail("PATCH", f"/Users/{key}", body)
    assert "timezone" in detail
    assert "population" in detail
    assert client.fault("PATCH", f"/Users/{other}", body) == (400, "invalidValue")
    assert client.writes == []
