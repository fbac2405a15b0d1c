"""Roles: named as well as numbered, and given by a confined client at its own populations only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt
from scimbridge.operations.rows import REPEAT
from scimbridge.pingone.errors import NoPermission, NotThere
from scimbridge.pingone.settling import Look
from scimbridge.request.ids import is_id
from scimbridge.scim.errors import Forbidden, InvalidValue
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

POPULATION = "POPULATION"
MEMBER = "roleAssignments"
NOT_GIVEN = (
    "role: PingOne does not let the bridge give it there: a worker application gives roles that it has at that scope or"
    " a wider one, and Identity Data Admin itself, its read-only kin and Help Desk Admin (see `scimbridge check`)"
)


def assign(attempt: Attempt, room: Room) -> Any:
    """Give a role. Raises `InvalidValue` for one that is not there, `Forbidden` at a scope that is not the client's."""
    populations = attempt.context.caller.populations
    attempt = attempt.with_ids("role", "scopeId")
    values = attempt.values
    if populations is not None and (values["scopeType"] != POPULATION or values["scopeId"] not in populations):
        msg = "scopeId: this client may give roles at its own populations only, with scopeType POPULATION"
        raise Forbidden(msg)
    if not is_id(values["role"]):
        attempt = replace(attempt, values={**values, "role": _find_role(attempt, values["role"])})
    try:
        made = room.send(attempt)
    except NoPermission as error:
        raise Forbidden(NOT_GIVEN) from error
    return room.answers.make(attempt, made if "id" in made else _find(attempt) or made, 201)


def read_assignments(attempt: Attempt, _room: Room) -> Any:
    """Return the assignments, or one: of a confined client those at its own populations."""
    if attempt.item:
        return _read_own(attempt)
    return [each for each in attempt.read_all(attempt.operation.call.path, MEMBER) if _is_own(attempt, each)]


def take(attempt: Attempt, _room: Room) -> Any:
    """Take a role away. Raises `NotThere` for one at a scope that is not the client's."""
    if attempt.is_confined:
        _read_own(attempt)
    return attempt.send("DELETE", attempt.operation.part_path, again=REPEAT)


def _read_own(attempt: Attempt) -> Native:
    found = attempt.read_part()
    if not _is_own(attempt, found):
        raise NotThere("not at the client's populations", status=404)
    return found


def _is_own(attempt: Attempt, record: Native) -> bool:
    populations = attempt.context.caller.populations
    at = tuple(read_field(record, path) for path in (("scope", "type"), ("scope", "id")))
    return populations is None or (at[0] == POPULATION and at[1] in populations)


def is_assigned(attempt: Attempt) -> Look:
    """Return what looks whether the role is given at this scope."""
    return lambda _error: _find(attempt)


def _find(attempt: Attempt) -> Native | None:
    wanted = tuple(attempt.values[name] for name in ("role", "scopeType", "scopeId"))
    for each in attempt.read_all(attempt.operation.call.path, MEMBER):
        if tuple(read_field(each, path) for path in (("role", "id"), ("scope", "type"), ("scope", "id"))) == wanted:
            return each
    return None


def name_role(attempt: Attempt, record: Mapping[str, Any]) -> str | None:
    """Return the name of the role of an assignment, None where PingOne tells none."""
    return _names(attempt).get(str(read_field(record, ("role", "id"))))


def _find_role(attempt: Attempt, name: str) -> str:
    found = [key for key, held in _names(attempt).items() if held.casefold() == name.casefold()]
    if len(found) != 1:
        msg = "role: PingOne has no role of that id or name; GET .roles lists them"
        raise InvalidValue(msg)
    return found[0]


def _names(attempt: Attempt) -> Mapping[str, str]:
    """Return id -> name of all roles, kept for a minute: they are PingOne's own and hardly change."""
    return attempt.kept(
        "roles", lambda: {str(each["id"]): str(each.get("name", "")) for each in attempt.read_all("/roles", "roles")}
    )
