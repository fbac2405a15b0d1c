"""Passwords: the policy, what is kept of them, and the calls under {u}/password (docs/pingone.md §10).

Knows users' password states; a password itself is never kept and never returned.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.http.errors import VALIDATION, ApiError, Detail, invalid_data, invalid_value, request_failed
from scimbridge.sandbox.model.accounts import mail_code
from scimbridge.sandbox.store.directory import Password, user_subject
from scimbridge.sandbox.store.records import Json, stamp

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory

SHORTEST: Final = 8
PREFIX: Final = "application/vnd.pingidentity.password."
PUT_MEDIA: Final = tuple(PREFIX + action for action in ("set+json", "setvalue+json", "reset+json", "setgateway+json"))
POST_MEDIA: Final = tuple(PREFIX + f"{action}+json" for action in ("check", "unlock", "sendrecoverycode", "recover"))
FORCE_CHANGE: Final = {"bare": f"{PREFIX}forcechange", "json": f"{PREFIX}forcechange+json"}
MOST_WRONG: Final = 5
"""Wrong passwords in a row that lock it out, and wrong codes that end the right one."""
LOCKED_FOR: Final = 900
CODE_LIFE: Final = 300.0
SELF_SERVICE: Final = ("sendrecoverycode", "recover")
ELSEWHERE: Final = "The password lies with another provider."
MISMATCH: Final = "The provided password did not match provisioned password"


def _digest(salt: str, text: str) -> str:
    return hashlib.blake2b(text.encode(), key=salt.encode()[:64]).hexdigest()


def check_policy(text: Any, target: str) -> str:
    """Return the password that satisfies the policy: 8 characters or more. Raises ApiError 400."""
    if text is None or text == "":
        raise invalid_data("EMPTY_VALUE", target, "must not be empty")
    if not isinstance(text, str):
        raise invalid_value(target, "must be a string")
    if len(text) < SHORTEST:
        sentence = "User password did not satisfy password policy requirements"
        raise invalid_value(target, sentence, length=f"must be at least {SHORTEST} characters long")
    return text


def make_password(directory: Directory, text: str, *, force_change: bool) -> Password:
    """Return what is kept of a password."""
    salt = directory.new_id()
    return Password(salt, _digest(salt, text), stamp(directory.clock()), force_change)


def read_import(directory: Directory, given: Any) -> Password | None:
    """Return the password of an import body; `{SCHEME}...` is pre-encoded and not held to the policy.

    Raises ApiError 400.
    """
    if given is None:
        return None
    if not isinstance(given, dict):
        raise invalid_value("password", "must be an object")
    value, force = given.get("value"), given.get("forceChange", False)
    if not isinstance(force, bool):
        raise invalid_value("password.forceChange", "must be true or false")
    if isinstance(value, str) and value.startswith("{") and "}" in value:
        return Password(directory.new_id(), None, stamp(directory.clock()), force)
    return make_password(directory, check_policy(value, "password"), force_change=force)


def show_state(directory: Directory, user_id: str) -> Json:
    """Return the password state of a user."""
    held = directory.passwords.get(user_id)
    state: Json = {"environment": {"id": directory.environment_id}, "user": {"id": user_id}}
    gateway = directory.hanging.external.get(user_id)
    if gateway is not None:
        return {**state, "status": "EXTERNAL", "external": {"gateway": gateway}}
    if held is None:
        return {**state, "status": "NO_PASSWORD"}
    told = {**state, "lastChangedAt": held.changed_at}
    if directory.hanging.wrong.get(user_id, 0) >= MOST_WRONG:
        return {**told, "status": "PASSWORD_LOCKED_OUT", "secondsUntilUnlock": LOCKED_FOR}
    return {**told, "status": "MUST_CHANGE_PASSWORD" if held.force_change else "OK"}


def see_state(directory: Directory, user_id: str) -> Json:
    """Return the password state. Raises ApiError 404."""
    with directory.lock:
        directory.see("users", user_id)
        return show_state(directory, user_id)


def put_password(directory: Directory, user_id: str, media: str, body: Json) -> Json:
    """Set, replace or reset a password; `media` is one of PUT_MEDIA. Raises ApiError 400 and 404."""
    action = media.removeprefix(PREFIX)
    with directory.lock:
        user = directory.find("users", user_id)
        if action == "setgateway+json":
            directory.hanging.external[user_id] = _read_gateway(directory, body)
        elif action == "setvalue+json" and not body:
            directory.passwords.pop(user_id, None)
        elif action == "reset+json":
            _keep(directory, user_id, _reset(directory, user_id, body))
        else:
            _keep(directory, user_id, _set(directory, user_id, body))
        return _finish(directory, user)


def _set(directory: Directory, user_id: str, body: Json) -> Password:
    value, force = body.get("value"), body.get("forceChange", False)
    for name in ("forceChange", "bypassPolicy"):
        if not isinstance(body.get(name, False), bool):
            raise invalid_value(name, "must be true or false")
    if isinstance(value, str) and value.startswith("{") and "}" in value:
        return Password(directory.new_id(), None, stamp(directory.clock()), force)
    if body.get("bypassPolicy") is not True or not isinstance(value, str) or not value:
        value = check_policy(value, "password")
        _check_history(directory, user_id, value, "password")
    return make_password(directory, value, force_change=force)


def _keep(directory: Directory, user_id: str, new: Password) -> None:
    """Keep a new password; the one before is history, and wrong tries are forgotten."""
    old = directory.passwords.get(user_id)
    if old is not None and old.digest is not None:
        directory.hanging.used.setdefault(user_id, []).append((old.salt, old.digest))
    directory.hanging.external.pop(user_id, None)
    directory.hanging.wrong.pop(user_id, None)
    directory.passwords[user_id] = new


def _check_history(directory: Directory, user_id: str, text: str, target: str) -> None:
    held = directory.passwords.get(user_id)
    past = list(directory.hanging.used.get(user_id, ()))
    if held is not None and held.digest is not None:
        past.append((held.salt, held.digest))
    kept = directory.switches.password_history
    if any(_digest(salt, text) == digest for salt, digest in past[-kept:] if kept):
        raise invalid_data("UNIQUENESS_VIOLATION", target, "was used before")


def _reset(directory: Directory, user_id: str, body: Json) -> Password:
    new = body.get("newPassword")
    if "currentPassword" in body and directory.switches.current_password == "checked":  # noqa: S105 - a word
        _check_match(directory, user_id, body["currentPassword"], "currentPassword")
    if "currentPassword" in body:
        text = check_policy(new, "newPassword")
        _check_history(directory, user_id, text, "newPassword")
        return make_password(directory, text, force_change=False)
    if directory.switches.reset_policy == "applied":
        new = check_policy(new, "newPassword")
        _check_history(directory, user_id, new, "newPassword")
    if not isinstance(new, str) or not new:
        raise invalid_data("EMPTY_VALUE", "newPassword", "must not be empty")
    return make_password(directory, new, force_change=True)


def _read_gateway(directory: Directory, body: Json) -> Json:
    kind = body.get("userType")
    gateway = directory.hanging.gateways.get(str(body.get("id")))
    if gateway is None:
        raise invalid_value("id", "does not exist")
    if not isinstance(kind, dict) or kind.get("id") not in {each["id"] for each in gateway["userTypes"]}:
        raise invalid_value("userType.id", "does not exist")
    return {"id": gateway["id"], "type": gateway["type"], "userType": {"id": kind["id"]}}


def _finish(directory: Directory, user: Json) -> Json:
    directory.users.put(directory.bumped(user))
    directory.changed("USER.UPDATED", user_subject(user), f"Updated password for User {user['username']}")
    return show_state(directory, user["id"])


def _check_usable(directory: Directory, user_id: str, target: str) -> Password:
    """Return what is kept of a password that can be looked at. Raises ApiError 400 for a state."""
    held = directory.passwords.get(user_id)
    is_locked = directory.hanging.wrong.get(user_id, 0) >= MOST_WRONG
    is_elsewhere = user_id in directory.hanging.external
    if directory.switches.unusable_password == "wrong" and (is_elsewhere or held is None or is_locked):  # noqa: S105 - a word
        raise invalid_value(target, MISMATCH, **({"failuresRemaining": 0} if is_locked else {}))
    if is_elsewhere:
        raise request_failed(ELSEWHERE)
    if held is None:
        raise invalid_data("NO_PASSWORD", "password", "The user has no password")
    if is_locked:
        raise invalid_data("PASSWORD_LOCKED_OUT", "password", "The password is locked out")
    user = directory.users.rows[user_id]
    if not user["enabled"] or user["account"]["status"] != "OK":
        raise invalid_data("ACCOUNT_NOT_USABLE", None, "The account cannot be used")
    return held


def _check_match(directory: Directory, user_id: str, given: Any, target: str = "password") -> None:
    held = _check_usable(directory, user_id, target)
    text = given if isinstance(given, str) else ""
    if held.digest is None or not hmac.compare_digest(held.digest, _digest(held.salt, text)):
        wrong = directory.hanging.wrong.get(user_id, 0) + 1
        directory.hanging.wrong[user_id] = wrong
        raise invalid_value(target, MISMATCH, failuresRemaining=max(0, MOST_WRONG - wrong))
    directory.hanging.wrong.pop(user_id, None)


def post_password(directory: Directory, user_id: str, media: str, body: Json) -> Json:
    """Check, recover or unlock a password, or force a change; `media` is one of POST_MEDIA or FORCE_CHANGE.

    Raises ApiError 400 and 404.
    """
    action = media.removeprefix(PREFIX).removesuffix("+json")
    with directory.lock:
        user = directory.find("users", user_id)
        if action == "check":
            _check_match(directory, user_id, body.get("password"))
            return show_state(directory, user_id)
        if action in SELF_SERVICE and user_id in directory.hanging.external:
            raise request_failed(ELSEWHERE)
        if action == "recover":
            _recover(directory, user_id, body)
            return _finish(directory, user)
        held = directory.passwords.get(user_id)
        if held is None:
            raise invalid_data("NO_PASSWORD", "password", "The user has no password")
        if action == "sendrecoverycode":
            codes = directory.hanging.codes_of(user_id)
            codes.recovery, codes.recovery_wrong = mail_code(directory, user), 0
            codes.recovery_ends = directory.clock() + CODE_LIFE
            return show_state(directory, user_id)
        directory.hanging.wrong.pop(user_id, None)
        if action == "forcechange":
            directory.passwords[user_id] = replace(held, force_change=True)
        return _finish(directory, user)


def _recover(directory: Directory, user_id: str, body: Json) -> None:
    codes = directory.hanging.codes_of(user_id)
    given = body.get("recoveryCode")
    is_right = isinstance(given, str) and codes.recovery and given.upper() == codes.recovery
    if not is_right or directory.clock() >= codes.recovery_ends:
        codes.recovery_wrong += 1
        if codes.recovery_wrong >= MOST_WRONG:
            codes.recovery = ""
        if directory.switches.wrong_recovery_code == "INVALID_OTP":
            raise ApiError(400, "INVALID_DATA", VALIDATION, [Detail("INVALID_OTP", None, "The code is not valid")])
        raise invalid_value("recoveryCode", "is not valid")
    text = check_policy(body.get("newPassword"), "newPassword")
    _check_history(directory, user_id, text, "newPassword")
    codes.recovery = ""
    _keep(directory, user_id, make_password(directory, text, force_change=False))
