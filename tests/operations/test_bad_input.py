"""What is wrong with a request is said at once, attribute by attribute, before any call."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import pytest

from scimbridge.operations.rooms import open_catalogue
from tests.operations.conftest import LATER, NEW, OLD

INPUTS = [
    (row, each) for row in open_catalogue(None) for each in row.inputs if row.is_posted and row.resource == "User"
]
WRONG = {
    "string": [5, True, [], {}, "a\0b"], "strings": ["x", [5], [None], [""]], "boolean": ["true", 1, []],
    "integer": ["1", 1.5, True], "object": ["x", []], "objects": [{}, ["x"]],
    "dateTime": [5, "soon", "2999-01-01", "2999-01-01T00:00:00", "2999-02-30T00:00:00Z", "9999-01-01T00:00:00Z"],
}  # fmt: skip


def places(desk, row):
    """Return where an operation stands."""
    part = f"/{desk.agreement()}" if row.item else ""
    return f"/Users/.{row.name}" if row.on_all else f".{row.name}{part}"


@pytest.mark.parametrize(("row", "each"), INPUTS, ids=[f"{row.name}-{each.name}" for row, each in INPUTS])
def test_an_input_that_is_wrong(open_desk, row, each):
    """A value of another type, too long, or missing is 400 that names its input, and costs no call."""
    desk = open_desk()
    bad = list(WRONG[each.type])
    bad += ["x" * (each.max_length + 1)] if each.max_length and each.type == "string" else []
    bad += [["x"] * (each.max_items + 1)] if each.max_items else []
    bad += ["NEITHER"] if each.values else []
    bad += [None] if each.required else []
    for value in bad:
        answer = desk.ask("POST", places(desk, row), {each.name: value})
        assert answer.status_code == 400, (value, answer.text)
        assert answer.json["scimType"] == "invalidValue"
        assert f"{each.name}: " in answer.json["detail"]
        assert desk.calls == []


def test_all_faults_at_once(open_desk):
    """Each fault of a body is named, with what would be right, and no value is repeated."""
    desk = open_desk()
    answer = desk.ask(
        "POST", ".setPassword", {"value": ["s3cret!"], "forceChang": "s3cret!", "bypassPolicy": "s3cret!"}
    )
    detail = answer.json["detail"]
    for told in (
        "value: has to be a text",
        "'forceChang' is no input",
        "did you mean 'forceChange'",
        "bypassPolicy: has",
    ):
        assert told in detail
    assert "s3cret" not in detail
    assert desk.calls == []


BODIES = (
    (b"[]", "application/json", 400), (b"null", "application/json", 400), (b"{", "application/json", 400),
    (b" ", "application/json", 400), (b'{"unlockAt":null,"unlockAt":null}', "application/json", 400),
    (b"unlockAt=x", "application/x-www-form-urlencoded", 415), (b"{}", "text/plain", 415),
)  # fmt: skip


@pytest.mark.parametrize(("body", "media", "status"), BODIES)
def test_bodies_that_are_none(open_desk, body, media, status):
    """What is no JSON object is refused, and nothing is locked by it."""
    desk = open_desk()
    answer = desk.ask("POST", ".lock", data=body, content_type=media)
    assert answer.status_code == status
    assert desk.calls == []


@pytest.mark.parametrize("media", ["application/json", "application/x-www-form-urlencoded", ""])
def test_no_body_at_all(open_desk, media):
    """Where nothing has to be sent nothing is needed, whatever type it is said to have."""
    desk = open_desk()
    assert desk.ask("POST", ".unlock", data=b"", content_type=media).status_code == 200


def test_a_body_in_pieces_is_read(open_desk):
    """A body whose length is not told counts: a lock until a time does not become one for ever."""
    desk = open_desk()
    piece = b'{"unlockAt": "2999-01-01T00:00:00Z"}'
    more = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    environ = {"wsgi.input_terminated": True}
    answer = desk.ask("POST", ".lock", input_stream=BytesIO(piece), headers=more, environ_overrides=environ)
    assert answer.status_code == 200, answer.text
    assert desk.directory.users.rows[desk.user]["account"]["unlockAt"].startswith("2999-01-01")


@pytest.mark.parametrize("query", [f"?unlockAt={LATER}", "?match=x"])
def test_what_stands_in_the_address(open_desk, query):
    """An input in the address of a POST is not overlooked."""
    desk = open_desk()
    answer = desk.ask("POST", f".lock{query}")
    assert answer.status_code == 400
    assert "from the body" in answer.json["detail"]
    assert desk.calls == []


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2026-01-01T00:00:00+14:00"])
def test_a_lock_that_is_over(desk, moment):
    """A time that is over is refused before it is sent."""
    answer = desk.ask("POST", ".lock", {"unlockAt": moment})
    assert answer.status_code == 400
    assert "unlockAt: is over" in answer.json["detail"]
    assert desk.calls == []


def test_a_lock_that_did_not_lock(desk, reading):
    """A lock without a time locks, or is told not to have locked; it never only seems to."""
    answer = desk.ask("POST", ".lock")
    status = desk.directory.users.rows[desk.user]["account"]["status"]
    assert (answer.status_code, status) == ((200, "LOCKED") if reading == "one" else (409, "OK")), answer.text


def test_times_are_those_of_the_clients(make_desk):
    """The offset between both clocks goes on what goes out and off what comes in, so that what was read can be sent."""
    desk = make_desk(settings={"datetime_offset": dt.timedelta(hours=5, minutes=30)})
    assert desk.ask("POST", ".bypassMfa", {"until": "2999-01-01T05:30:00Z"}).json == {
        "until": "2999-01-01T05:30:00.000Z"
    }
    desk.ask("POST", ".lock", {"unlockAt": "2999-01-01T05:30:00Z"})
    assert desk.directory.users.rows[desk.user]["account"]["unlockAt"] == "2999-01-01T00:00:00.000Z"


PLACES = (
    ("GET", ".lock", 405, "POST"), ("DELETE", ".sessions", 405, "GET"), ("POST", ".sessions", 405, "GET"),
    ("PUT", ".sessions/x", 405, "GET, DELETE"), ("GET", "/Users/.sessions", 405, "POST"),
    ("DELETE", ".agreement/x", 405, "GET"), ("GET", "/Users/.find", 405, "POST"),
    ("GET", ".sesions", 404, None), ("POST", ".find", 404, None), ("POST", ".unlock/x", 404, None),
    ("POST", ".blockDevice", 404, None), ("GET", ".agreement", 404, None), ("GET", "/Groups/.sessions", 404, None),
    ("POST", ".kerberos", 501, None), ("GET", "/Users/x/.sessions", 404, None),
    ("GET", "/Users/.search", 405, "POST"), ("POST", ".search", 404, None), ("POST", "/Users/.search/x", 404, None),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status", "allow"), PLACES)
def test_places_and_methods(open_desk, method, path, status, allow):
    """What is not there, or not asked so, is refused with what would be right."""
    desk = open_desk()
    answer = desk.ask(method, path)
    assert answer.status_code == status, answer.text
    assert answer.headers.get("Allow") == allow
    assert desk.calls == []


def test_the_nearest_is_named(open_desk):
    """An operation that is none names the one that may be meant."""
    assert "did you mean 'sessions'" in open_desk().ask("GET", ".sesions").json["detail"]


def test_head(open_desk):
    """What can be read can be asked for its head."""
    answer = open_desk().ask("HEAD", ".sessions")
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("query", ["direct=true&direct=false", "direct=perhaps", "x=1"])
def test_parameters_of_what_is_read(open_desk, query):
    """A parameter that is unknown, wrong or stands twice is refused."""
    desk = open_desk()
    assert desk.ask("GET", f".memberships?{query}").status_code == 400
    assert desk.calls == []


def test_a_number_of_thousands_of_digits(open_desk):
    """A number that nobody can read is refused as one that is too large."""
    answer = open_desk().ask("GET", "/.environments?limit=" + "9" * 5000)
    assert "limit: has to be a whole number, 1 to 500" in answer.json["detail"]


# --- states of a user -------------------------------------------------------------------------------------------------


def without_mail(desk):
    """Take the address away."""
    desk.directory.users.rows[desk.user].pop("email")


def locked_out(desk):
    """Let wrong passwords lock the password."""
    desk.set_password()
    desk.directory.hanging.wrong[desk.user] = 5


def at_a_gateway(desk):
    """Let the password lie elsewhere."""
    desk.directory.hanging.external[desk.user] = {"id": "x"}


def disabled(desk):
    """Disable the user."""
    desk.set_password()
    desk.directory.users.rows[desk.user]["enabled"] = False


def nothing(desk):
    """Leave the user as it is."""


STATES = (
    (nothing, ".checkPassword", {"password": OLD}, 409, "has no password"),
    (nothing, ".sendRecoveryCode", None, 409, "has no password"),
    (nothing, ".forcePasswordChange", None, 409, "has no password"),
    (nothing, ".changePassword", {"currentPassword": OLD, "newPassword": NEW}, 409, "has no password"),
    (locked_out, ".checkPassword", {"password": OLD}, 409, "locked out"),
    (locked_out, ".changePassword", {"currentPassword": OLD, "newPassword": NEW}, 409, "locked out"),
    (at_a_gateway, ".changePassword", {"currentPassword": OLD, "newPassword": NEW}, 409, "lie at a gateway"),
    (at_a_gateway, ".checkPassword", {"password": OLD}, 409, "lie at a gateway"),
    (at_a_gateway, ".sendRecoveryCode", None, 409, "lie at a gateway"),
    (disabled, ".checkPassword", {"password": OLD}, 409, "cannot be used"),
    (without_mail, ".sendVerificationCode", None, 409, "no e-mail address"),
    (without_mail, ".sendEmailVerification", None, 409, "no e-mail address"),
    (nothing, ".verify", {"verificationCode": "x"}, 400, "verificationCode: the code is wrong"),
    (nothing, ".verifyEmail", {"verificationCode": "x"}, 400, "verificationCode: the code is wrong"),
    (nothing, ".recoverPassword", {"recoveryCode": "x", "newPassword": NEW}, 400, "recoveryCode: the code is wrong"),
    (nothing, ".setPassword", {"value": "short"}, 400, "value: PingOne's password policy is not met"),
    (nothing, ".setGateway", {"gateway": "x", "userType": "y"}, 400, "gateway: PingOne refuses"),
    (nothing, ".linkAccount", {"identityProvider": "x", "externalId": "y"}, 400, "identityProvider: PingOne refuses"),
    (nothing, ".join", {"groupId": "x"}, 400, "groupId: "),
)


@pytest.mark.parametrize(("make", "path", "body", "status", "told"), STATES)
def test_states_and_values(desk, make, path, body, status, told):
    """A state is 409 and a value 400 that names its input, in words of the bridge."""
    make(desk)
    answer = desk.ask("POST", path, body)
    assert (answer.status_code, answer.json.get("scimType")) == (status, "invalidValue" if status == 400 else None)
    assert told in answer.json["detail"]


def test_a_role_that_the_worker_may_not_give(desk):
    """It is 403 in words about roles: the worker has the right to give some, and not this one."""
    at = {"scopeType": "ENVIRONMENT", "scopeId": desk.directory.environment_id}
    answer = desk.ask("POST", ".assignRole", {"role": "Environment Admin", **at})
    assert (answer.status_code, "worker application gives roles that it has" in answer.json["detail"]) == (403, True)
    assert not desk.directory.hanging.of("roleAssignments", desk.user)


def test_a_filter_that_environments_have_not(desk):
    """PingOne's refusal of a filter names the input."""
    answer = desk.ask("GET", "/.environments?filter=region+eq+%22EU%22")
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue")
    assert answer.json["detail"].startswith("filter: ")


