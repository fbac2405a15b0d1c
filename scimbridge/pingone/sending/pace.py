"""How fast calls may go out: a pace that keeps below a limit, gives way to 429 and recovers.

Pure arithmetic over the times it is told: no clock, no threads, no waiting. It promises that no second
holds more calls than the rate, and that calls under load are spread evenly. Where the true limit is below
the rate that was set, it finds it: it falls by a factor, climbs back quickly to a little below the pace
that was too fast, and from there on carefully.

Where several processes divide the rate, this one's pace has a share of it, lent until a certain time. What
429s teach is about the whole rate, and is passed on.
"""

from __future__ import annotations

import math
from collections import deque

from scimbridge.pingone.sending.rate_ledger import LearntRate

_STEADY = 0.97  # under load a little below the rate, so that jitter on the way does not pass it
_BURST_PART = 0.1  # of a second's calls, at once after a rest
_CATCH_UP = 2.0  # ... and in a second that is nearly full, for threads that woke late
_BURST_BACK = 60.0  # seconds without a 429 after which twice as many may go at once again
_CUT = 0.7
_FAST = 0.1  # of the configured rate, gained per second
_CAREFUL = 0.005  # ... around the pace at which PingOne last said stop
_NEAR, _BEYOND = 0.9, 1.05
_LOWEST_PART = 0.02
_WINDOW = 1.0
_LONGEST_PAUSE = 30.0
_SETTLING = 0.5  # seconds in which a share may well have grown


class Pace:
    """When the next call may go. All times are seconds of one clock; not safe for threads by itself."""

    def __init__(self, rate: float) -> None:
        """`rate` is the most calls per second, over 0. ValueError otherwise."""
        if not rate > 0:
            raise ValueError("the rate must be more than 0 calls per second")
        self.configured = rate
        self.rate = rate
        self._lowest = min(rate, max(0.2, rate * _LOWEST_PART))
        self._ceiling = rate
        self._most_at_once = self._at_once = max(1.0, rate * _BURST_PART)
        self._grown_at = 0.0
        self._cut_at = self._calm_since = float("-inf")
        self._paused_until = float("-inf")
        self._due = float("-inf")
        self._gone: deque[float] = deque(maxlen=max(1, int(rate)))
        self.share = self._due_share = rate
        self.ends_at = float("inf")
        self.taken = self.cuts = 0

    @property
    def interval(self) -> float:
        """Seconds between two calls under load."""
        return self._interval(self.share)

    @property
    def fair_interval(self) -> float:
        """The same once this process has all of its due, which takes it a moment to get."""
        return self._interval(max(self.share, self._due_share))

    def ready_at(self, now: float) -> float:
        """Return the earliest time at which a call may go; `now` or before it means at once."""
        if self.rate < self.configured or self._at_once < self._most_at_once:
            self._recover(now)
        if now >= self.ends_at or not self.share:
            return float("inf")
        part = self.share / self.configured
        most = min(math.ceil(self.rate * part * _STEADY), max(1, int(self.share)))
        at_once = max(1.0, self._at_once * part)
        slack = at_once - 1.0
        if self._nth_last(most - math.ceil(at_once)) + _WINDOW > now:
            slack = min(slack, _CATCH_UP)
        return max(self._due - slack * self.interval, self._paused_until, self._nth_last(most) + _WINDOW)

    def hope(self, now: float) -> float:
        """Return when a call may hope to go: as `ready_at`, but soon while the share has still to grow."""
        ready = self.ready_at(now)
        if now < self.ends_at and self.share >= self._due_share:
            return ready
        return min(ready, max(self._paused_until, now + _SETTLING))

    def take(self, now: float) -> None:
        """Count a call that goes now."""
        self._due = max(self._due, now) + self.interval
        self._gone.append(now)
        self.taken += 1

    def lend(self, now: float, share: float, due: float, ends_at: float) -> None:
        """Go on with another share of the rate until `ends_at`; `due` is the share that it will come to.

        The sum of shares is the lender's to keep: this one keeps to its own in every second from now on.
        """
        owed = max(0.0, self._due - now)
        if share > 0 and owed:
            # What was spent before is paid back at the new pace.
            self._due = now + min(owed, owed * self.share / share if self.share else self._interval(share))
        self.share, self._due_share, self.ends_at = share, due, ends_at

    def limit(self, now: float) -> LearntRate:
        """Return what 429s have taught this pace."""
        self._recover(now)
        return LearntRate(self.rate, self._ceiling, max(0.0, self._paused_until - now))

    def heed(self, now: float, limit: LearntRate) -> None:
        """Take over what another process has learnt, where it is slower."""
        self._paused_until = max(self._paused_until, now + min(limit.pause, _LONGEST_PAUSE))
        self._recover(now)
        if limit.rate < self.rate:
            self._cut_at = self._calm_since = now
            self._ceiling = min(limit.ceiling, self.configured)
            self.rate = max(self._lowest, limit.rate)
            self._at_once = max(1.0, self._at_once / 2)

    def yield_to(self, now: float, sent_at: float, retry_after: float | None) -> None:
        """Slow down after a 429 to a call that was sent at `sent_at`, and pause everybody if so asked.

        Calls that were under way together get their 429 together: only the first of them counts.
        """
        if retry_after:
            self._paused_until = max(self._paused_until, now + min(retry_after, _LONGEST_PAUSE))
        if sent_at <= self._cut_at:
            return
        self._recover(now)
        self.cuts += 1
        self._cut_at = self._calm_since = now
        self._ceiling = self.rate
        self.rate = max(self._lowest, self.rate * _CUT)
        # It may have been the number at once that was too much for PingOne, and not the pace.
        self._at_once = max(1.0, self._at_once / 2)

    def _interval(self, share: float) -> float:
        return self.configured / (self.rate * share * _STEADY) if share else float("inf")

    def _nth_last(self, number: int) -> float:
        """Return when that many calls ago was; endless time ago when there were not so many."""
        return self._gone[-number] if 0 < number <= len(self._gone) else float("-inf")

    def _recover(self, now: float) -> None:
        """Grow in proportion to the time since the last look."""
        passed, self._grown_at = now - self._grown_at, now
        for top, gain in (
            (self._ceiling * _NEAR, _FAST),
            (self._ceiling * _BEYOND, _CAREFUL),
            (self.configured, _FAST),
        ):
            goal = min(top, self.configured)
            if passed > 0 and self.rate < goal:
                gain_per_second = self.configured * gain
                needed = (goal - self.rate) / gain_per_second
                self.rate = goal if needed <= passed else self.rate + passed * gain_per_second
                passed -= needed
        if now - self._calm_since >= _BURST_BACK:
            self._calm_since = now
            self._at_once = min(self._most_at_once, self._at_once * 2)
