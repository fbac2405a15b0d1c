"""Operations over HTTP: paths, rights, inputs, refusals."""

from __future__ import annotations

import pytest

from scimbridge.access.scopes import ALL_SCOPES


@pytest.fixture
def desk(client, caller_of):
    return caller_of(client, scopes=ALL_SCOPES)


@pytest.fixture
def user(client):
    return client.users_in("Employees")[0]


def test_lock(desk, user):
    answer = desk.send("POST", f"/Users/{user}/.lock", {"unlockAt": "2999-01-01T00:00:00Z"})
    print(answer.status_code, answer.json, desk.calls)
    answer = desk.send("POST", f"/Users/{user}/.unlock")
    print(answer.status_code, answer.json, desk.calls)
    for method, path, body in (
        ("POST", f"/Users/{user}/.unlok", None),
        ("GET", f"/Users/{user}/.unlock", None),
        ("GET", f"/Users/{user}/.password", None),
        ("POST", f"/Users/{user}/.checkPassword", {"password": "x"}),
        ("POST", f"/Users/{user}/.setPassword", {"value": "2Federate!abcD", "forceChange": False}),
        ("POST", f"/Users/{user}/.checkPassword", {"password": "2Federate!abcD"}),
        ("POST", f"/Users/{user}/.checkPassword", {"password": "wrong"}),
        ("POST", f"/Users/{user}/.lock", {"unlockAt": "2001-01-01T00:00:00Z", "x": 1}),
        ("POST", "/Users/.find", {"attributes": ["userName", "emails.value"], "identifier": "ada"}),
        ("POST", "/Users/.unlock", {"match": {"attributes": ["id"], "identifier": user}}),
        ("POST", "/Users/.password", {"match": {"attributes": ["id"], "identifier": user}}),
        ("GET", f"/Users/{user}/.memberships", None),
        ("GET", "/.operations", None),
        ("POST", f"/Users/{user}/.kerberos", None),
        ("POST", "/Populations/.find", {"identifier": "Employees"}),
        ("GET", "/.environments?limit=3", None),
        ("POST", f"/Groups/{client_group(desk)}/.members", {}),
        ("POST", f"/Users/{user}/.join", {"groupId": client_group(desk)}),
    ):
        answer = desk.send(method, path, body)
        print(method, path, answer.status_code, str(answer.json)[:300], desk.calls, dict(answer.headers).get("Allow"))


def client_group(desk):
    return next(iter(desk.sandbox.directory.groups))["id"]
