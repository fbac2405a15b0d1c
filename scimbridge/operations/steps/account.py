"""Account: messages that a user may get again, and codes whose answer was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt, Json
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.settling import Look

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

MAILS = ("sendVerificationCode", "sendEmailVerification", "sendRecoveryCode")


def renew_quota(attempt: Attempt, room: Room) -> Json:
    """Begin the day of a user's messages anew, at PingOne and in what the bridge counts itself."""
    made = room.send(attempt)
    for name in MAILS:
        room.count_anew(attempt, name)
    return made


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
