"""The parts of a user that have calls of their own (docs/pingone.md §2.8, §10): enabled, population, lock ...

Knows facets one by one; every accepted call makes `updatedAt` later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import regex

from scimbridge.sandbox.http.errors import invalid_data, invalid_value, unsupported_media
from scimbridge.sandbox.model.memberships import drop_old_level
from scimbridge.sandbox.model.users import read_population, read_provider
from scimbridge.sandbox.store.directory import user_subject
from scimbridge.sandbox.store.records import Json, parse_instant, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from scimbridge.sandbox.store.directory import Directory

_MILLISECONDS: Final = regex.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
VERIFY_STATES: Final = ("ENABLED", "DISABLED")


def _account(record: Json, **status: Any) -> Json:
    account = {**record["account"], **status}
    account["canAuthenticate"] = bool(record["enabled"] and account["status"] == "OK")
    return account


def _needed_boolean(body: Json, name: str) -> bool:
    value = body.get(name)
    if value is None:
        raise invalid_data("REQUIRED_VALUE", name, "must not be null")
    if not isinstance(value, bool):
        raise invalid_value(name, "must be true or false")
    return value


def _set_enabled(_directory: Directory, record: Json, body: Json) -> Json:
    changed = {**record, "enabled": _needed_boolean(body, "enabled")}
    return {**changed, "account": _account(changed)}


def _set_mfa(_directory: Directory, record: Json, body: Json) -> Json:
    return {**record, "mfaEnabled": _needed_boolean(body, "mfaEnabled")}


def _set_bypass(directory: Directory, record: Json, body: Json) -> Json:
    until = body.get("bypassMFAEnabledUntil")
    if not isinstance(until, str) or not _MILLISECONDS.fullmatch(until):
        raise invalid_value("bypassMFAEnabledUntil", "must be a date as 2026-01-02T03:04:05.000Z")
    if (parse_instant(until) or 0) <= directory.clock():
        return {name: value for name, value in record.items() if name != "bypassMFA"}
    return {**record, "bypassMFA": {"bypassMFAEnabled": True, "bypassMFAEnabledUntil": until}}


def _set_verify_status(_directory: Directory, record: Json, body: Json) -> Json:
    if body.get("verifyStatus") not in VERIFY_STATES:
        raise invalid_value("verifyStatus", "is not allowed", allowedValues=list(VERIFY_STATES))
    return {**record, "verifyStatus": body["verifyStatus"]}


def _set_population(directory: Directory, record: Json, body: Json) -> Json:
    new = read_population(directory, body.get("id"), "id")
    old = record["population"]["id"]
    if new == old:
        return record
    drop_old_level(directory, record["id"], old)
    return {**record, "population": {"id": new}}


def _set_provider(directory: Directory, record: Json, body: Json) -> Json:
    if "identityProvider" not in body:
        raise invalid_data("REQUIRED_VALUE", "identityProvider", "must not be missing")
    return {**record, "identityProvider": read_provider(directory, body["identityProvider"])}


_SETTERS: Final[dict[str, Callable[[Directory, Json, Json], Json]]] = {
    "enabled": _set_enabled,
    "mfaEnabled": _set_mfa,
    "bypassMFA": _set_bypass,
    "verifyStatus": _set_verify_status,
    "population": _set_population,
    "identityProvider": _set_provider,
}
NAMES: Final = tuple(_SETTERS)


def show_facet(record: Json, name: str) -> Json:
    """Return the body of a facet without links: `population` shows its id bare, the others by name."""
    if name == "population":
        return {"id": record["population"]["id"]}
    if name == "bypassMFA":
        return dict(record.get(name, {}))
    return {name: record.get(name, False)}


def see_facet(directory: Directory, user_id: str, name: str) -> Json:
    """Return a facet. Raises ApiError 404."""
    with directory.lock:
        return show_facet(directory.see("users", user_id), name)


def put_facet(directory: Directory, user_id: str, name: str, body: Json) -> Json:
    """Set a facet and return it. Raises ApiError 400 and 404."""
    with directory.lock:
        record = _SETTERS[name](directory, directory.find("users", user_id), body)
        return show_facet(_store(directory, record, name), name)


def _store(directory: Directory, record: Json, name: str) -> Json:
    bumped = directory.bumped(record)
    directory.users.put(bumped)
    directory.changed("USER.UPDATED", user_subject(bumped), f"Updated {name} for User {bumped['username']}")
    return bumped


def lock_account(directory: Directory, user_id: str, body: Json) -> Json:
    """Lock an account; without `unlockAt` only where switched so. Raises ApiError 400 and 404."""
    with directory.lock:
        record = directory.find("users", user_id)
        until = body.get("unlockAt")
        if until is None and directory.switches.empty_lock == "ignored":
            return record
        if until is not None and (not isinstance(until, str) or parse_instant(until) is None):
            raise invalid_value("unlockAt", "must be a date")
        made = parse_instant(record["createdAt"]) or 0.0
        if directory.clock() < made + directory.switches.late_lock:
            raise unsupported_media("application/vnd.pingidentity.account.lock+json")
        if until is not None and (parse_instant(until) or 0.0) <= directory.clock():
            if directory.switches.past_unlock == "refuse":
                raise invalid_value("unlockAt", "must be in the future")
            return record
        locked: Json = {"status": "LOCKED", "lockedAt": stamp(directory.clock())}
        if until is not None:
            locked["unlockAt"] = until
        return _store(directory, {**record, "account": _account(record, **locked)}, "account")


def unlock_account(directory: Directory, user_id: str) -> Json:
    """Unlock an account. Raises ApiError 404."""
    with directory.lock:
        record = directory.find("users", user_id)
        account = {"canAuthenticate": record["enabled"], "status": "OK"}
        return _store(directory, {**record, "account": account}, "account")
