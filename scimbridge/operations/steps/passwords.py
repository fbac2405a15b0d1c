"""Passwords: checked once and never twice, changed after the present one was checked, found out after a lost answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.operations.attempt import Attempt, Json
from scimbridge.operations.refusing import STATES, lost_answer
from scimbridge.operations.rows import NEVER
from scimbridge.pingone.errors import PingOneError, Refused
from scimbridge.pingone.settling import Look
from scimbridge.request.context import Reply
from scimbridge.scim.errors import Conflict, InvalidValue

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

PATH = "users/{id}/password"
CHECKING = "checkPassword"
CHECK = "application/vnd.pingidentity.password.check+json"
LEFT = "failuresRemaining"
WRONG = ("INVALID_VALUE", "INVALID_PASSWORD")
TARGETS = ("password", "currentPassword")
USABLE = ("OK", "MUST_CHANGE_PASSWORD", "PASSWORD_EXPIRED")
"""States in which a right password is said to be right."""
UNUSABLE = {**STATES, "EXTERNAL": STATES["REQUEST_FAILED"]}


def check(attempt: Attempt, room: Room) -> Any:
    """Return the state of a password that is right; a wrong one is an answer and no failure."""
    try:
        state = room.send(attempt)
    except Refused as error:
        return Reply(200, {"valid": False, **_left(attempt, error)})
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
            left = "".join(f"; {number} more wrong ones lock the password" for number in _left(attempt, error).values())
            raise InvalidValue(f"currentPassword: it is wrong{left}") from error
    return room.send(attempt)


def is_changed(attempt: Attempt) -> Look:
    """Return what looks whether the password was changed."""
    return attempt.around.reach.users.watch_password(attempt.context, attempt.key)


def _left(attempt: Attempt, error: Refused) -> Json:
    """Return how many wrong ones may follow, as far as it is told. Raises what says anything else, such as a state.

    PingOne may refuse a password that is locked out, or that it has not, as it refuses a wrong one (docs/pingone.md
    §15.3): where no more may follow the state is looked at, since the one that was sent may be the right one.
    """
    fault = next((each for each in error.faults if each.code in WRONG and each.target in TARGETS), None)
    if fault is None:
        raise error
    number = fault.inner.get(LEFT)
    if isinstance(number, int) and number > 0:
        return {LEFT: number}
    try:
        status = str(attempt.send("GET", PATH).body.get("status"))
    except PingOneError as unread:
        raise lost_answer(attempt.operation) from unread
    if status not in USABLE:
        msg = f"{attempt.operation.name}: {UNUSABLE.get(status, 'the password cannot be used in its present state')}"
        raise Conflict(msg) from error
    return {LEFT: number} if isinstance(number, int) else {}
