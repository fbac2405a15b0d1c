"""What takes a read of its own: the state of a password, and the names of groups beside their ids."""

from __future__ import annotations

import pytest

from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.sandbox.model.passwords import make_password
from tests.resources.accounts.conftest import READ, URN

STATE = f"{URN}:passwordState.status"
PASSWORD, GROUPS = "GET /users/{user}/password", "GET /users/{user}/memberOfGroups"


def test_a_plain_read_is_one_call(account):
    """Neither is asked for unasked."""
    shown = account.get()
    assert account.calls == [READ]
    assert all(each.keys() == {"value", "$ref"} for each in shown.get("groups", []))


def test_the_state_of_the_password(account):
    """By name only, by a call, and never the password."""
    account.directory.passwords[account.user] = make_password(account.directory, "2Federate!", force_change=False)
    assert account.get("passwordState")[URN] == {"passwordState": {"status": "OK"}}
    assert account.calls == [READ, PASSWORD]
    assert account.get("passwordState.status")[URN] == {"passwordState": {"status": "OK"}}


def test_in_lists_a_call_for_each_user(account):
    """Side by side, as groups are."""
    found = account.client.list("/Users", attributes=STATE, count=5)
    assert len(account.calls) == 1 + 5
    assert all(each[URN]["passwordState"]["status"] for each in found["Resources"])


@pytest.mark.parametrize("scope", ["passwords:read", "groups:read"])
def test_it_needs_the_right(make_account, scope):
    """Whoever has not got it is refused before anything is asked or changed."""
    account = make_account(scopes=ALL_SCOPES - {scope})
    name = STATE if scope == "passwords:read" else "groups.display"
    user = f"/Users/{account.user}?attributes={name}"
    title = {"op": "replace", "path": "title", "value": "Lead"}
    for answer in (
        account.client.send("GET", user),
        account.client.send("GET", f"/Users?attributes={name}"),
        account.client.patch(user, title),
    ):
        assert answer.status_code == 403
        assert scope in answer.json["detail"]
        assert account.calls == []


def test_it_cannot_be_filtered_by(account):
    """PingOne tells it for one user at a time."""
    for text in (f"{STATE} pr", 'groups.display eq "a"', 'groups[type eq "direct"]'):
        answer = account.client.send("GET", "/Users", query_string={"filter": text})
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidFilter")


@pytest.mark.parametrize("order", ["same", "other"])
def test_names_of_groups_are_those_of_their_ids(make_account, order):
    """Read from one record each, in whatever order PingOne tells ids and names."""
    account = make_account(group_names_order=order)
    for name in ("Empty Room", "All Staff"):
        group = next((each["id"] for each in account.directory.groups if each["name"] == name), None)
        if group:
            account.directory.edges.add("users", account.user, group)
    shown = account.client.good("GET", f"/Users/{account.user}?attributes=groups.value,groups.display,groups.type")
    assert account.calls == [READ, GROUPS]
    names = {each["id"]: each["name"] for each in account.directory.groups}
    assert shown["groups"]
    for each in shown["groups"]:
        assert each["display"] == names[each["value"]]
        assert each["type"] in ("direct", "indirect")


def test_an_operation_shows_the_same_attribute(account):
    """`find` and `lookup` with the state of the password, where the table puts it."""
    body = {"attributes": ["id"], "identifier": account.user, "passwordStatus": True}
    one = account.client.good("POST", "/Users/.find", body)
    assert one[URN]["passwordState"] == {"status": "NO_PASSWORD"}
    assert one["userName"]
    assert account.calls.count(PASSWORD) == 1
    several = account.client.good("POST", "/Users/.lookup", body)
    assert several["Resources"][0][URN]["passwordState"] == {"status": "NO_PASSWORD"}


@pytest.mark.parametrize("name", [f"{URN}:passwordState", "groups.display"])
def test_what_the_version_does_not_cover_is_always_told(account, name):
    """The tag of a user says nothing of its password: who knows the tag is not told that all is as it was."""
    tag = account.client.send("GET", f"/Users/{account.user}").headers["ETag"]
    condition = {**account.client.headers, "If-None-Match": tag}
    assert account.client.send("GET", f"/Users/{account.user}", headers=condition).status_code == 304
    answer = account.client.send("GET", f"/Users/{account.user}?attributes={name}", headers=condition)
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
