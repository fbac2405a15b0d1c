"""Account: a lock that has to have locked, and codes whose answer was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt, Json
from scimbridge.operations.inputs import native_body
from scimbridge.pingone.errors import PingOneError, Refused
from scimbridge.pingone.settling import Look
from scimbridge.scim.errors import Conflict

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

LOCKED = "LOCKED"
NOT_YET = 415
LOOKS = (0.5, 1.0, 2.0)
"""Seconds between tries where PingOne does not take a lock yet: right after a user was made (docs/pingone.md §15.2)."""


def lock(attempt: Attempt, room: Room) -> Any:
    """Lock an account. Raises `Conflict` where PingOne took the call and the account is not locked."""
    body = native_body(attempt.operation, attempt.values)
    record = room.settled(attempt, lambda: _send_lock(attempt, body))
    if read_field(record, ("account", "status")) != LOCKED:
        msg = "lock: PingOne took the call and the account is not locked; send unlockAt, a time that is still to come"
        raise Conflict(msg)
    return record


def _send_lock(attempt: Attempt, body: dict[str, Any]) -> dict[str, Any]:
    for pause in LOOKS:
        try:
            return attempt.send_row(body).body
        except Refused as error:
            if error.status != NOT_YET or attempt.around.clock() + pause >= attempt.context.call.deadline:
                raise
            attempt.around.sleep(pause)
    return attempt.send_row(body).body


def is_verified(attempt: Attempt) -> Look:
    """Return what looks whether the verification of the user is over."""
    return _looking_for(attempt, ("lifecycle", "status"), "ACCOUNT_OK")


def is_email_verified(attempt: Attempt) -> Look:
    """Return what looks whether the address of the user is proved."""
    return _looking_for(attempt, ("emailVerified",), True)


def _looking_for(attempt: Attempt, field: tuple[str, ...], wanted: Any) -> Look:
    def look(_error: PingOneError) -> Json | None:
        user = attempt.around.reach.users.read(attempt.context, attempt.key)
        return user if read_field(user, field) == wanted else None

    return look
