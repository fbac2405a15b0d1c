"""What applying is told, what it tells on its way, and what came of it: plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from scimbridge.sync.plans.lines import PlanHead, PlanLine

DONE, ALREADY, DRIFTED, FAILED, SKIPPED = RESULTS = ("done", "already", "drifted", "failed", "skipped")
"""What becomes of a line: carried out; found as it shall be; changed by another hand, and left alone; refused, or not
to be had from PingOne; never to be carried out, as a conflict is."""
PARTLY = 4
GUARDED = 3
TOLD = 100  # lines that a result names


class Plan(Protocol):
    """A plan, opened: its lines may be gone through as often as wanted, and come in the same order each time."""

    @property
    def head(self) -> PlanHead:
        """What it was made of."""
        ...

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        """Yield the lines that do one of these, all where none is named."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How a plan is applied.

    `allow` are the numbers that guards may have, by their names, and `user` who says so. After `stop_after` failed
    lines nothing more is begun, None for never. `rate` is calls per second at most, None for `SHARE` of the bridge's;
    `parallel` is lines at a time, None for what the rate needs.
    """

    allow: Mapping[str, int] = field(default_factory=dict)
    user: str = ""
    stop_after: int | None = None
    rate: float | None = None
    parallel: int | None = None


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line: the place is its number among the lines of its kind. `why` holds no value of a person's.

    `id` is that of what it made or found.
    """

    line: PlanLine
    place: int
    result: str
    why: str = ""
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ApplyProgress:
    """How far it came: the kind under way, lines settled of all, calls, calls per second and how many may be.

    `seconds` since the start, `left` until the end as far as can be told. `waiting`: why nothing goes on at the moment.
    """

    stage: str
    settled: int
    total: int
    failed: int
    drifted: int
    calls: int
    seconds: float
    limit: float
    left: float | None = None
    waiting: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of a plan: kind -> result -> number of lines, calls to PingOne, and seconds.

    `left` lines were not begun; `stopped` says why, "" where none is left. `told` are the first lines that failed or
    drifted; all of them are in the journal.
    """

    plan: str
    counts: Mapping[str, Mapping[str, int]]
    calls: int
    seconds: float
    left: int = 0
    stopped: str = ""
    told: tuple[LineResult, ...] = ()

    def count(self, result: str) -> int:
        """Return how many lines came to this, whatever they do."""
        return sum(each.get(result, 0) for each in self.counts.values())

    @property
    def exit_code(self) -> int:
        """0 where all is as the plan says, 4 where something is left to do."""
        return PARTLY if self.left or self.stopped or self.count(FAILED) or self.count(DRIFTED) else 0


class ApplyRefused(Exception):
    """A plan that is not applied, in a sentence that says what to do; nothing was changed."""

    exit_code = 2


class GuardsStand(ApplyRefused):
    """Guards stopped the plan, and nobody has allowed their numbers."""

    exit_code = GUARDED


class AlreadyUnderWay(ApplyRefused):
    """Another process applies a plan of these rules, or this very plan."""

    exit_code = 1
