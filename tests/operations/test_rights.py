"""Rights: each operation needs the scope that its row names, and says so before anything else is looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.operations.rooms import open_catalogue
from tests.conftest import PINGONE_USER
from tests.operations.conftest import OLD, Desk
from tests.operations.test_each import EACH, filled, prepared

ROWS = {f"{each.resource}.{each.name}": each for each in open_catalogue(None)}
NOBODY = "00000000-0000-4000-8000-000000000000"
DELETED = (".sessions/x", ".linkedAccounts/x", f".memberships/{NOBODY}", ".roleAssignments/x", ".devices/x")


@pytest.mark.parametrize(("name", "method", "path", "body", "status", "calls"), EACH, ids=[each[0] for each in EACH])
def test_without_its_scope(open_desk, name, method, path, body, status, calls):
    """Without the scope of its row an operation is 403, which names it, and costs no call."""
    scope = ROWS[name].scope
    desk = open_desk(scopes=ALL_SCOPES - {scope})
    path = path.replace("=group", desk.group).replace("=crowd", desk.crowd)
    answer = desk.ask(method, path, {"not": "an input"} if method == "POST" else None)
    assert answer.status_code == 403
    assert scope in answer.json["detail"]
    assert desk.calls == []


@pytest.mark.parametrize("path", DELETED)
def test_parts_are_deleted_with_a_right_of_their_own(open_desk, path):
    """Who may read parts may not delete them."""
    name = path.split("/")[0].lstrip(".")
    row = ROWS[f"User.{name}"]
    desk = open_desk(scopes=ALL_SCOPES - {row.write})
    answer = desk.ask("DELETE", path)
    assert answer.status_code == 403
    assert row.write in answer.json["detail"]
    assert desk.calls == []


READ_BY_SCIM = {"User.find", "User.lookup", "User.memberships", "Group.members", "Population.find"}


@pytest.mark.parametrize(("name", "method", "path", "body", "status", "calls"), EACH, ids=[each[0] for each in EACH])
def test_the_own_token_reads_what_scim_shows_it(open_desk, name, method, path, body, status, calls):
    """The token of the settings changes nothing by operations, and reads by them no more than SCIM tells it."""
    desk = open_desk()
    plain = {"Authorization": desk.client.headers["Authorization"], "X-Test-Caller": ""}
    path = path.replace("=group", desk.group).replace("=crowd", desk.crowd)
    if name in READ_BY_SCIM:
        assert desk.ask(method, path, filled(desk, body), headers=plain).status_code in (200, 404)
        return
    answer = desk.ask(method, path, {"not": "an input"} if method == "POST" else None, headers=plain)
    assert answer.status_code == 403
    assert "SCIMBRIDGE_BEARER_TOKEN" in answer.json["detail"]
    assert f"`scimbridge client add` makes one that has {ROWS[name].scope}" in answer.json["detail"]
    assert desk.calls == []


def test_the_own_token_is_offered_what_it_may_call(open_desk):
    """Neither description names what it would be refused, the deletion of a membership neither."""
    desk = open_desk()
    plain = {"Authorization": desk.client.headers["Authorization"], "X-Test-Caller": ""}
    own = Desk(replace(desk.client, headers=plain), desk.user, desk.group)
    assert offered_to(own) == described_to(own) == READ_BY_SCIM
    told = own.client.good("GET", "/.operations")["operations"]
    assert not [each for each in told if "deleteScope" in each]
    assert own.ask("DELETE", f".memberships/{desk.group}").status_code == 403


def test_who_may_not_read_is_told_where(open_desk):
    """The answer to a client that may not read users has an id and a location, whatever it asks to be shown."""
    desk = open_desk(scopes={"accounts:write"})
    for query in ("", "?attributes=userName,emails", "?excludedAttributes=id"):
        answer = desk.ask("POST", f".unlock{query}")
        assert answer.status_code == 200
        assert set(answer.json) == {"schemas", "id", "meta"}
        assert set(answer.json["meta"]) == {"resourceType", "location"}
        assert "ETag" not in answer.headers


@pytest.mark.parametrize("identifier", ["visitor.0@example.org", "nobody@example.org"])
def test_match_tells_nothing_to_who_may_not_read(open_desk, identifier):
    """Whether somebody has an address is not told to a client that may not read users."""
    desk = open_desk(scopes=ALL_SCOPES - {"users:read"})
    answer = desk.ask("POST", "/Users/.unlock", {"match": {"attributes": ["emails.value"], "identifier": identifier}})
    assert answer.status_code == 403
    assert "users:read" in answer.json["detail"]
    assert desk.calls == []


def test_what_is_hidden_is_no_attribute(open_desk):
    """A client can neither be shown an attribute that is hidden from it, nor find anybody by it."""
    desk = open_desk(hidden=(("User", ("emails", "nickName")),))
    match = {"attributes": ["emails.value"], "identifier": "visitor.0@example.org"}
    for path, body in (("/Users/.unlock", {"match": match}), ("/Users/.find", match), ("/Users/.lookup", match)):
        answer = desk.ask("POST", path, body)
        assert answer.status_code == 400, answer.text
        assert desk.calls == []
    assert "emails" not in desk.ask("POST", ".unlock").json


def test_password_state_needs_its_own_right(open_desk):
    """Who finds users is told of their passwords only with the right to that."""
    desk = open_desk(scopes=ALL_SCOPES - {"passwords:read"})
    body = {"attributes": ["id"], "identifier": desk.user, "passwordStatus": True}
    answer = desk.ask("POST", "/Users/.find", body)
    assert answer.status_code == 403
    assert "passwords:read" in answer.json["detail"]
    assert desk.calls == []
    with_right = open_desk()
    found = with_right.ask("POST", "/Users/.find", {**body, "identifier": with_right.user})
    assert found.json[PINGONE_USER]["passwordState"] == {"status": "NO_PASSWORD"}


def test_what_is_shown_is_checked_first(open_desk):
    """A wrong wish for the answer is refused before anything is changed."""
    desk = open_desk()
    answer = desk.ask("POST", ".lock?attributes=userName&excludedAttributes=name")
    assert answer.status_code == 400
    assert desk.calls == []
    assert set(desk.ask("POST", ".unlock?attributes=userName").json) == {"schemas", "id", "userName"}
    assert "name" not in desk.ask("POST", ".unlock?excludedAttributes=name").json


def test_each_is_done_by_match(desk):
    """Every operation on users is done for who is found by an attribute, reading ones and parts too."""
    desk = prepared(desk)
    name = desk.client.good("GET", f"/Users/{desk.user}")["userName"]
    match = {"match": {"attributes": ["externalId", "userName"], "identifier": name.upper()}}
    for each, method, path, body, status, _calls in EACH:
        if not each.startswith("User.") or ROWS[each].on_all or method == "DELETE":
            continue
        desk.set_password(OLD)
        given = filled(desk, body)
        sent = {**(given or {}), **match}
        place = filled(desk, path).split("?")[0]
        answer = desk.ask("POST", f"/Users/{place}", sent)
        assert answer.status_code == status or (each == "User.sessions" and answer.status_code == 200), answer.text


PASSWORDS = {
    "setPassword", "changePassword", "removePassword", "forcePasswordChange", "recoverPassword", "setGateway",
}  # fmt: skip


def test_passwords_that_are_hidden(open_desk):
    """From whom the table hides `password`, no operation changes it, whatever its right, and none is offered."""
    whole, desk = open_desk(), open_desk(hidden=(("User", ("password",)),))
    assert offered_to(whole) - offered_to(desk) == {f"User.{name}" for name in PASSWORDS}
    for name in PASSWORDS:
        answer = desk.ask("POST", f".{name}", {"not": "an input"})
        assert answer.status_code == 403
        assert "User.password.value is hidden" in answer.json["detail"]
        assert desk.calls == []


GROUP_MEMBERS, USER_GROUPS = ("Group", ("members",)), ("User", ("groups",))
HIDDEN = (
    (GROUP_MEMBERS, "POST", "/Groups/=crowd/.members", {}), (GROUP_MEMBERS, "POST", ".join", {"groupId": "=group"}),
    (GROUP_MEMBERS, "DELETE", ".memberships/=group", None), (USER_GROUPS, "GET", ".memberships", None),
    (USER_GROUPS, "GET", ".memberships/=group", None),
)  # fmt: skip


@pytest.mark.parametrize(("hidden", "method", "path", "body"), HIDDEN)
def test_memberships_that_are_hidden(open_desk, hidden, method, path, body):
    """From whom an attribute hides who is in which group, no operation tells it, or changes it."""
    desk = open_desk(hidden=(hidden,))
    answer = desk.ask(method, filled(desk, path), filled(desk, body))
    assert answer.status_code == 403
    assert f"{'User.memberOfGroupIDs' if hidden == USER_GROUPS else 'Group.members'} is hidden" in answer.json["detail"]
    assert desk.calls == []


@pytest.mark.parametrize(
    ("hidden", "gone"),
    [(GROUP_MEMBERS, {"User.join", "Group.members"}), (USER_GROUPS, {"User.memberships"})],
)
def test_what_is_hidden_is_not_offered(open_desk, hidden, gone):
    """Neither description names an operation that would be refused for what is hidden from the client."""
    whole, desk = open_desk(), open_desk(hidden=(hidden,))
    assert offered_to(whole) - offered_to(desk) == gone
    assert described_to(whole) - described_to(desk) == gone
    told = {each["name"]: each for each in desk.client.good("GET", "/.operations")["operations"]}
    assert "deleteScope" not in told.get("memberships", {})
    assert "user_memberships_delete" not in calls_of(desk)


def offered_to(desk):
    """Return what `.operations` names."""
    return {f"{each['resourceType']}.{each['name']}" for each in desk.client.good("GET", "/.operations")["operations"]}


def calls_of(desk):
    """Return the ids of the calls that OpenAPI describes."""
    paths = desk.client.good("GET", "/openapi.json")["paths"].values()
    return {call["operationId"] for calls in paths for call in calls.values() if isinstance(call, dict)}


def described_to(desk):
    """Return the operations that OpenAPI describes."""
    ids = calls_of(desk)
    return {f"{each.resource}.{each.name}" for each in ROWS.values() if f"{each.resource.lower()}_{each.name}" in ids}


def test_a_group_that_may_not_be_read_is_not_named(open_desk):
    """Who may put somebody into a group, and not read groups, is told its id."""
    desk = open_desk(scopes={"groups:write"})
    answer = desk.ask("POST", ".join", {"groupId": desk.group})
    assert (answer.status_code, answer.json) == (200, {"value": desk.group, "type": "direct"})
