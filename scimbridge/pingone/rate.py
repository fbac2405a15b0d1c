"""The rate layer: calls go out no faster than PingOne's limit, in fair order, or not at all.

Joins a `Pace` (when) and `Turns` (who) for threads. Knows nothing of what is called. Without contention a
call costs one lock and some arithmetic. Nobody runs in the background: of those who wait, the one whose
turn it is sleeps until the time has come, goes, and wakes the next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from scimbridge.pingone.errors import Throttled
from scimbridge.pingone.pace import Pace
from scimbridge.pingone.send import Call, Request, Response, Send
from scimbridge.pingone.turns import Turns, Waiter

_TOO_MANY = 429
_LOOK_AGAIN = 30.0


class WithRate:
    """Holds each call back until it may go; `wait(event, seconds)` is how a thread waits."""

    def __init__(
        self,
        send: Send,
        pace: Pace,
        *,
        clock: Callable[[], float],
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._send = send
        self._pace = pace
        self._turns = Turns()
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """Calls per second at present: the configured ones, or fewer after a 429."""
        return self._pace.rate

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._turns)

    def __call__(self, request: Request, call: Call) -> Response:
        """Send when the time has come. Raises Throttled (status 0) when that would be past the deadline."""
        sent_at = self._enter(call)
        try:
            return self._send(request, call)
        except Throttled as error:
            if error.status == _TOO_MANY:
                with self._lock:
                    self._pace.yield_to(self._clock(), sent_at, error.retry_after)
            raise

    def _enter(self, call: Call) -> float:
        with self._lock:
            now = self._clock()
            ready = self._pace.ready_at(now)
            if not self._turns and ready <= now:
                self._pace.take(now)
                return now
            ahead = self._turns.before(call.client, urgent=call.urgent)
            expected = max(0.0, ready - now) + ahead * self._pace.interval
            if now + expected > call.deadline:
                raise _too_late(expected)
            waiter = Waiter(call.client, call.urgent)
            self._turns.join(waiter)
        try:
            return self._await_turn(waiter, call.deadline)
        except BaseException:
            with self._lock:
                self._turns.leave(waiter)
                self._call_first()
            raise

    def _await_turn(self, waiter: Waiter, deadline: float) -> float:
        while True:
            with self._lock:
                now = self._clock()
                ready = self._pace.ready_at(now)
                first = self._turns.first() is waiter
                if first and ready <= now:
                    self._turns.serve()
                    self._pace.take(now)
                    self._call_first()
                    return now
                if now >= deadline or (first and ready > deadline):
                    raise _too_late(max(ready - now, self._pace.interval))
                until = ready if first else min(deadline, now + _LOOK_AGAIN)
                waiter.turn.clear()
            self._wait(waiter.turn, until - now)

    def _call_first(self) -> None:
        first = self._turns.first()
        if first is not None:
            first.turn.set()


def _too_late(seconds: float) -> Throttled:
    return Throttled("more calls are waiting for PingOne than can be made in time", retry_after=seconds)
