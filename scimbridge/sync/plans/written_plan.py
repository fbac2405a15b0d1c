"""A plan that was made and stands in its file, as who made it hands it on. A plain value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scimbridge.sync.plans.lines import PlanHead

GUARDED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPlan:
    """Its file, its head, and how many of its lines would change something."""

    path: Path
    head: PlanHead
    changes: int

    @property
    def reported(self) -> int:
        """How many lines change nothing: conflicts, and adoptions that are only reported."""
        return sum(self.head.counts.values()) - self.changes

    @property
    def exit_code(self) -> int:
        """3 where a guard stops it, else 0."""
        return GUARDED if self.head.stopped else 0
