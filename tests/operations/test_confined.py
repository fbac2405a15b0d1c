"""A client that is confined to populations: a foreign user is nobody, for every operation and by every way."""

from __future__ import annotations

import pytest

from scimbridge.access.scopes import ALL_SCOPES, OF_ENVIRONMENTS
from scimbridge.operations.rooms import open_catalogue
from tests.operations.test_each import EACH, prepared

ROWS = {f"{each.resource}.{each.name}": each for each in open_catalogue(None)}
ON_USERS = [each for each in EACH if each[0].startswith("User.") and not ROWS[each[0]].on_all]


@pytest.fixture
def outside(open_desk):
    """A desk that is confined to the partners, and whose user is an employee."""
    return prepared(open_desk(scopes=ALL_SCOPES - OF_ENVIRONMENTS, populations={"Partners"}))


@pytest.mark.parametrize(("name", "method", "path", "body", "status", "calls"), ON_USERS, ids=[e[0] for e in ON_USERS])
def test_a_foreign_user_is_nobody(outside, held, name, method, path, body, status, calls):
    """It is 404, as a user is that does not exist, and no call that changes something was made."""
    sent = body and {name: "x" if str(value).startswith("=") else value for name, value in body.items()}
    before = held(outside.client)
    path = path.replace("=agreement", outside.agreement()).replace("=device", outside.device)
    theirs = outside.ask(method, path, sent)
    assert theirs.status_code == 404, theirs.text
    assert [call for call in outside.calls if not call.startswith("GET ")] == []
    nobody = outside.client.send(method, f"/Users/{'0' * 8}-0000-4000-8000-{'0' * 12}/{path}", sent)
    assert (nobody.status_code, nobody.json) == (theirs.status_code, theirs.json)
    match = {"match": {"attributes": ["id"], "identifier": outside.user}, **(sent or {})}
    by_match = outside.client.send("POST", f"/Users/{path.split('?')[0]}", match)
    assert by_match.status_code == 404, by_match.text
    assert held(outside.client) == before


OF_OTHERS = (
    ("DELETE", ".sessions/{sessions}"), ("DELETE", ".devices/{devices}"), ("POST", ".blockDevice/{devices}"),
    ("POST", ".unblockDevice/{devices}"), ("POST", ".unlockDevice/{devices}"), ("DELETE", ".linkedAccounts/{links}"),
    ("DELETE", ".roleAssignments/{links}"), ("DELETE", ".memberships/{group}"), ("POST", ".revokeAgreement/{links}"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), OF_OTHERS, ids=[each[1] for each in OF_OTHERS])
def test_a_part_of_another_user(open_desk, held, method, path):
    """What hangs on somebody else is nothing under the client's own user, and no call was made that changes it."""
    desk = open_desk(scopes=ALL_SCOPES - OF_ENVIRONMENTS, populations={"Employees"})
    other = prepared(open_desk(population="Partners"))
    before = held(desk.client)
    answer = desk.ask(method, path.format(sessions=other.session, devices=other.device, links="l-1", group=desk.crowd))
    assert answer.status_code == 404, answer.text
    assert desk.writes == []
    assert held(desk.client) == before


@pytest.mark.parametrize(("method", "path"), [("DELETE", ".devices/"), ("POST", ".blockDevice/")])
def test_a_part_that_says_whose_it_is(open_desk, method, path):
    """Where PingOne would look at the id of a part alone, the part's own word decides."""
    desk = open_desk(scopes=ALL_SCOPES - OF_ENVIRONMENTS, populations={"Employees"})
    foreign, own = desk.add_device(user={"id": "another"}), desk.add_device(user={"id": desk.user})
    assert desk.ask(method, path + foreign).status_code == 404
    assert desk.writes == []
    assert desk.ask(method, path + own).status_code < 300


def test_everything_is_refused_about_the_environment(open_desk):
    """Who is confined has no right to environments, even where a file gave it one."""
    desk = open_desk(populations={"Partners"})
    for path in ("/.environments", "/.gateways"):
        assert desk.ask("GET", path).status_code == 403
        assert desk.calls == []


def test_roles_at_own_populations_only(open_desk):
    """A confined client gives and takes roles at its own populations, and is told of no other."""
    desk = open_desk(scopes=ALL_SCOPES - OF_ENVIRONMENTS, populations={"Employees"})
    own, other = (desk.client.population(name) for name in ("Employees", "Partners"))
    asked = {"role": "Help Desk Admin", "scopeType": "POPULATION"}
    assert desk.ask("POST", ".assignRole", {**asked, "scopeId": other}).status_code == 403
    environment = {**asked, "scopeType": "ENVIRONMENT", "scopeId": desk.directory.environment_id}
    assert desk.ask("POST", ".assignRole", environment).status_code == 403
    assert desk.ask("POST", ".assignRole", {**asked, "scopeId": own}).status_code == 201
    foreign = {"id": "f-1", "role": {"id": desk.role("Help Desk Admin")}, "scope": {"type": "POPULATION", "id": other}}
    desk.directory.hanging.of("roleAssignments", desk.user)["f-1"] = foreign
    shown = desk.ask("GET", ".roleAssignments").json["Resources"]
    assert [each["scope"]["id"] for each in shown] == [own]
    assert desk.ask("DELETE", ".roleAssignments/f-1").status_code == 404
    assert desk.ask("DELETE", f".roleAssignments/{shown[0]['id']}").status_code == 204
    assert list(desk.directory.hanging.of("roleAssignments", desk.user)) == ["f-1"]
