"""What PingOne does not take yet: for a moment after a user was made it refuses a lock (docs/pingone.md §15.2)."""

from __future__ import annotations

from collections.abc import Callable

from scimbridge.pingone.errors import Refused
from scimbridge.pingone.media import LOCK, UNLOCK
from scimbridge.pingone.send import Call, Request, Response, Send

NOT_YET = 415
LOOKS = (0.5, 1.0, 2.0)  # seconds between tries


class WithNotYet:
    """A layer that sends a lock again after a moment, whoever sends it. `clock` counts seconds."""

    def __init__(self, send: Send, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._send = send
        self._clock = clock
        self._sleep = sleep

    def __call__(self, request: Request, call: Call) -> Response:
        """Send. Raises what the layers below raise."""
        for pause in LOOKS if request.media in (LOCK, UNLOCK) else ():
            try:
                return self._send(request, call)
            except Refused as error:
                if error.status != NOT_YET or self._clock() + pause >= call.deadline:
                    raise
                self._sleep(pause)
        return self._send(request, call)
