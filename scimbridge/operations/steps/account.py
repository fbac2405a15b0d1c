"""Account: a lock that has to have locked, and codes whose answer was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt, Json
from scimbridge.operations.inputs import native_body
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.not_yet import when_taken
from scimbridge.pingone.settling import Look
from scimbridge.scim.errors import Conflict

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

LOCKED = "LOCKED"


def lock(attempt: Attempt, room: Room) -> Any:
    """Lock an account. Raises `Conflict` where PingOne took the call and the account is not locked."""
    attempt = attempt.hurried()
    body = native_body(attempt.operation, attempt.values)
    around = attempt.around

    def send() -> Json:
        return when_taken(
            lambda: attempt.send_row(body).body, attempt.context.call, clock=around.clock, sleep=around.sleep
        )

    record = room.settled(attempt, send)
    if read_field(record, ("account", "status")) != LOCKED:
        msg = "lock: PingOne took the call and the account is not locked; send unlockAt, a time that is still to come"
        raise Conflict(msg)
    return record


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
