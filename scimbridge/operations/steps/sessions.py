"""Sessions: PingOne has no call that ends all of them, and tells ten at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.operations.attempt import Attempt
from scimbridge.scim.errors import Conflict

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room


def end_each(attempt: Attempt, _room: Room) -> Any:
    """End every session that is told, look again, and say how many there were.

    Raises `Conflict` where sessions are left after some rounds: then the user signs on faster than they end.
    """
    ended = attempt.around.reach.end_sessions(attempt.context, attempt.key)
    if ended.is_all:
        return {"count": ended.count}
    msg = f"endSessions: {ended.count} sessions were ended and there are more; send it again, or disable the user first"
    raise Conflict(msg)
