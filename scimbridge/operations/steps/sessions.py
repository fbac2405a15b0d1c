"""Sessions: PingOne has no call that ends all of them, and tells ten at a time."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scimbridge.operations.attempt import Attempt
from scimbridge.operations.rows import REPEAT
from scimbridge.pingone.errors import NotThere
from scimbridge.scim.errors import Conflict

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

ROUNDS = 5
PATH, MEMBER = "users/{id}/sessions", "sessions"


def end_each(attempt: Attempt, _room: Room) -> Any:
    """End every session that is told, look again, and say how many there were.

    Raises `Conflict` where sessions are left after some rounds: then the user signs on faster than they end.
    """
    seen: set[str] = set()
    count = 0
    for turn in range(ROUNDS + 1):
        found = [each["id"] for each in attempt.read_all(PATH, MEMBER) if each["id"] not in seen]
        if not found:
            return {"count": count}
        for session in found if turn < ROUNDS else ():
            seen.add(session)
            with suppress(NotThere):  # it has ended by itself
                attempt.of(session).send("DELETE", f"{PATH}/{{item}}", again=REPEAT)
                count += 1
    msg = f"endSessions: {count} sessions were ended and there are more; send it again, or disable the user first"
    raise Conflict(msg)
