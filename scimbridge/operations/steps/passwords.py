"""Passwords: checked once and never twice, changed after the present one was checked, found out after a lost answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.moments import read_time
from scimbridge.operations.attempt import Attempt, Json
from scimbridge.operations.inputs import native_body
from scimbridge.operations.rows import NEVER
from scimbridge.pingone.errors import Fault, Refused
from scimbridge.request.context import Reply
from scimbridge.scim.errors import InvalidValue
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

PATH = "users/{id}/password"
CHECK = "application/vnd.pingidentity.password.check+json"
WRONG = ("INVALID_VALUE", "INVALID_PASSWORD")
RESOLUTION = 1.0
"""Seconds: PingOne's clock and its `lastChangedAt` may be told in whole ones."""


def check(attempt: Attempt, room: Room) -> Any:
    """Return the state of a password that is right; a wrong one is an answer and no failure."""
    try:
        state = room.settled(attempt, lambda: attempt.send_row(native_body(attempt.operation, attempt.values)).body)
    except Refused as error:
        wrong = _wrong(error)
        if wrong is None:
            raise
        remaining = wrong.inner.get("failuresRemaining")
        told = {"failuresRemaining": remaining} if isinstance(remaining, int) else {}
        return Reply(200, {"valid": False, **told})
    table = attempt.operation.answer
    printed = {} if table is None else room.printer.one(attempt, table, state)
    return Reply(200, {"valid": True, **printed})


def change(attempt: Attempt, room: Room) -> Any:
    """Change a password for the user. The present one, where it is sent, is checked first: PingOne may not look at it.

    Raises `InvalidValue` where that is wrong.
    """
    current = attempt.values.get("currentPassword")
    if current is not None:
        try:
            attempt.send("POST", PATH, body={"password": current}, media=CHECK, again=NEVER)
        except Refused as error:
            wrong = _wrong(error)
            if wrong is None:
                raise
            left = wrong.inner.get("failuresRemaining")
            told = f"; {left} more wrong ones lock the password" if isinstance(left, int) else ""
            raise InvalidValue(f"currentPassword: it is wrong{told}") from error
    body = native_body(attempt.operation, attempt.values)
    return room.settled(attempt, lambda: attempt.send_row(body).body)


def is_changed(attempt: Attempt, seconds: float) -> Native | None:
    """Return the state of the password if it was changed since the call was sent, by PingOne's own clock."""
    response = attempt.send("GET", PATH)
    state: Json = response.body
    changed = read_time(str(state.get("lastChangedAt", "")))
    now = response.server_date if response.server_date is not None else attempt.around.wall()
    if changed is None or changed.tzinfo is None or changed.timestamp() < now - seconds - RESOLUTION:
        return None
    return Native(state)


def _wrong(error: Refused) -> Fault | None:
    """Return the fault that says the password is wrong; None where it says anything else, such as a state."""
    for fault in error.faults:
        if fault.code in WRONG and fault.target in (None, "password", "currentPassword"):
            return fault
    return None
