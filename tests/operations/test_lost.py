"""A lost answer is decided by the row: repeated, found out, or told as 504; never two mails, never two checks."""

from __future__ import annotations

import pytest

from scimbridge.operations.rooms import open_catalogue
from scimbridge.sandbox.http import operation_routes
from scimbridge.sandbox.model.passwords import make_password
from tests.conftest import PINGONE_GROUP
from tests.operations.conftest import NEW, OLD
from tests.operations.test_each import EACH, filled, prepared

ROWS = {f"{each.resource}.{each.name}": each for each in open_catalogue(None)}
WRITING = [each for each in EACH if not ROWS[each[0]].reads]
ONCE = [each for each in WRITING if ROWS[each[0]].again == "no"]
GOOD = (200, 201, 204)
HARM = {"drop_after": {}, "drop_before": {}, "error": {"status": 503}, "error_after": {"status": 502}, "cut": {}}


def is_new(desk, text=NEW) -> bool:
    """Whether a text is the user's password."""
    answer = desk.ask("POST", ".checkPassword", {"password": text})
    return answer.json["valid"]


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.parametrize(("name", "method", "path", "body", "status", "calls"), WRITING, ids=[e[0] for e in WRITING])
def test_a_lost_answer_at_each_call(desk, name, method, path, body, status, calls, kind):
    """Whichever call of an operation has its answer lost, it ends as its row says."""
    row, place = ROWS[name], 0
    while True:
        desk = prepared(desk)
        sent = filled(desk, path), filled(desk, body)
        desk.client.sandbox.faults.plan(kind, path="/v1/", times=1, skip=place)
        answer = desk.ask(method, *sent)
        hit = [entry for entry in desk.client.sandbox.journal.entries if entry.fault == kind]
        desk.client.sandbox.faults.clear()
        if not hit:
            assert place > 0
            return
        if row.again == "no":
            assert answer.status_code == 504, answer.text
            assert "not known" in answer.json["detail"]
            assert len(desk.writes) == 1
        elif name == "User.changePassword" and hit[0].method == "POST":
            assert answer.status_code == 504, answer.text
            assert desk.writes == ["POST /users/{user}/password"]
        else:
            assert answer.status_code in GOOD, (place, answer.text, desk.calls)
        for part in ("linkedAccounts", "roleAssignments"):
            assert len(desk.directory.hanging.of(part, desk.user)) <= 1
            desk.directory.hanging.of(part, desk.user).clear()
        place += 1


@pytest.mark.parametrize("kind", [*HARM, "throttled"])
@pytest.mark.parametrize(("name", "method", "path", "body", "status", "calls"), ONCE, ids=[e[0] for e in ONCE])
def test_never_sent_twice(desk, name, method, path, body, status, calls, kind):
    """What must not happen twice is sent once, whatever goes wrong."""
    desk = prepared(desk)
    sent = filled(desk, body)
    desk.client.sandbox.faults.plan(kind, method="POST", path="/v1/", times=9, **HARM.get(kind, {}))
    answer = desk.ask(method, path, sent)
    assert len(desk.writes) == 1
    assert answer.status_code == (429 if kind == "throttled" else 504), answer.text
    assert kind != "throttled" or answer.headers["Retry-After"]


def test_a_token_that_is_over_is_renewed(desk):
    """A call that got 401 was not carried out: with another token it is sent again, also what is sent once."""
    desk.client.sandbox.tokens.revoke_all()
    assert desk.ask("POST", ".sendVerificationCode").status_code == 200
    assert desk.directory.hanging.codes_of(desk.user).mails == 1


MADE = (
    ("linkedAccounts", ".linkAccount", {"identityProvider": "=provider", "externalId": "x-9"}),
    ("roleAssignments", ".assignRole",
     {"role": "=role_id", "scopeType": "POPULATION", "scopeId": "=population"}),
)  # fmt: skip


