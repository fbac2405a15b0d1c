"""What PingOne takes otherwise, or not yet, and answers with 415.

For a moment after a user was made it refuses a lock (docs/pingone.md §15.2). One media type is told without `+json`,
which all others have, so that either may be the right one (§15.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scimbridge.pingone.errors import Refused
from scimbridge.pingone.media import FORCE_CHANGE, LOCK, UNLOCK
from scimbridge.pingone.send import Call, Request, Response, Send

NOT_YET = NOT_SO = 415
LOOKS = (0.5, 1.0, 2.0)  # seconds between tries


class WithNotYet:
    """A layer that sends a lock again after a moment, and a type in its other spelling. `clock` counts seconds."""

    def __init__(self, send: Send, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._send = send
        self._clock = clock
        self._sleep = sleep
        self._spellings = FORCE_CHANGE

    def __call__(self, request: Request, call: Call) -> Response:
        """Send. Raises what the layers below raise."""
        if request.media in FORCE_CHANGE:
            return self._send_spelled(request, call)
        for pause in LOOKS if request.media in (LOCK, UNLOCK) else ():
            try:
                return self._send(request, call)
            except Refused as error:
                if error.status != NOT_YET or self._clock() + pause >= call.deadline:
                    raise
                self._sleep(pause)
        return self._send(request, call)

    def _send_spelled(self, request: Request, call: Call) -> Response:
        """Send in the spelling that was taken last, and where that is refused in the other one."""
        first, second = self._spellings
        try:
            return self._send(replace(request, media=first), call)
        except Refused as error:
            if error.status != NOT_SO:
                raise
        response = self._send(replace(request, media=second), call)
        self._spellings = second, first
        return response
