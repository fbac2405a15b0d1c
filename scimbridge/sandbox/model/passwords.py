"""Passwords: the policy, what is kept of them, and the calls under {u}/password (docs/pingone.md §10).

Knows users' password states; a password itself is never kept and never returned.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.http.errors import invalid_data, invalid_value
from scimbridge.sandbox.store.directory import Password, user_subject
from scimbridge.sandbox.store.records import Json, stamp

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory

SHORTEST: Final = 8
PREFIX: Final = "application/vnd.pingidentity.password."
PUT_MEDIA: Final = tuple(PREFIX + action for action in ("set+json", "setvalue+json", "reset+json"))
POST_MEDIA: Final = tuple(
    PREFIX + action for action in ("check+json", "forcechange", "forcechange+json", "unlock", "unlock+json")
)


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
    if held is None:
        return {**state, "status": "NO_PASSWORD"}
    status = "MUST_CHANGE_PASSWORD" if held.force_change else "OK"
    return {**state, "status": status, "lastChangedAt": held.changed_at}


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
        if action == "setvalue+json" and not body:
            directory.passwords.pop(user_id, None)
        elif action == "reset+json":
            directory.passwords[user_id] = _reset(directory, user_id, body)
        else:
            value, force = body.get("value"), body.get("forceChange", False)
            if not isinstance(force, bool):
                raise invalid_value("forceChange", "must be true or false")
            if body.get("bypassPolicy") is not True or not isinstance(value, str) or not value:
                value = check_policy(value, "password")
            directory.passwords[user_id] = make_password(directory, value, force_change=force)
        return _finish(directory, user)


def _reset(directory: Directory, user_id: str, body: Json) -> Password:
    new = body.get("newPassword")
    if "currentPassword" in body:
        _check_match(directory, user_id, body["currentPassword"])
        return make_password(directory, check_policy(new, "newPassword"), force_change=False)
    if not isinstance(new, str) or not new:
        raise invalid_data("EMPTY_VALUE", "newPassword", "must not be empty")
    return make_password(directory, new, force_change=True)


def _finish(directory: Directory, user: Json) -> Json:
    directory.users.put(directory.bumped(user))
    directory.changed("USER.UPDATED", user_subject(user), f"Updated password for User {user['username']}")
    return show_state(directory, user["id"])


def _check_match(directory: Directory, user_id: str, given: Any) -> None:
    held = directory.passwords.get(user_id)
    if held is None:
        raise invalid_data("NO_PASSWORD", "password", "The user has no password")
    text = given if isinstance(given, str) else ""
    if held.digest is None or not hmac.compare_digest(held.digest, _digest(held.salt, text)):
        sentence = "The provided password did not match provisioned password"
        raise invalid_value("password", sentence, failuresRemaining=4)


def post_password(directory: Directory, user_id: str, media: str, body: Json) -> Json:
    """Check a password, force a change or unlock; `media` is one of POST_MEDIA.

    Raises ApiError 400 and 404.
    """
    action = media.removeprefix(PREFIX)
    with directory.lock:
        user = directory.find("users", user_id)
        if action == "check+json":
            _check_match(directory, user_id, body.get("password"))
            return show_state(directory, user_id)
        held = directory.passwords.get(user_id)
        if action.startswith("forcechange"):
            if held is None:
                raise invalid_data("NO_PASSWORD", "password", "The user has no password")
            directory.passwords[user_id] = replace(held, force_change=True)
        return _finish(directory, user)
