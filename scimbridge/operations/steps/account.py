"""Account: a lock that has to have locked, codes whose answer was lost, devices that are read after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt
from scimbridge.operations.inputs import native_body
from scimbridge.pingone.settling import when_taken
from scimbridge.scim.errors import Conflict
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

OK = "OK"


def lock(attempt: Attempt, room: Room) -> Any:
    """Lock an account. Raises `Conflict` where PingOne took the call and the account is not locked."""
    body = native_body(attempt.operation, attempt.values)
    around = attempt.around

    def send() -> dict[str, Any]:
        return when_taken(
            lambda: attempt.send_row(body).body, attempt.context.call, clock=around.clock, sleep=around.sleep
        )

    record = room.settled(attempt, send)
    if read_field(record, ("account", "status")) == OK:
        msg = "lock: PingOne took the call and the account is not locked; send unlockAt, a time that is still to come"
        raise Conflict(msg)
    return record


def is_verified(attempt: Attempt, _seconds: float) -> Native | None:
    """Return the user if its verification is over."""
    user = _read_user(attempt)
    return user if read_field(user, ("lifecycle", "status")) == "ACCOUNT_OK" else None


def is_email_verified(attempt: Attempt, _seconds: float) -> Native | None:
    """Return the user if its address is proved."""
    user = _read_user(attempt)
    return user if user.get("emailVerified") is True else None


def act_on_device(attempt: Attempt, room: Room) -> Any:
    """Act on a device and read it: PingOne answers with it, or with nothing."""
    device = room.settled(attempt, lambda: attempt.send_row().body)
    return device if device.get("id") else attempt.send("GET", attempt.operation.call.path).body


def _read_user(attempt: Attempt) -> Native:
    return attempt.around.reach.users.read(attempt.context, attempt.key)
