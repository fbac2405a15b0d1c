"""The pause layer: where PingOne says that it wants to be left alone for long, nobody asks and nobody waits.

A 429 or 503 with a Retry-After that a request cannot wait for is remembered, for all who share the state; until it is
over, calls end at once with what remains of it. A short one is left to the layers that wait. Knows how long a request
may take; nothing of rates or of tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable

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


def is_long(seconds: float, now: float, deadline: float) -> bool:
    """Whether a request that has to end by `deadline` is answered at once instead of waiting so long."""
    return now + seconds >= deadline or (seconds > SHORT and math.isfinite(deadline))


class WithPause:
    """Ends calls at once during a long pause. `wall` is seconds since 1970, `clock` is that of deadlines."""

    def __init__(
        self,
        send: Send,
        state: State,
        name: str,
        conditions: Conditions,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        """`name` tells the application from others in the same state."""
        self._send = send
        self._state = state
        self._key = f"pingone:pause:{name}"
        self._conditions = conditions
        self._clock = clock
        self._wall = wall
        self._look_at = float("-inf")
        self._until = float("-inf")  # by the clock
        self._status = 0

    def __call__(self, request: Request, call: Call) -> Response:
        """Send. While the pause lasts, raises Throttled or Unreachable; CircuitOpen where it is too long to wait."""
        now = self._clock()
        self._look(now)
        left = self._until - now
        if left > 0:
            raise _resting(self._status, left, ends=is_long(left, now, call.deadline))
        try:
            response = self._send(request, call)
        except (Throttled, Unreachable) as error:
            asked = error.retry_after
            if asked is not None and error.status in _ASKING and self._is_long(asked, call):
                self._begin(error, asked)
            raise
        if self._clock() >= self._until:
            self._conditions.end(PAUSED)
        return response

    def _is_long(self, seconds: float, call: Call) -> bool:
        """Whether others are to know of a pause, also where the one who met it may wait for ever."""
        return seconds > SHORT or is_long(seconds, self._clock(), call.deadline)

    def _begin(self, error: PingOneError, asked: float) -> None:
        seconds = min(asked, _LONGEST)
        now = self._clock()
        if now + seconds > self._until:
            self._until, self._status = now + seconds, error.status
            held = {"until": self._wall() + seconds, "seconds": seconds, "status": error.status}
            self._state.set(self._key, orjson.dumps(held), ttl=seconds)
        if seconds > SHORT:
            self._conditions.note(PAUSED, {**facts_of(error), "pause": round(seconds)}, grave=False)

    def _look(self, now: float) -> None:
        if now < self._look_at:
            return
        self._look_at = now + _LOOK
        kept = self._state.get(self._key)
        if kept is not None:
            held = orjson.loads(kept)
            # Another node's clock may be ahead: nobody rests for longer than was asked.
            self._until = now + min(held["seconds"], held["until"] - self._wall())
            self._status = held["status"]


def _resting(status: int, left: float, *, ends: bool) -> PingOneError:
    """Return what ends the request, or has it wait for the little that is left."""
    kind = Throttled if status == _ASKING[0] else CircuitOpen if ends else Unreachable
    return kind("PingOne has asked for a pause", status=status, retry_after=left)
