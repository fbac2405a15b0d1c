"""How fast calls may go out: a pace that keeps below a limit, gives way to 429 and recovers.

Pure arithmetic over the times it is told: no clock, no threads, no waiting. It promises that no second
holds more calls than the rate, and that calls under load are spread evenly.
"""

from __future__ import annotations

from collections import deque

_STEADY = 0.97  # under load a little below the rate, so that jitter on the way does not pass it
_BURST_PART = 0.1  # of a second's calls, at once after a rest
_CUT = 0.7
_FAST = 0.1  # of the configured rate, gained per second
_SLOW = 0.02  # ... once near the pace at which PingOne last said stop
_NEAR = 0.9
_LOWEST_PART = 0.02
_WINDOW = 1.0
_LONGEST_PAUSE = 30.0


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
        self._grown_at = 0.0
        self._cut_at = float("-inf")
        self._paused_until = float("-inf")
        self._due = float("-inf")
        self._gone: deque[float] = deque(maxlen=max(1, int(rate)))

    def ready_at(self, now: float) -> float:
        """Return the earliest time at which a call may go; `now` or before it means at once."""
        self._grow(now)
        slack = (max(1.0, self.rate * _BURST_PART) - 1.0) * self.interval
        ready = max(self._due - slack, self._paused_until)
        most = max(1, int(self.rate))
        if len(self._gone) >= most:
            ready = max(ready, self._gone[-most] + _WINDOW)
        return ready

    @property
    def interval(self) -> float:
        """Seconds between two calls under load."""
        return 1.0 / (self.rate * _STEADY)

    def take(self, now: float) -> None:
        """Count a call that goes now."""
        self._due = max(self._due, now) + self.interval
        self._gone.append(now)

    def yield_to(self, now: float, sent_at: float, retry_after: float | None) -> None:
        """Slow down after a 429 to a call that was sent at `sent_at`, and pause everybody if so asked.

        Calls that were under way together get their 429 together: only the first of them counts.
        """
        if retry_after:
            self._paused_until = max(self._paused_until, now + min(retry_after, _LONGEST_PAUSE))
        if sent_at <= self._cut_at:
            return
        self._grow(now)
        self._cut_at = now
        self._ceiling = self.rate
        self.rate = max(self._lowest, self.rate * _CUT)

    def _grow(self, now: float) -> None:
        """Recover by steps in proportion to time: quickly at first, carefully near the last trouble."""
        passed = now - self._grown_at
        self._grown_at = now
        if self.rate >= self.configured or passed <= 0:
            return
        near = min(self.configured, self._ceiling * _NEAR)
        if self.rate < near:
            fast = self.configured * _FAST
            needed = (near - self.rate) / fast
            self.rate = min(near, self.rate + passed * fast)
            passed = max(0.0, passed - needed)
        self.rate = min(self.configured, self.rate + passed * self.configured * _SLOW)
