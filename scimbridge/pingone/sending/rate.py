"""The rate layer: calls go out no faster than PingOne's limit, in fair order, or not at all.

Joins a `Pace` (when) and `FairQueue` (who) for threads. Knows nothing of what is called. Without contention a
call costs one lock and some arithmetic. Nobody runs in the background: of those who wait, the one whose
turn it is sleeps until the time has come, goes, and wakes the next. Where the rate is shared with other
processes, whoever comes by when that is due renews this one's share. Calls in the background may have a pace
of their own beside: they are held back by it, and hold back nobody.
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
        self._background: Pace | None = None
        self._is_awaited = False  # whether a call came, since the last renewal, for whose answer somebody waits
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
    def taken(self) -> int:
        """How many calls have gone out from this process so far, repetitions among them."""
        return self._pace.taken

    def hold_back(self, rate: float | None) -> None:
        """Let calls in the background go no faster than this, whatever else is free; None lets them."""
        with self._lock:
            self._background = None if rate is None else Pace(rate)

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
        if not call.background:
            self._is_awaited = True
        if self._share is not None and self._clock() >= self._look_at:
            self._renew(self._share)
        with self._lock:
            now = self._clock()
            if not self._turns and self._ready_at(now, background=call.background) <= now:
                return self._take(now, background=call.background)
            ahead = self._turns.before(call.client, urgent=call.urgent, background=call.background)
            expected = max(0.0, self._pace.hope(now) - now) + ahead * self._pace.fair_interval
            if now + expected > call.deadline:
                raise _too_late(expected)
            waiter = Waiter(call.client, call.urgent, call.background)
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
                ready, held_back = self._ready_at(now, background=waiter.background), self._is_held_back(now)
                first = self._turns.first(held_back=held_back) is waiter
                if first and ready <= now:
                    self._turns.serve(held_back=held_back)
                    self._take(now, background=waiter.background)
                    self._call_first()
                    return now
                hope = self._pace.hope(now)
                if now >= deadline or (first and hope > deadline):
                    raise _too_late(max(hope - now, self._pace.fair_interval))
                next_one = first or (held_back and self._turns.in_background is waiter)
                until = min(ready, max(self._look_at, now)) if next_one else min(deadline, now + _LOOK_AGAIN)
                waiter.turn.clear()
            self._wait(waiter.turn, until - now)

    def _ready_at(self, now: float, *, background: bool) -> float:
        """Return when a call may go, were it its turn."""
        ready = self._pace.ready_at(now)
        return max(ready, self._background.ready_at(now)) if background and self._background is not None else ready

    def _is_held_back(self, now: float) -> bool:
        return self._background is not None and self._background.ready_at(now) > now

    def _take(self, now: float, *, background: bool) -> float:
        self._pace.take(now)
        if background and self._background is not None:
            self._background.take(now)
        return now

    def _renew(self, share: Share) -> None:
        """Renew the share in this thread, unless another is at it; the lock is free meanwhile."""
        if not self._renewing.acquire(blocking=False):
            return
        try:
            with self._lock:
                now = self._clock()
                self._look_at = now + _RENEWING
                most = self._pace.configured if self._background is None else self._background.configured
                standing = Renewal(
                    self._pace.taken, len(self._turns), self._pace.cuts, self._pace.limit(now),
                    background=not (self._is_awaited or self._turns.is_awaited), most=most,
                )  # fmt: skip
                self._is_awaited = False
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
        for waiter in (self._turns.first(), self._turns.in_background):
            if waiter is not None:
                waiter.turn.set()


def _too_late(seconds: float) -> Throttled:
    return Throttled("more calls are waiting for PingOne than can be made in time", retry_after=seconds)
