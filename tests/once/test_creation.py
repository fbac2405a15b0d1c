"""Creates happen once, also where PingOne's answers are lost or what was made is not shown yet."""

from __future__ import annotations

import pytest


def held(client, username):
    return client.sandbox.directory.users.find("username", username)


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "cut"])
@pytest.mark.parametrize("switches", [{}, {"existing_id": False}], ids=str)
def test_lost_answer(make_client, kind, switches):
    """A user whose creation was not answered is found again and answered as created."""
    client = make_client(**switches)
    client.sandbox.faults.plan(kind, "POST", "/users")
    body = {"userName": "once", "title": "Lead", "active": False, "password": "S3cret-start!"}
    answer = client.send("POST", "/Users", body)
    assert answer.status_code == 201
    assert held(client, "once") == {answer.json["id"]}
    assert client.calls.count("POST /users") == 2
    client.sandbox.faults.plan(kind, "POST", "/groups")
    members = [{"value": answer.json["id"]}]
    group = client.good("POST", "/Groups", {"displayName": "Once", "members": members})
    assert client.sandbox.directory.groups.find("name", "Once") == {group["id"]}
    assert client.members(group["id"]) == {answer.json["id"]}
    client.sandbox.faults.plan(kind, "POST", "/populations")
    made = client.good("POST", "/Populations", {"displayName": "Once"})
    assert client.sandbox.directory.populations.find("name", "Once") == {made["id"]}


def test_request_that_never_arrived(client):
    """A creation that never reached PingOne is simply sent again."""
    client.sandbox.faults.plan("drop_before", "POST", "/users")
    assert client.send("POST", "/Users", {"userName": "late"}).status_code == 201
    assert len(held(client, "late")) == 1


@pytest.mark.parametrize("switches", [{}, {"existing_id": False}], ids=str)
def test_holder_that_is_not_ours(make_client, switches):
    """A lost answer does not make somebody else's user ours: 409, though it agrees in all that was sent."""
    client = make_client(**switches)
    old = client.sandbox.directory.users.get(client.users_in("Employees")[0])
    body = {"userName": old["username"]}
    client.sandbox.faults.plan("drop_before", "POST", "/users")
    assert client.fault("POST", "/Users", body) == (409, "uniqueness")
    client.sandbox.faults.plan("drop_after", "POST", "/users")
    assert client.fault("POST", "/Users", {**body, "title": "Somebody else"}) == (409, "uniqueness")


def test_answers_lost_for_good(client):
    """Where every answer is lost, the error says that nobody knows, and the user is there once."""
    client.sandbox.faults.plan("drop_after", "POST", "/users", times=100)
    assert client.send("POST", "/Users", {"userName": "maybe"}).status_code in (201, 503)
    assert len(held(client, "maybe")) == 1


def test_not_shown_yet(client):
    """What PingOne shows only after a while is created once, found again, and can be used at once."""
    client.sandbox.faults.set(visibility_delay=0.2)
    client.sandbox.faults.plan("drop_after", "POST", "/users")
    made = client.send("POST", "/Users", {"userName": "fresh"})
    assert made.status_code in (201, 409)
    assert len(held(client, "fresh")) == 1
