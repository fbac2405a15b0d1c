"""The pause layer: where PingOne says that it wants to be left alone for long, nobody asks and nobody waits.

A 429 or 503 with a Retry-After that a request cannot wait for is remembered, for all who share the state; until it is
over, calls end at once with what remains of it. A short one is left to the layers that wait. Knows how long a request
may take; nothing of rates or of tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from scimbridge.pingone.causes import facts_of
from scimbridge.pingone.errors import CircuitOpen, PingOneError, Throttled, Unreachable
from scimbridge.pingone.send import Call, Request, Response, Send
from scimbridge.pingone.sending.conditions import PAUSED, Conditions
from scimbridge.state.base import State

SHORT = 10.0
"""Seconds that a request, with a client that waits for it, waits for PingOne to take calls again."""
_LONGEST = 3600.0
_LOOK = 0.5  # seconds between two looks at what other processes were told
_ASKING = (429, 503)
_SAME = 1.0  # seconds by which the end of one pause may differ, as two who were told of it see it


def is_long(seconds: float, now: float, deadline: float) -> bool:
    """Whether a request that has to end by `deadline` is answered at once instead of waiting so long."""
    return now + seconds >= deadline or (seconds > SHORT and math.isfinite(deadline))


class Resting(Throttled):
    """Throttled by a pause that is known: PingOne was not asked."""


class Pause:
    """The long pause that PingOne has asked for. `wall` is seconds since 1970, `clock` is that of deadlines."""

    def __init__(
        self,
        state: State,
        name: str,
        conditions: Conditions,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        """`name` tells the application from others in the same state."""
        self._state = state
        self._key = f"pingone:pause:{name}"
        self._conditions = conditions
        self._clock = clock
        self._wall = wall
        self._look_at = float("-inf")
        self._until = float("-inf")  # by the clock
        self._status = 0
        self._seen: bytes | None = None

    def check(self, call: Call) -> None:
        """Raise Throttled or Unreachable while it lasts; CircuitOpen where it is too long to wait."""
        now = self._clock()
        self._look(now)
        left = self._until - now
        if left > 0:
            raise _resting(self._status, left, ends=is_long(left, now, call.deadline))

    def heed(self, error: PingOneError, call: Call) -> None:
        """Begin a pause, if an error asks for a long one: also where the one who met it may wait for ever."""
        asked, now = error.retry_after, self._clock()
        if asked is None or error.status not in _ASKING or not (asked > SHORT or is_long(asked, now, call.deadline)):
            return
        seconds = min(asked, _LONGEST)
        if now + seconds > self._until + _SAME:
            self._until, self._status = now + seconds, error.status
            held = {
                "until": self._wall() + seconds, "seconds": seconds, "status": error.status, "facts": facts_of(error)
            }  # fmt: skip
            self._seen = orjson.dumps(held)
            self._state.set(self._key, self._seen, ttl=seconds)
        self._note(seconds, facts_of(error))

    def _note(self, seconds: float, facts: Mapping[str, Any]) -> None:
        if seconds > SHORT:
            self._conditions.note(PAUSED, {**facts, "pause": round(seconds)}, grave=False)

    def end(self) -> None:
        """Note that PingOne has answered, which ends a pause of its own whose time is up."""
        paused = self._conditions.standing().get(PAUSED)
        if paused is not None and "by" not in paused.facts and self._clock() >= self._until:
            self._conditions.end(PAUSED)

    def _look(self, now: float) -> None:
        if now < self._look_at:
            return
        self._look_at = now + _LOOK
        kept = self._state.get(self._key)
        if kept is None or kept == self._seen:
            return
        self._seen = kept
        held = orjson.loads(kept)
        # The clock of the node that wrote it may be ahead: nobody rests for longer than was asked.
        left = min(held["seconds"], held["until"] - self._wall())
        self._until, self._status = now + left, held["status"]
        if left > 0:
            self._note(held["seconds"], held["facts"])


class WithPause:
    """Ends calls at once during a long pause."""

    def __init__(self, send: Send, pause: Pause) -> None:
        self._send = send
        self._pause = pause

    def __call__(self, request: Request, call: Call) -> Response:
        """Send. Raises what `Pause.check` does."""
        self._pause.check(call)
        try:
            response = self._send(request, call)
        except (Throttled, Unreachable) as error:
            if not request.once:  # such a one may be over a limit of one user's, of which all others know nothing
                self._pause.heed(error, call)
            raise
        self._pause.end()
        return response


def _resting(status: int, left: float, *, ends: bool) -> PingOneError:
    """Return what ends the request, or has it wait for the little that is left."""
    kind = Resting if status == _ASKING[0] else CircuitOpen if ends else Unreachable
    return kind("PingOne has asked for a pause", status=status, retry_after=left)