@pytest.mark.parametrize(("part", "path", "body"), MADE, ids=[each[1] for each in MADE])
def test_ids_have_no_case(desk, part, path, body):
    """What was made is found again whatever letters its ids were sent in, and is not made twice."""
    desk = prepared(desk)
    desk.role_id = desk.role("Help Desk Admin")
    sent = {name: value.upper() if name != "externalId" else value for name, value in filled(desk, body).items()}
    desk.client.sandbox.faults.plan("drop_after", method="POST", path=part)
    assert desk.ask("POST", path, sent).status_code in GOOD
    assert len(desk.directory.hanging.of(part, desk.user)) == 1


SETS = (
    (".setPassword", {"value": NEW}),
    (".changePassword", {"newPassword": NEW}),
    (".changePassword", {"currentPassword": OLD, "newPassword": NEW}),
)


@pytest.mark.parametrize("kind", HARM)
@pytest.mark.parametrize(("path", "body"), SETS)
def test_a_password_is_set(desk, path, body, kind):
    """A password whose answer was lost ends as a success, and is the user's, whatever history says of it."""
    desk.set_password()
    desk.client.sandbox.faults.plan(kind, method="PUT", path="/password", **HARM[kind])
    answer = desk.ask("POST", path, body)
    assert answer.status_code == 200, (answer.text, desk.calls)
    assert is_new(desk)
    assert desk.directory.hanging.wrong.get(desk.user, 0) == 0


@pytest.mark.parametrize("kind", HARM)
def test_a_password_is_recovered(desk, kind):
    """A code is used once, and a lost answer to that is found out."""
    desk.set_password()
    desk.ask("POST", ".sendRecoveryCode")
    body = {"recoveryCode": desk.code("recovery"), "newPassword": NEW}
    desk.client.sandbox.faults.plan(kind, method="POST", path="/password", **HARM[kind])
    assert desk.ask("POST", ".recoverPassword", body).status_code == 200
    assert is_new(desk)


PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PATCHES = [{"op": "replace", "path": "password", "value": NEW}]


def send_password(desk, verb, text=NEW):
    """Set a password as SCIM does."""
    if verb == "PATCH":
        operations = [{"op": "replace", "path": "password", "value": text}]
        return desk.ask("PATCH", f"/Users/{desk.user}", {"schemas": [PATCH], "Operations": operations})
    user = desk.client.good("GET", f"/Users/{desk.user}")
    return desk.ask("PUT", f"/Users/{desk.user}", {**user, "password": text})


@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
@pytest.mark.parametrize("kind", HARM)
def test_a_password_is_set_by_scim(desk, verb, kind):
    """The same holds for a password that comes as an attribute."""
    desk.set_password()
    desk.client.sandbox.faults.plan(kind, method="PUT", path="/password", **HARM[kind])
    assert send_password(desk, verb).status_code == 200
    assert is_new(desk)


def ways(desk):
    """Return each way to set a password, as a function."""
    return (
        lambda text: desk.ask("POST", ".setPassword", {"value": text}),
        lambda text: send_password(desk, "PATCH", text),
        lambda text: send_password(desk, "PUT", text),
    )


@pytest.mark.parametrize("kind", ["drop_before", "error"])
@pytest.mark.parametrize("way", [0, 1, 2])
def test_what_was_not_set_is_no_success(desk, way, kind):
    """A call that was lost before PingOne did it, and is refused by history when it is sent again, is a refusal."""
    send = ways(desk)[way]
    for text in (OLD, NEW):
        assert send(text).status_code == 200
    desk.client.sandbox.faults.plan(kind, method="PUT", path="/password", **HARM[kind])
    answer = send(OLD)
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue"), answer.text
    assert "used before" in answer.json["detail"]
    assert is_new(desk)


def test_an_older_change_is_no_success(desk):
    """A change of some time ago is not taken for the one whose answer was lost."""
    desk.set_password(OLD)
    made = make_password(desk.directory, NEW, force_change=False)
    old = desk.directory.passwords[desk.user]
    desk.directory.hanging.used[desk.user] = [(old.salt, old.digest)]
    desk.directory.passwords[desk.user] = type(made)(made.salt, made.digest, "2026-01-01T00:00:00.000Z", False)
    desk.client.sandbox.faults.plan("drop_before", method="PUT", path="/password")
    assert desk.ask("POST", ".setPassword", {"value": OLD}).status_code == 400
    assert is_new(desk)