def test_a_wrong_password_is_an_answer(desk):
    """A check of a wrong password is no failure, says how many are left, and is 409 when it is locked out."""
    desk.set_password()
    for left in (4, 3, 2, 1):
        answer = desk.ask("POST", ".checkPassword", {"password": NEW})
        assert (answer.status_code, answer.json) == (200, {"valid": False, "failuresRemaining": left})
        assert desk.calls == ["POST /users/{user}/password"]
    for text in (NEW, OLD):  # by the last wrong one it is locked, and nobody can say any more which one is right
        answer = desk.ask("POST", ".checkPassword", {"password": text})
        assert (answer.status_code, "locked out" in answer.json["detail"]) == (409, True)
        assert len(desk.writes) == 1


@pytest.mark.parametrize("path", [".checkPassword", ".changePassword"])
def test_a_state_that_cannot_be_read(open_desk, path):
    """Whether a password is wrong or cannot be used is not guessed, and it is not checked again."""
    desk = open_desk()
    locked_out(desk)
    desk.client.sandbox.faults.plan("error", method="GET", path="/password", times=9, status=503)
    body = {"password": OLD} if path == ".checkPassword" else {"currentPassword": OLD, "newPassword": NEW}
    assert desk.ask("POST", path, body).status_code == 504
    assert desk.writes == ["POST /users/{user}/password"]


