"""If-Match and Prefer mean with an operation what they mean with SCIM's own changes."""

from __future__ import annotations

import pytest

from scimbridge.access.scopes import ALL_SCOPES
from tests.operations.conftest import LATER, NEW
from tests.operations.test_each import filled, prepared

WRITES = (
    ("POST", ".lock", {"unlockAt": LATER}), ("POST", ".unlock", None), ("POST", ".setPassword", {"value": NEW}),
    ("POST", ".join", {"groupId": "=group"}), ("DELETE", ".sessions/=session", None), ("POST", ".endSessions", None),
    ("POST", ".sendRecoveryCode", None), ("POST", ".blockDevice/=device", None),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[each[1] for each in WRITES])
def test_a_version_that_is_over(open_desk, method, path, body):
    """A version that is not the present one is 412, and nothing is changed; with the present one it is done."""
    desk = prepared(open_desk())
    sent = filled(desk, path), filled(desk, body)
    old = desk.ask("GET", f"/Users/{desk.user}").headers["ETag"]
    desk.client.patch(f"/Users/{desk.user}", {"op": "replace", "path": "title", "value": "Captain"})
    answer = desk.ask(method, *sent, headers={"If-Match": old})
    assert answer.status_code == 412, answer.text
    assert desk.writes == []
    new = desk.ask("GET", f"/Users/{desk.user}").headers["ETag"]
    assert desk.ask(method, *sent, headers={"If-None-Match": "*"}).status_code == 412
    assert desk.ask(method, *sent, headers={"If-Match": new}).status_code < 300


def test_a_version_of_whom_a_match_finds(open_desk):
    """It is the version of the user that is meant, by whatever it was named."""
    desk = open_desk()
    body = {"match": {"attributes": ["id"], "identifier": desk.user}}
    assert desk.ask("POST", "/Users/.unlock", body, headers={"If-Match": 'W/"old"'}).status_code == 412
    assert desk.ask("POST", "/Users/.unlock", body, headers={"If-Match": "*"}).status_code == 200


def test_a_version_of_a_group(open_desk):
    """A group's version is one that a client can know: with its members, or without."""
    desk = open_desk()
    for query in ("", "?excludedAttributes=members"):
        key = desk.directory.new_id()
        desk.directory.hanging.of("roleAssignments", desk.crowd)[key] = {"id": key}
        tag = desk.ask("GET", f"/Groups/{desk.crowd}{query}").headers["ETag"]
        path = f"/Groups/{desk.crowd}/.roleAssignments/{key}"
        assert desk.ask("DELETE", path, headers={"If-Match": 'W/"old"'}).status_code == 412
        assert desk.ask("DELETE", path, headers={"If-Match": tag}).status_code == 204


def test_what_only_reads_has_no_condition(open_desk):
    """A condition of a change stops no reading."""
    desk = open_desk()
    assert desk.ask("GET", ".sessions", headers={"If-Match": 'W/"old"'}).status_code == 200


MINIMAL = {"Prefer": "return=minimal"}
PREFERRING = (
    ("POST", ".unlock", None), ("POST", ".setPassword", {"value": NEW}), ("POST", ".join", {"groupId": "=group"}),
    ("POST", ".linkAccount", {"identityProvider": "=provider", "externalId": "x"}), ("POST", ".endSessions", None),
    ("POST", ".assignRole", {"role": "=role", "scopeType": "POPULATION", "scopeId": "=population"}),
    ("POST", ".blockDevice/=device", None), ("POST", ".acceptAgreement", {"presentationId": "=presentation"}),
    ("POST", ".bypassMfa", {"until": LATER}),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), PREFERRING, ids=[each[1] for each in PREFERRING])
def test_no_body_is_wanted(desk, method, path, body):
    """Who wants no body of a change gets none."""
    desk = prepared(desk)
    answer = desk.ask(method, filled(desk, path), filled(desk, body), headers=MINIMAL)
    assert (answer.status_code, answer.data) == (204, b"")


def test_the_version_comes_without_a_body(open_desk):
    """The version of the user that was changed comes along, to a client that may know it."""
    desk = open_desk()
    answer = desk.ask("POST", ".unlock", headers=MINIMAL)
    assert answer.headers["ETag"] == desk.ask("GET", f"/Users/{desk.user}").headers["ETag"]
    desk = open_desk(scopes=ALL_SCOPES - {"users:read"})
    answer = desk.ask("POST", ".unlock", headers=MINIMAL)
    assert (answer.status_code, answer.headers.get("ETag")) == (204, None)


def test_an_answer_that_is_asked_for_comes(open_desk):
    """What is asked for the sake of its answer has it: a check of a password, a reading."""
    desk = prepared(open_desk())
    assert desk.ask("POST", ".checkPassword", {"password": NEW}, headers=MINIMAL).json["valid"] is False
    assert desk.ask("GET", ".sessions", headers=MINIMAL).status_code == 200
    assert desk.ask("POST", "/Users/.find", {"attributes": ["id"], "identifier": desk.user}, headers=MINIMAL).json