def test_nobody_knows(desk):
    """Where PingOne is gone after the call, it is told that nobody knows, and what to do."""
    desk.set_password()
    desk.client.sandbox.faults.plan("drop_after", method="PUT", path="/password")
    desk.client.sandbox.faults.plan("drop_before", method="GET", times=9)
    answer = desk.ask("POST", ".setPassword", {"value": NEW})
    assert answer.status_code == 504, answer.text
    assert "setPassword" in answer.json["detail"]
    assert "look at the state" in answer.json["detail"]
    assert len(desk.writes) == 1


def test_a_part_that_is_gone(desk):
    """A deletion whose own first try did it is a success; what was gone before is not there."""
    session = desk.add_session()
    desk.client.sandbox.faults.plan("drop_after", method="DELETE")
    assert desk.ask("DELETE", f".sessions/{session}").status_code == 204
    assert desk.ask("DELETE", f".sessions/{session}").status_code == 404


PARTS = ("sessions", "devices", "linkedAccounts", "roleAssignments", "memberships")


def hang(desk, part):
    """Let something hang on the user, and return its id."""
    if part == "memberships":
        place = {PINGONE_GROUP: {"population": {"id": desk.client.population("Employees")}}}
        key = desk.client.good("POST", "/Groups", {"displayName": f"Crew of {desk.directory.new_id()}", **place})["id"]
        assert desk.ask("POST", ".join", {"groupId": key}).status_code == 200
        return key
    key = desk.directory.new_id()
    record = {
        "id": key,
        "role": {"id": "r"},
        "scope": {"type": "POPULATION", "id": desk.client.population("Employees")},
    }
    desk.directory.hanging.of(part, desk.user)[key] = record
    return key


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.parametrize("populations", [None, {"Employees"}], ids=["open", "confined"])
@pytest.mark.parametrize("part", PARTS)
def test_a_lost_answer_to_each_deletion(open_desk, part, populations, kind):
    """Whichever call is lost, a part that the request found is deleted, and one that was gone before is not there."""
    desk, place = open_desk(populations=populations), 0
    while True:
        key = hang(desk, part)
        desk.client.sandbox.faults.plan(kind, path="/v1/", times=1, skip=place)
        answer = desk.ask("DELETE", f".{part}/{key}")
        hit = [entry for entry in desk.client.sandbox.journal.entries if entry.fault == kind]
        desk.client.sandbox.faults.clear()
        assert answer.status_code == 204, (place, answer.text, desk.calls)
        assert desk.ask("DELETE", f".{part}/{key}").status_code == 404
        if not hit:
            assert place > 0
            return
        place += 1


def test_sessions_whose_end_was_lost_are_counted(open_desk):
    """A session that the bridge ended itself is one of the number, though the answer to that was lost."""
    desk = open_desk()
    for _number in range(3):
        desk.add_session()
    desk.client.sandbox.faults.plan("drop_after", method="DELETE", times=2)
    assert desk.ask("POST", ".endSessions").json == {"count": 3}


def test_an_answer_that_is_no_user(open_desk, monkeypatch):
    """Whatever PingOne says to it, the mail was sent: the user is read, and a look that fails is no failure."""
    desk = open_desk()
    monkeypatch.setattr(operation_routes, "show_user", lambda *_more: {"emailVerified": False})
    answer = desk.ask("POST", ".sendEmailVerification", {})
    assert (answer.status_code, answer.json["id"]) == (200, desk.user)
    desk.client.sandbox.faults.plan("drop_before", method="GET", times=9)
    assert desk.ask("POST", ".sendEmailVerification", {}).status_code == 204
    assert len(desk.writes) == 1
    assert desk.directory.hanging.codes_of(desk.user).mails == 2
