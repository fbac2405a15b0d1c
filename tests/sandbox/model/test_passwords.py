"""Passwords: set, check, reset, and never shown."""

from __future__ import annotations

import pytest

PREFIX = "application/vnd.pingidentity.password."
GOOD = "long enough 1"


@pytest.fixture
def password(api):
    """Return a function that calls {u}/password of one user."""
    user = api.user("a")

    def call(method, action=None, body=None, ask=api.good):
        return ask(method, f"/users/{user['id']}/password", body, action and PREFIX + action)

    call.api, call.user = api, user
    return call


def test_set_gives_a_password_that_can_be_checked(password):
    """After `set` the state is OK, the right password passes and a wrong one is refused."""
    assert password("GET")["status"] == "NO_PASSWORD"
    assert password("PUT", "set+json", {"value": GOOD})["status"] == "OK"
    assert password("POST", "check+json", {"password": GOOD})["status"] == "OK"
    refusal = password("POST", "check+json", {"password": "wrong"}, ask=password.api.fault)
    assert (refusal["code"], refusal["target"]) == ("INVALID_VALUE", "password")
    assert refusal["message"] == "The provided password did not match provisioned password"
    assert "failuresRemaining" in refusal["innerError"]


def test_nothing_ever_shows_a_password(password):
    """Neither answers nor the stored state hold the text."""
    shown = [password("PUT", "set+json", {"value": GOOD}), password("GET")]
    shown.append(password.api.good("GET", f"/users/{password.user['id']}"))
    assert GOOD not in str(shown)
    assert GOOD not in str(password.api.sandbox.directory.passwords)


@pytest.mark.parametrize(
    ("body", "code"), [({}, "EMPTY_VALUE"), ({"value": ""}, "EMPTY_VALUE"), ({"value": "seven77"}, "INVALID_VALUE")]
)
def test_the_policy_wants_eight_characters(password, body, code):
    """Nothing is EMPTY_VALUE, too little breaks the policy; the old state stays."""
    refusal = password("PUT", "set+json", body, ask=password.api.fault)
    assert (refusal["status"], refusal["code"], refusal["target"]) == (400, code, "password")
    assert password("GET")["status"] == "NO_PASSWORD"


def test_a_forced_change_shows_in_the_state(password):
    """`forceChange` with `set`, and the action of the same name, ask for a new password."""
    assert password("PUT", "set+json", {"value": GOOD, "forceChange": True})["status"] == "MUST_CHANGE_PASSWORD"
    assert password("PUT", "set+json", {"value": f"{GOOD}2"})["status"] == "OK"
    assert password("POST", "forceChange")["status"] == "MUST_CHANGE_PASSWORD"


def test_set_value_removes_with_an_empty_body(password):
    """`setValue` with nothing takes the password away."""
    password("PUT", "setValue+json", {"value": GOOD})
    assert password("PUT", "setValue+json", {})["status"] == "NO_PASSWORD"
    assert password("POST", "check+json", {"password": GOOD}, ask=password.api.fault)["code"] == "INVALID_VALUE"
    assert password("POST", "forceChange", ask=password.api.fault)["code"] == "NO_PASSWORD"


def test_resets_differ_for_administrator_and_user(password):
    """After an administrator's reset the user has to change; the user's own needs the old password."""
    assert password("PUT", "reset+json", {"newPassword": "x"}, ask=password.api.fault)["code"] == "INVALID_VALUE"
    assert password("PUT", "reset+json", {"newPassword": "first of all"})["status"] == "MUST_CHANGE_PASSWORD"
    own = {"currentPassword": "first of all", "newPassword": "short"}
    assert password("PUT", "reset+json", own, ask=password.api.fault)["target"] == "newPassword"
    assert password("PUT", "reset+json", {**own, "newPassword": GOOD})["status"] == "OK"


def test_the_media_type_says_what_to_do(password):
    """Without an action's media type the answer is 415."""
    answer = password.api.fault("PUT", f"/users/{password.user['id']}/password", {"value": GOOD}, "application/json")
    assert answer["status"] == 415


def test_a_password_call_makes_updated_at_later(password):
    """Setting a password changes the user's updatedAt."""
    password("PUT", "set+json", {"value": GOOD})
    assert password.api.good("GET", f"/users/{password.user['id']}")["updatedAt"] > password.user["updatedAt"]


def test_an_encoded_password_is_imported_without_policy(api):
    """`{SCHEME}...` is taken as it is."""
    body = {"username": "b", "password": {"value": "{SSHA512}abc"}}
    user = api.good("POST", "/users", body, "application/vnd.pingidentity.user.import+json")
    assert api.good("GET", f"/users/{user['id']}/password")["status"] == "OK"


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("set+json", {"value": 12345678}, "INVALID_VALUE"),
        ("set+json", {"value": GOOD, "forceChange": "yes"}, "INVALID_VALUE"),
        ("reset+json", {"newPassword": ""}, "EMPTY_VALUE"),
    ],
)
def test_bad_bodies_are_refused(password, action, body, code):
    """Wrong types and nothing at all are told."""
    assert password("PUT", action, body, ask=password.api.fault)["code"] == code


def test_the_policy_can_be_bypassed_and_a_password_unlocked(password):
    """`bypassPolicy` takes a short one; `unlock` answers with the state."""
    assert password("PUT", "set+json", {"value": "x", "bypassPolicy": True})["status"] == "OK"
    assert password("POST", "unlock+json")["status"] == "OK"


@pytest.mark.parametrize("given", ["text", {"value": GOOD, "forceChange": 1}, {}])
def test_bad_imports_of_passwords_are_refused(api, given):
    """An import's password is an object with a value."""
    body = {"username": "b", "password": given}
    assert api.fault("POST", "/users", body, "application/vnd.pingidentity.user.import+json")["status"] == 400


def test_several_wrong_codes_end_the_right_one(api):
    """A recovery code cannot be guessed until it is hit."""
    user = api.user("c", email="c@example.org")
    path = f"/users/{user['id']}/password"
    api.good("PUT", path, {"value": GOOD}, PREFIX + "set+json")
    api.good("POST", path, None, PREFIX + "sendRecoveryCode+json")
    right = {"recoveryCode": api.sandbox.directory.hanging.codes_of(user["id"]).recovery, "newPassword": f"{GOOD}2"}
    for _ in range(5):
        api.fault("POST", path, {**right, "recoveryCode": "wrong"}, PREFIX + "recover+json")
    assert api.fault("POST", path, right, PREFIX + "recover+json")["code"] == "INVALID_OTP"


def test_a_password_that_lies_elsewhere_is_recovered_elsewhere(api):
    """Self-service of a user of a gateway is REQUEST_FAILED, though there may be a password from before."""
    user = api.user("d", email="d@example.org")
    path = f"/users/{user['id']}/password"
    api.good("PUT", path, {"value": GOOD}, PREFIX + "set+json")
    (gateway,) = api.sandbox.directory.hanging.gateways.values()
    given = {"id": gateway["id"], "userType": {"id": gateway["userTypes"][0]["id"]}}
    api.good("PUT", path, given, PREFIX + "setGateway+json")
    for action in ("sendRecoveryCode+json", "recover+json"):
        assert api.fault("POST", path, {} if "recover+" in action else None, PREFIX + action)["top"] == "REQUEST_FAILED"
