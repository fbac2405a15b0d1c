"""The rate layer: calls go out no faster than PingOne's limit, in fair order, or not at all.

Joins a `Pace` (when) and `FairQueue` (who) for threads. Knows nothing of what is called. Without contention a
call costs one lock and some arithmetic. Nobody runs in the background: of those who wait, the one whose
turn it is sleeps until the time has come, goes, and wakes the next. Where the rate is shared with other
processes, whoever comes by when that is due renews this one's share.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from scimbridge.pingone.errors import Throttled
from scimbridge.pingone.send import Call, Request, Response, Send
from scimbridge.pingone.sending.fair_queue import FairQueue, Waiter
from scimbridge.pingone.sending.pace import Pace
from scimbridge.pingone.sending.pauses import SHORT, Resting
from scimbridge.pingone.sending.rate_share import Renewal, Share

_TOO_MANY = 429
_LOOK_AGAIN = 30.0
_RENEWING = 0.25  # seconds after which another thread tries, should the first be held up


class WithRate:
    """Holds each call back until it may go; `wait(event, seconds)` is how a thread waits."""

    def __init__(
        self,
        send: Send,
        pace: Pace,
        *,
        clock: Callable[[], float],
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
        share: Share | None = None,
        throttled: Callable[[Throttled, float], None] = lambda _error, _rate: None,
    ) -> None:
        """`share` is this process's part of the rate; None where the whole rate is its own.

        `throttled` is told of every 429, and how many calls per second go out from now on.
        """
        self._send = send
        self._pace = pace
        self._turns = FairQueue()
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._share = share
        self._renewing = threading.Lock()
        self._look_at = float("inf")
        self._throttled = throttled
        if share is not None:
            self._look_at = float("-inf")
            pace.lend(float("-inf"), 0.0, pace.configured, float("-inf"))

    @property
    def configured(self) -> float:
        """Calls per second that all processes together may make."""
        return self._pace.configured

    @property
    def share(self) -> float:
        """Calls per second that are this process's at present; 0 where it has lately made none."""
        return self._pace.share if self._clock() < self._pace.ends_at else 0.0

    @property
    def rate(self) -> float:
        """Calls per second of all at present: the configured ones, or fewer after a 429."""
        return self._pace.rate

    @property
    def is_full(self) -> bool:
        """Whether the rate is what it was configured to be, after whatever PingOne said."""
        with self._lock:
            return self._pace.limit(self._clock()).rate >= self._pace.configured

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
            if error.status == _TOO_MANY and not (request.once or isinstance(error, Resting)):
                # A long pause is not queued for: the pause layer ends the calls.
                pause = error.retry_after if error.retry_after is not None and error.retry_after <= SHORT else None
                self._slow_down(sent_at, pause)
                self._throttled(error, self._pace.rate)
            raise

    def _slow_down(self, sent_at: float, retry_after: float | None) -> None:
        with self._lock:
            cuts = self._pace.cuts
            self._pace.yield_to(self._clock(), sent_at, retry_after)
        if self._share is not None and cuts != self._pace.cuts:
            self._renew(self._share)  # so that the others hear of it

    def _enter(self, call: Call) -> float:
        if self._share is not None and self._clock() >= self._look_at:
            self._renew(self._share)
        with self._lock:
            now = self._clock()
            ready = self._pace.ready_at(now)
            if not self._turns and ready <= now:
                self._pace.take(now)
                return now
            ahead = self._turns.before(call.client, urgent=call.urgent)
            expected = max(0.0, self._pace.hope(now) - now) + ahead * self._pace.fair_interval
            if now + expected > call.deadline:
                raise _too_late(expected)
            waiter = Waiter(call.client, call.urgent)
            self._turns.join(waiter)
            if self._share is not None and not self._renewing.locked():
                self._look_at = min(self._look_at, self._share.hurried_at)
        try:
            return self._await_turn(waiter, call.deadline)
        except BaseException:
            with self._lock:
                self._turns.leave(waiter)
                self._call_first()
            raise

    def _await_turn(self, waiter: Waiter, deadline: float) -> float:
        while True:
            if self._share is not None and self._clock() >= self._look_at:
                self._renew(self._share)
            with self._lock:
                now = self._clock()
                ready = self._pace.ready_at(now)
                first = self._turns.first() is waiter
                if first and ready <= now:
                    self._turns.serve()
                    self._pace.take(now)
                    self._call_first()
                    return now
                hope = self._pace.hope(now)
                if now >= deadline or (first and hope > deadline):
                    raise _too_late(max(hope - now, self._pace.fair_interval))
                until = min(ready, max(self._look_at, now)) if first else min(deadline, now + _LOOK_AGAIN)
                waiter.turn.clear()
            self._wait(waiter.turn, until - now)

    def _renew(self, share: Share) -> None:
        """Renew the share in this thread, unless another is at it; the lock is free meanwhile."""
        if not self._renewing.acquire(blocking=False):
            return
        try:
            with self._lock:
                now = self._clock()
                self._look_at = now + _RENEWING
                standing = Renewal(self._pace.taken, len(self._turns), self._pace.cuts, self._pace.limit(now))
            lease = share.renew(standing)
            with self._lock:
                if lease is not None:
                    now = self._clock()
                    if lease.limit is not None:
                        self._pace.heed(now, lease.limit)
                    self._pace.lend(now, lease.share, lease.due, lease.ends_at)
                self._look_at = share.look_at
                self._call_first()
        finally:
            self._renewing.release()

    def _call_first(self) -> None:
        first = self._turns.first()
        if first is not None:
            first.turn.set()


def _too_late(seconds: float) -> Throttled:
    return Throttled("more calls are waiting for PingOne than can be made in time", retry_after=seconds)
