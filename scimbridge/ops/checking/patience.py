"""How long a check waits where PingOne throttles: it says so at once, and ends after a bound instead of sitting silent.

The layers below repeat what PingOne refuses with 429, each call for as long as it may; a check makes many calls, so
that their waits are added up here. Knows no collection and no finding.
"""

from __future__ import annotations

from collections.abc import Callable

from scimbridge.pingone.errors import Throttled
from scimbridge.pingone.send import Call as PingOneCall
from scimbridge.pingone.send import CallRecord, Request, Response, Send

BOUND = 30.0
"""Seconds that one check waits in all because PingOne throttles."""
_TOO_MANY = 429


class GivenUp(Exception):
    """PingOne throttles for longer than a check waits. `seconds`: when to come back, None where nobody knows."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__("PingOne throttles")
        self.seconds = seconds


class Patience:
    """Waits, says why, and gives up. `tell` is given a sentence before each wait; `sleep` takes seconds.

    While `lasting`, nothing is given up: what was made has to be deleted.
    """

    def __init__(self, sleep: Callable[[float], None], tell: Callable[[str], None]) -> None:
        self._sleep = sleep
        self._tell = tell
        self._throttled = False
        self._waited = 0.0
        self.lasting = False

    def observe(self, record: CallRecord) -> None:
        """Be told of an exchange."""
        self._throttled = record.status == _TOO_MANY

    def sleep(self, seconds: float) -> None:
        """Wait. Raises `GivenUp` where that would be longer than the bound in all."""
        if self._throttled:
            left = BOUND - self._waited
            if seconds > left and not self.lasting:
                raise GivenUp(seconds)
            self._waited += seconds
            self._tell(
                f"PingOne throttles this application (429): waiting {seconds:.1f} s,"
                f" then {max(0.0, left - seconds):.0f} s more at most"
            )
        self._sleep(seconds)

    def over(self, send: Send) -> Send:
        """Return a `send` that gives up the whole check where PingOne's 429 outlasts a call."""

        def patient(request: Request, call: PingOneCall) -> Response:
            try:
                return send(request, call)
            except Throttled as error:
                if self.lasting:
                    raise
                raise GivenUp(error.retry_after) from error

        return patient