@pytest.mark.parametrize(("told", "status"), [("OK", 200), ("PASSWORD_EXPIRED", 200), ("SUSPENDED", 409)])
def test_a_wrong_one_of_which_nothing_more_is_told(open_desk, answer_as, told, status):
    """Where PingOne does not say how many may follow the state decides, and one that nobody knows is no usable one."""
    desk = open_desk()
    locked_out(desk)
    answer_as("GET", "/password", {"status": told})
    answer = desk.ask("POST", ".checkPassword", {"password": OLD})
    assert answer.status_code == status
    assert status == 409 or answer.json["valid"] is False


def test_the_present_password_is_checked_first(desk):
    """A change with a wrong present password changes nothing, under both readings."""
    desk.set_password()
    answer = desk.ask("POST", ".changePassword", {"currentPassword": NEW, "newPassword": "3Federate-Newer!"})
    assert answer.status_code == 400
    assert answer.json["detail"] == "currentPassword: it is wrong; 4 more wrong ones lock the password"
    assert desk.writes == ["POST /users/{user}/password"]
    assert desk.ask("POST", ".checkPassword", {"password": OLD}).json["valid"] is True


def test_one_mail_too_many(make_desk, reading):
    """The limit of PingOne's is passed on as it is told, and nothing is sent again."""
    status = 429 if reading == "other" else 400
    desk = make_desk(mails_a_day=1, mail_limit_status=status)
    assert desk.ask("POST", ".sendVerificationCode").status_code == 200
    answer = desk.ask("POST", ".sendVerificationCode")
    assert answer.status_code == (429 if status == 429 else 409)
    assert len(desk.writes) == 1
    assert desk.ask("POST", ".mailQuota").status_code == 204
    assert desk.ask("POST", ".sendVerificationCode").status_code == 200


@pytest.mark.parametrize(("number", "status"), [("1.10", 201), ("1e5", 201), ("9" * 20, 400), ("9" * 32, 400)])
def test_numbers_in_an_object(open_desk, number, status):
    """A number goes out whatever its spelling; one that has no 64 bits is refused, and is no fault of the bridge."""
    desk = open_desk()
    provider = next(iter(desk.directory.providers))
    body = f'{{"identityProvider": "{provider}", "externalId": "{number}", "attributes": {{"a": [{number}]}}}}'
    answer = desk.ask("POST", ".linkAccount", data=body.encode(), content_type="application/json")
    assert answer.status_code == status, answer.text
    assert status == 201 or "attributes: whole numbers that fit into 64 bits" in answer.json["detail"]
