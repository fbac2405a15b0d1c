"""The outermost layer: how calls end is what this node knows of PingOne, and what the log and health say.

Notes what is wrong once a call is given up, so that what a repetition gets over is no news, and what is over once
PingOne has answered. One path that fails among others that do well says nothing about PingOne. Knows the errors of
calls; how conditions are kept and told is elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scimbridge.pingone.causes import facts_of
from scimbridge.pingone.errors import (
    BadCredentials,
    NoPermission,
    NoToken,
    OutOfTime,
    PingOneError,
    Refused,
    Throttled,
    Unreachable,
)
from scimbridge.pingone.send import Call, Request, Response, Send, template
from scimbridge.pingone.sending.conditions import (
    CIRCUIT,
    FORBIDDEN,
    PAUSED,
    THROTTLED,
    TOKEN,
    UNREACHABLE,
    Condition,
    Conditions,
)
from scimbridge.pingone.sending.rate import WithRate
from scimbridge.pingone.sending.token_refusals import API, ENDPOINT, TokenRefusals

LOOKING = "readiness"
"""The client of a call that is made to see how things stand: what it finds holds for all."""
_LATELY = 5.0  # seconds in which a good answer says more than a bad one
_SILENT = 4.0  # seconds without an answer after which a call that ran out of time says something of PingOne
_CALM = 60.0  # seconds without a 429 at the full rate, after which PingOne is content
_OWN_FAULT = 500


class WithOutcomes:
    """Notes how calls ended.

    `answered_at` is when PingOne last answered this process, `allowed_at` when with 2xx, and `failed_at` when it last
    gave no answer that can be used.
    """

    def __init__(
        self,
        send: Send,
        conditions: Conditions,
        refusals: TokenRefusals,
        rate: WithRate,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._send = send
        self._conditions = conditions
        self._refusals = refusals
        self._rate = rate
        self._clock = clock
        self._wall = wall
        self.answered_at = self.allowed_at = self.failed_at = self._let_in_at = float("-inf")

    def __call__(self, request: Request, call: Call) -> Response:
        """Send. Raises what the layers below raise."""
        began = self._clock()
        try:
            response = self._send(request, call)
        except PingOneError as error:
            self._note(error, request, began, looking=call.client == LOOKING)
            raise
        self.allowed_at = self._clock()
        self._hear(request)
        return response

    def settle(self) -> None:
        """End what is over without a call that shows it."""
        throttled = self._conditions.standing().get(THROTTLED)
        if throttled is not None and self._wall() - throttled.last >= _CALM and self._rate.is_full:
            self._conditions.end(THROTTLED)

    def _hear(self, request: Request | None) -> None:
        """Note that PingOne answered; with the request, that it let it in and was not against it."""
        self.answered_at = now = self._clock()
        if request is not None:
            self._let_in_at = now
        standing = self._conditions.standing()
        if not standing:
            return
        for what in (CIRCUIT, UNREACHABLE):
            self._conditions.end(what)
        if request is None:
            return
        self._hear_let_in(standing)
        self._conditions.end(_forbidden(request))
        self.settle()

    def _hear_let_in(self, standing: Mapping[str, Condition]) -> None:
        """End what stood against tokens, where the API has taken one.

        What the token endpoint said is over once nobody remembers it: another node may have fetched the token.
        """
        by = {what: standing[what].facts.get("by") for what in (TOKEN, PAUSED) if what in standing}
        if by.get(TOKEN) == API:
            self._conditions.end(TOKEN)
            self._refusals.forget()
        if ENDPOINT in by.values() and not self._refusals.is_held:
            for what in (what for what, who in by.items() if who == ENDPOINT):
                self._conditions.end(what)

    def _note(self, error: PingOneError, request: Request, began: float, *, looking: bool) -> None:
        match error:
            case NoPermission():
                self._let_in_at = self._clock()
                self._hear(None)
                if not error.has("LICENSE_EXCEEDED"):
                    self._conditions.note(_forbidden(request), facts_of(error), grave=False)
            case NoToken():
                self._conditions.note(TOKEN, {**facts_of(error), "by": ENDPOINT})
            case BadCredentials():
                self._note_unwelcome(error, looking=looking)
            case Refused():
                self._hear(request)
            case Throttled() if error.status and error.__cause__ is None:
                self._hear(None)
            case Unreachable() | OutOfTime():
                self._note_silence(error, began, looking=looking)

    def _note_unwelcome(self, error: BadCredentials, *, looking: bool) -> None:
        """Note that PingOne does not take a token that is fresh, unless it took one a moment ago."""
        if looking or error.retry_after is not None or self._clock() - self._let_in_at >= _LATELY:
            self._hear(None)
            if error.retry_after is None:
                self._refusals.note(error)
            self._conditions.note(TOKEN, {**facts_of(error), "by": API})

    def _note_silence(self, error: PingOneError, began: float, *, looking: bool) -> None:
        """Note that no call gets through, unless one did a moment ago or PingOne said for how long."""
        cause = error.__cause__ if isinstance(error.__cause__, PingOneError) else error
        now = self._clock()
        if isinstance(cause, OutOfTime) and now - began < _SILENT:
            return
        if not isinstance(cause, Unreachable | OutOfTime) or CIRCUIT in self._conditions.standing():
            return
        if PAUSED in self._conditions.standing():
            return
        self.failed_at = now
        own_fault = cause.status == _OWN_FAULT and cause.code
        if looking or (not own_fault and now - self.answered_at >= _LATELY):
            self._conditions.note(UNREACHABLE, facts_of(cause))


def _forbidden(request: Request) -> str:
    return f"{FORBIDDEN}{request.method} {template(request.path)}"
