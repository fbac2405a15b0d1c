"""What a plan comes to, counted in one pass over its lines; of each kind only the first lines are kept. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scimbridge.sync.plans.lines import CONFLICT, CREATE, DELETE, GROUP, JOIN, KINDS, LEAVE, MOVE, PlanHead, PlanLine
from scimbridge.sync.printing.describing import POPULATION, group_name, reason_of


@dataclass(slots=True)
class GroupTurnover:
    """How many come into a group, and how many leave it."""

    joins: int = 0
    leaves: int = 0

    @property
    def number(self) -> int:
        """How many lines are about the group."""
        return self.joins + self.leaves


@dataclass(frozen=True, slots=True)
class PopulationChange:
    """People of a population before and after a plan; None where only the difference is known."""

    name: str
    before: int | None
    after: int | None
    difference: int


@dataclass(slots=True)
class PlanFigures:
    """What was counted: lines by kind, conflicts by reason, drift by who and by path, changes by path and by group.

    `first` are the first lines of each kind, and `skipped` how many lines are reported and never applied.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[PlanLine]] = field(default_factory=dict)
    conflicts: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    drifted: int = 0
    drift_by: Counter[str] = field(default_factory=Counter)
    drift_paths: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    groups: dict[str, GroupTurnover] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)

    @property
    def changes(self) -> int:
        """How many lines there are that shall be applied."""
        return self.counts.total() - self.skipped


def gather(lines: Iterable[PlanLine], most: int) -> PlanFigures:
    """Count lines, and keep the first `most` of each kind."""
    figures = PlanFigures()
    for line in lines:
        figures.counts[line.do] += 1
        kept = figures.first.setdefault(line.do, [])
        if len(kept) < most:
            kept.append(line)
        _count(figures, line)
    return figures


def ordered(kinds: Iterable[str]) -> list[str]:
    """Return kinds in the order in which they are shown; one that is not known comes last."""
    return sorted(kinds, key=lambda kind: (KINDS.index(kind) if kind in KINDS else len(KINDS), kind))


def population_changes(head: PlanHead, figures: PlanFigures) -> list[PopulationChange]:
    """Return people per population, the largest change first; of lines alone where the head says nothing."""
    if head.populations:
        found = [_population(key, each) for key, each in head.populations.items()]
    else:
        found = [PopulationChange(key, None, None, number) for key, number in figures.moved.items() if number]
    return sorted(found, key=lambda each: (-abs(each.difference), -(each.after or 0), each.name))


def guard_counts(head: PlanHead, figures: PlanFigures, name: str) -> tuple[int, int | None]:
    """Return how many there are of a kind of lines, or of what a guard of its own counts, and how many may be."""
    guard = head.guards.get(name, {})
    number, most = guard.get("number"), guard.get("most")
    return max(figures.counts[name] if number is None else number, 0), None if most is None else max(most, 0)


def population_names(head: PlanHead) -> dict[str, str]:
    """Return the names of populations by their ids, as far as the head has them."""
    return {key: str(each["name"]) for key, each in head.populations.items() if each.get("name")}


def _population(key: str, each: Mapping[str, object]) -> PopulationChange:
    before, after = (int(str(each.get(word, 0))) for word in ("before", "after"))
    return PopulationChange(str(each.get("name") or key or "no population"), before, after, after - before)


def _count(figures: PlanFigures, line: PlanLine) -> None:
    if line.do == CONFLICT or line.faults:
        figures.skipped += 1
        figures.conflicts[reason_of(line)] += 1
        return
    if line.do in (JOIN, LEAVE):
        turnover = figures.groups.setdefault(group_name(line), GroupTurnover())
        if line.do == JOIN:
            turnover.joins += 1
        else:
            turnover.leaves += 1
    elif line.do not in (CREATE, DELETE):
        figures.paths.update({*line.before, *line.after})
    if line.do in (CREATE, MOVE, DELETE) and line.on != GROUP:
        _count_population(figures, line)
    if line.drift is not None:
        figures.drifted += 1
        figures.drift_by[str(line.drift.get("who") or "unknown")] += 1
        paths = line.drift.get("paths")
        figures.drift_paths.update(str(each) for each in (paths if isinstance(paths, list) else line.before))


def _count_population(figures: PlanFigures, line: PlanLine) -> None:
    for values, step in ((line.before, -1), (line.after, 1)):
        for path, value in values.items():
            if path.endswith(POPULATION) and isinstance(value, str):
                figures.moved[value] += step
