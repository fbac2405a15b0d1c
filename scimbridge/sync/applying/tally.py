"""What has become of the lines so far, and how far the whole has come. One thread notes, and says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from scimbridge.pingone.sending.rate import WithRate
from scimbridge.sync.applying.values import (
    ALREADY,
    DRIFTED,
    FAILED,
    TOLD,
    Applied,
    ApplyProgress,
    LineResult,
)  # fmt: skip
from scimbridge.sync.plans.lines import PlanHead

EVERY = 0.5  # seconds between two words on how far it came

TellProgress = Callable[[ApplyProgress], None]


class ApplyTally:
    """The counts of one apply, from its beginning on. `limit` is calls per second."""

    def __init__(
        self, head: PlanHead, calls: WithRate, limit: float, clock: Callable[[], float], tell: TellProgress
    ) -> None:
        self._plan = head.id
        self._total = sum(head.counts.values())
        self._calls, self._taken_before = calls, calls.taken
        self._limit = limit
        self._clock, self._began = clock, clock()
        self._tell = tell
        self._told_at = float("-inf")
        self._counts: dict[str, Counter[str]] = {}
        self._before = 0
        self._first: list[LineResult] = []
        self._waiting = ""
        self.stage = ""
        self.stopped = ""

    def start_from(self, settled: Mapping[str, set[int]]) -> None:
        """Count what earlier applies have settled."""
        self._counts = {do: Counter({ALREADY: len(places)}) for do, places in settled.items()}
        self._before = self._settled

    def note(self, result: LineResult) -> None:
        """Count a line."""
        self._counts.setdefault(result.line.do, Counter())[result.result] += 1
        self._waiting = ""
        if result.result in (FAILED, DRIFTED) and len(self._first) < TOLD:
            self._first.append(result)

    def stop(self, why: str) -> None:
        """Note why nothing more is begun; the first reason stays."""
        self.stopped = self.stopped or why

    def count(self, result: str) -> int:
        """Return how many lines came to this."""
        return sum(each[result] for each in self._counts.values())

    @property
    def _settled(self) -> int:
        return sum(each.total() for each in self._counts.values())

    def waits(self, why: str) -> None:
        """Have it said why nothing goes on, until a line is settled; any thread may know of it."""
        self._waiting = why

    def say(self, *, now: bool = False) -> None:
        """Say how far it came, if that was not said a moment ago."""
        at = self._clock()
        if not now and at - self._told_at < EVERY:
            return
        self._told_at = at
        settled, seconds = self._settled, at - self._began
        fresh = settled - self._before
        left = seconds / fresh * (self._total - settled) if fresh > 0 else None
        progress = ApplyProgress(
            self.stage, settled, self._total, self.count(FAILED), self.count(DRIFTED), self._made, seconds,
            self._limit, left, self._waiting,
        )  # fmt: skip
        self._tell(progress)

    def result(self) -> Applied:
        """Return what came of it."""
        counts = {do: dict(each) for do, each in self._counts.items()}
        return Applied(
            plan=self._plan, counts=counts, calls=self._made, seconds=self._clock() - self._began,
            left=self._total - self._settled, stopped=self.stopped, told=tuple(self._first),
        )  # fmt: skip

    @property
    def _made(self) -> int:
        return self._calls.taken - self._taken_before
