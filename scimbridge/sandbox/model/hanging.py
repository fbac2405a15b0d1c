"""Sessions, linked accounts, roles and devices: what may be done with each (docs/pingone.md §15.5, §15.7).

Knows rules, no HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.http.errors import forbidden, invalid_data, invalid_value, not_found, request_failed
from scimbridge.sandbox.model.activities import Subject
from scimbridge.sandbox.store.directory import user_subject
from scimbridge.sandbox.store.records import Json, stamp

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Collection, Directory
    from scimbridge.sandbox.store.hanging import Part

MOST_SESSIONS: Final = 10
SCOPE_TYPES: Final = ("ORGANIZATION", "ENVIRONMENT", "POPULATION", "APPLICATION", "GROUP")
WIDER: Final = {"POPULATION": 2, "APPLICATION": 2, "GROUP": 2, "ENVIRONMENT": 1, "ORGANIZATION": 0}
LONGEST_EXTERNAL_ID: Final = 3000
GIVEN: Final = ("Identity Data Admin", "Identity Data Read Only", "Help Desk Admin")
"""What a worker may give that is Identity Data Admin of the environment, there and at its parts."""


def list_parts(directory: Directory, kind: Collection, holder: str, part: Part) -> list[Json]:
    """Return what hangs on a user or group. Raises ApiError 404."""
    with directory.lock:
        directory.see(kind, holder)
        held = list(directory.hanging.of(part, holder).values())
        return sorted(held, key=_newest_first)[:MOST_SESSIONS] if part == "sessions" else held


def _newest_first(record: Json) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in record["createdAt"])


def see_part(directory: Directory, kind: Collection, holder: str, part: Part, key: str) -> Json:
    """Return one record. Raises ApiError 404."""
    with directory.lock:
        directory.see(kind, holder)
        found = directory.hanging.of(part, holder).get(key)
        if found is None:
            raise not_found()
        return found


def drop_part(directory: Directory, kind: Collection, holder: str, part: Part, key: str) -> None:
    """Delete one record. Raises ApiError 400 and 404."""
    with directory.lock:
        found = see_part(directory, kind, holder, part, key)
        if found.get("readOnly"):
            raise request_failed("The role assignment is read only.")
        del directory.hanging.of(part, holder)[key]
        if part == "sessions" and directory.switches.sessions_come_back:
            add_session(directory, holder)
        _note(directory, kind, holder, f"{part}.DELETED")


def add_session(directory: Directory, user_id: str) -> Json:
    """Let a user sign on."""
    now = stamp(directory.clock())
    record: Json = {
        "id": directory.new_id(), "createdAt": now, "activeAt": now,
        "lastSignOn": {"at": now, "remoteIp": "203.0.113.7"}, "browser": {"name": "Firefox", "version": "143"},
        "operatingSystem": {"name": "Linux"}, "device": {"type": "COMPUTER"}, "locations": [{"city": "Leeds"}],
    }  # fmt: skip
    with directory.lock:
        directory.hanging.of("sessions", user_id)[record["id"]] = record
    return record


def link(directory: Directory, user_id: str, body: Json) -> Json:
    """Link an account. Raises ApiError 400 and 404."""
    provider = body.get("identityProvider")
    provider_id = provider.get("id") if isinstance(provider, dict) else None
    external = body.get("externalId")
    if not isinstance(external, str) or not 1 <= len(external) <= LONGEST_EXTERNAL_ID:
        raise invalid_value("externalId", "must be a text of 1 to 3000 characters")
    with directory.lock:
        directory.find("users", user_id)
        if provider_id not in directory.providers:
            raise invalid_value("identityProvider.id", "does not exist")
        held = directory.hanging.of("linkedAccounts", user_id)
        same = [each for each in held.values() if (each["identityProvider"]["id"], each["externalId"])
                == (provider_id, external)]  # fmt: skip
        if same and directory.switches.second_link == "refuse":
            raise invalid_data("UNIQUENESS_VIOLATION", "externalId", "is linked already")
        record: Json = {
            "id": directory.new_id(), "externalId": external, "identityProvider": {"id": provider_id},
            **directory.stamps(),
        }  # fmt: skip
        held[record["id"]] = record
        _note(directory, "users", user_id, "LINKED_ACCOUNT.CREATED")
        return record


def assign(directory: Directory, kind: Collection, holder: str, body: Json) -> Json:
    """Give a role. Raises ApiError 400, 403 and 404."""
    role, scope = _object(body, "role"), _object(body, "scope")
    with directory.lock:
        directory.find(kind, holder)
        if (found := directory.hanging.roles.get(role.get("id", ""))) is None:
            raise invalid_value("role.id", "does not exist")
        at = scope.get("type")
        if at not in SCOPE_TYPES or at not in found["applicableTo"]:
            raise invalid_value("scope.type", "is not allowed", allowedValues=found["applicableTo"])
        _check_scope(directory, at, scope.get("id"))
        if found["name"] not in GIVEN or at == "ORGANIZATION":
            raise forbidden()
        held = directory.hanging.of("roleAssignments", holder)
        for each in held.values():
            if each["role"]["id"] == found["id"] and (
                WIDER[each["scope"]["type"]] < WIDER[at] or each["scope"] == {"id": scope["id"], "type": at}
            ):
                raise invalid_data("UNIQUENESS_VIOLATION", "role", "is assigned already")
        record: Json = {
            "id": directory.new_id(), "role": {"id": found["id"]}, "scope": {"id": scope["id"], "type": at},
            "readOnly": False,
        }  # fmt: skip
        held[record["id"]] = record
        _note(directory, kind, holder, "ROLE_ASSIGNMENT.CREATED")
        return record


def _object(body: Json, name: str) -> Json:
    held = body.get(name)
    return held if isinstance(held, dict) else {}


def _check_scope(directory: Directory, at: str, key: Any) -> None:
    known: Any = {"ENVIRONMENT": (directory.environment_id,), "POPULATION": directory.populations.rows,
                  "GROUP": directory.groups.rows}.get(at)  # fmt: skip
    if not isinstance(key, str) or (known is not None and key not in known):
        raise invalid_value("scope.id", "does not exist")


def act_on_device(directory: Directory, user_id: str, device_id: str, action: str) -> Json:
    """Block, unblock or unlock a device. Raises ApiError 404."""
    with directory.lock:
        device = see_part(directory, "users", user_id, "devices", device_id)
        changed = dict(device)
        if action == "block":
            changed["block"] = {"status": "BLOCKED", "blockedAt": stamp(directory.clock())}
        elif action == "unblock":
            changed["block"] = {"status": "UNBLOCKED"}
        else:
            changed["lock"] = {"status": "UNLOCKED"}
        directory.hanging.of("devices", user_id)[device_id] = changed
        _note(directory, "users", user_id, "DEVICE.UPDATED")
        return changed


def _note(directory: Directory, kind: Collection, holder: str, what: str) -> None:
    if kind == "users":
        directory.changed(what, user_subject(directory.users.rows[holder]))
    else:
        directory.changed(what, Subject("GROUP", holder, holder, f"/groups/{holder}"))
