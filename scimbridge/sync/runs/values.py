"""What a run is asked for, and what came of it: plain values, which commands turn into words and exit codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scimbridge.sync.applying.values import Applied, ApplyOptions
from scimbridge.sync.plans.written_plan import WrittenPlan

DAY = 86_400.0


class RunStopped(Exception):
    """Somebody asked to stop before anything was changed."""


class KeepingFailed(Exception):
    """All was applied, and what has to be kept beside the rules could not be: which file, and what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOrder:
    """Which plan is wanted: of which rules, into which file, about which keys and kinds (none: all), masked or not."""

    rules: Path
    plan: Path
    only: tuple[str, ...] = ()
    just: tuple[str, ...] = ()
    masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOrder:
    """Which plan is to be applied: how old it may be in seconds, and the rules where they are not where it says."""

    plan: Path
    options: ApplyOptions = field(default_factory=ApplyOptions)
    max_age: float = DAY
    rules: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """What came of a plan that was to be applied at once: `applied` is None where a guard or nothing to do ended it.

    `is_kept`: the plan is still in its file.
    """

    plan: WrittenPlan
    applied: Applied | None = None
    is_kept: bool = True

    @property
    def exit_code(self) -> int:
        """What the run ends with."""
        return self.plan.exit_code if self.applied is None else self.applied.exit_code


def done_counts(applied: Applied) -> Mapping[str, int]:
    """Return how many lines of each kind were carried out, or were so already."""
    return {do: each.get("done", 0) + each.get("already", 0) for do, each in applied.counts.items()}


Told = Callable[[str, int, int | None], None]
Stop = Callable[[], bool]
