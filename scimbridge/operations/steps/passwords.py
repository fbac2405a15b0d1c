"""Passwords: checked once and never twice, changed after the present one was checked, found out after a lost answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.operations.attempt import Attempt, Json
from scimbridge.operations.rows import NEVER
from scimbridge.pingone.errors import Refused
from scimbridge.pingone.settling import Look
from scimbridge.request.context import Reply
from scimbridge.scim.errors import InvalidValue

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

PATH = "users/{id}/password"
CHECKING = "checkPassword"
CHECK = "application/vnd.pingidentity.password.check+json"
LEFT = "failuresRemaining"
WRONG = ("INVALID_VALUE", "INVALID_PASSWORD")


def check(attempt: Attempt, room: Room) -> Any:
    """Return the state of a password that is right; a wrong one is an answer and no failure."""
    try:
        state = room.send(attempt)
    except Refused as error:
        return Reply(200, {"valid": False, **_left(error)})
    return Reply(200, {"valid": True, **room.answers.print(attempt, state)})


def change(attempt: Attempt, room: Room) -> Any:
    """Change a password for the user. The present one, where it is sent, is checked first: PingOne may not look at it.

    Raises `InvalidValue` where that is wrong, and `TooManyRequests`: by both ways no more can be guessed than by one.
    """
    if (current := attempt.values.get("currentPassword")) is not None:
        room.count(attempt, CHECKING)

        def check_first() -> Json:
            return attempt.send("POST", PATH, body={"password": current}, media=CHECK, again=NEVER).body

        try:
            room.settled(attempt, check_first, NEVER)
        except Refused as error:
            left = "".join(f"; {number} more wrong ones lock the password" for number in _left(error).values())
            raise InvalidValue(f"currentPassword: it is wrong{left}") from error
    return room.send(attempt)


def is_changed(attempt: Attempt) -> Look:
    """Return what looks whether the password was changed."""
    return attempt.around.reach.users.watch_password(attempt.context, attempt.key)


def _left(error: Refused) -> Json:
    """Return how many wrong ones may follow, as far as it is told. Raises what says anything else, such as a state."""
    for fault in error.faults:
        if fault.code in WRONG and fault.target in ("password", "currentPassword"):
            number = fault.inner.get(LEFT)
            return {LEFT: number} if isinstance(number, int) else {}
    raise error
