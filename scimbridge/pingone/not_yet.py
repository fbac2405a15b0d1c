"""What PingOne does not take yet: for a moment after a user was made it refuses a lock (docs/pingone.md §15.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from scimbridge.pingone.errors import Refused
from scimbridge.pingone.send import Call

Answer = TypeVar("Answer")
NOT_YET = 415
LOOKS = (0.5, 1.0, 2.0)  # seconds between tries


def when_taken(
    send: Callable[[], Answer], call: Call, *, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Answer:
    """Send, and again after a moment where PingOne does not take it yet. Raises PingOne's errors."""
    for pause in LOOKS:
        try:
            return send()
        except Refused as error:
            if error.status != NOT_YET or clock() + pause >= call.deadline:
                raise
            sleep(pause)
    return send()
