"""From a plan in its file to a directory that is as it says, and to what is kept beside the rules once it is.

A plan is opened and held to here and now first (`ready_plan`), so that a person can be asked between that and the first
call that writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scimbridge.bridge import plan_secret
from scimbridge.state.leases import Lease
from scimbridge.sync.applying.allowing import check_plan
from scimbridge.sync.applying.apply import apply_plan
from scimbridge.sync.applying.journal import journal_of, read_journal
from scimbridge.sync.applying.lease import alone
from scimbridge.sync.applying.tally import TellProgress
from scimbridge.sync.applying.values import DRIFTED, FAILED, Applied, ApplyRefused
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.planning.last_applied import (
    LastApplied,
    note_missing,
    place_of,
    read_last_applied,
    write_last_applied,
)
from scimbridge.sync.plans.expecting import Expected, PlanRefused
from scimbridge.sync.plans.lines import CONFLICT, PlanHead, PlanLine
from scimbridge.sync.plans.past_runs import DONE, NOTHING, PARTLY, PastRun
from scimbridge.sync.plans.reading import PlanFile, open_plan
from scimbridge.sync.runs.history import UnreadableHistory, note_run
from scimbridge.sync.runs.plan_files import open_rules
from scimbridge.sync.runs.rule_places import history_of
from scimbridge.sync.runs.values import ApplyOrder, KeepingFailed, Stop, done_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyPlan:
    """A plan that may be applied here and now: its rule file, and how many lines are to be carried out still.

    `changes` are lines that would change something, `settled` those that an earlier apply has carried out.
    """

    file: PlanFile
    rules_file: Path
    changes: int
    settled: int

    @property
    def left(self) -> int:
        """How many lines are to be carried out."""
        return max(0, self.changes - self.settled)


def ready_plan(desk: SyncDesk, order: ApplyOrder) -> ReadyPlan:
    """Open a plan and hold it to bridge, rules, age and guards. Changes nothing.

    Raises `PlanRefused`, `RuleFaults`, `UnreadableState`, `ApplyRefused` and `Unplannable`.
    """
    settings, secret = desk.bridge.settings, plan_secret(desk.bridge.settings.pingone_client_secret)
    expected = Expected(
        environment=settings.pingone_environment_id, tables=desk.bridge.tables.digest, max_age=order.max_age,
        now=desk.bridge.parts.wall(),
    )  # fmt: skip
    file = open_plan(order.plan, secret, expected)
    rules = open_rules(desk, _find_rules(order, file))
    if rules.digest != file.head.rules:
        raise PlanRefused(
            f"{order.plan} was made by other rules than {rules.file} has now: it was changed since, so make the plan"
            " anew"
        )
    past = read_journal(journal_of(order.plan), file.head.id)
    check_plan(file.head, settings.pingone_environment_id, {**past.allow, **order.options.allow})
    changes = sum(line.do != CONFLICT and not line.faults for line in file.lines())
    ready = ReadyPlan(
        file=file, rules_file=Path(rules.file), changes=changes, settled=sum(map(len, past.settled.values()))
    )
    _check_newest(ready)
    return ready


def apply_ready(
    desk: SyncDesk,
    ready: ReadyPlan,
    order: ApplyOrder,
    tell: TellProgress,
    stop: Stop = lambda: False,
    lease: Lease | None = None,
    warn: Callable[[str], None] = lambda _sentence: None,
) -> Applied:
    """Apply a plan, keep what is to be kept beside its rules, and remember the run.

    Raises `ApplyRefused`, `PlanRefused` and `UnreadableState` where nothing was changed, `KeepingFailed` where all was
    and that is not known to the next plan.
    """
    if lease is None:
        with alone(desk, str(ready.rules_file)) as held:
            return apply_ready(desk, ready, order, tell, stop, held, warn)
    head, wall = ready.file.head, desk.bridge.parts.wall
    _check_newest(ready)
    _check_folder(ready)
    began = wall()
    applied = apply_plan(desk, _Named(ready), journal_of(order.plan), order.options, tell, stop, lease)
    if applied.exit_code == 0:
        keep_applied(ready.rules_file, head.applied)
    else:
        _keep_missing(ready.rules_file, head.applied, warn)
    remember(ready.rules_file, PastRun(
        when=began,
        seconds=applied.seconds,
        result=PARTLY if applied.exit_code else DONE if ready.left else NOTHING,
        counts=dict(head.counts) if ready.left else {},
        done=done_counts(applied) if ready.left else {},
        drifted=applied.count(DRIFTED),
        plan=head.id,
        why=why_partly(applied),
    ), warn)  # fmt: skip
    return applied


def keep_applied(rules_file: Path, applied: Mapping[str, object]) -> None:
    """Keep what the next plan is held against. Raises `KeepingFailed`."""
    place = place_of(rules_file)
    kept = LastApplied.from_object(applied)
    try:
        if kept.at is not None and kept != read_last_applied(place):  # a plan of some keys keeps nothing new
            write_last_applied(place, kept)
    except OSError as error:
        raise KeepingFailed(
            f"everything was applied, and {place} cannot be written ({error.strerror or error}): the next source would"
            " be held against the one before. Make room for it, and apply the same plan again, which changes nothing"
            " and writes it"
        ) from error


def _keep_missing(rules_file: Path, applied: Mapping[str, object], warn: Callable[[str], None]) -> None:
    """Keep of a plan that was applied in part since when people are missing; where that fails, it is reported."""
    place = place_of(rules_file)
    try:
        last = read_last_applied(place)
        kept = note_missing(last, LastApplied.from_object(applied))
        if kept.missing != last.missing:
            write_last_applied(place, kept)
    except OSError as error:
        warn(f"since when people are missing could not be kept in {place} ({error.strerror or error})")


def remember(rules_file: Path, run: PastRun, warn: Callable[[str], None]) -> None:
    """Remember a run; where that cannot be done it is reported, since nothing hangs on it."""
    try:
        note_run(history_of(rules_file), run)
    except UnreadableHistory as error:
        warn(str(error))


def why_partly(applied: Applied) -> str:
    """Return in one sentence why an apply is not whole, "" where it is."""
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (applied.count(FAILED), "failed"), (applied.count(DRIFTED), "drifted"), (applied.left, "not begun")
        ) if number
    ]  # fmt: skip
    told = f"lines: {', '.join(parts)}" if parts else ""
    return "; ".join(each for each in (told, applied.stopped) if each)


@dataclass(frozen=True, slots=True)
class _Named:
    """A plan whose rule file has the name that it has here: lease and figures go by it."""

    ready: ReadyPlan

    @property
    def head(self) -> PlanHead:
        """What it was made of."""
        return replace(self.ready.file.head, rules_file=str(self.ready.rules_file))

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        """Yield the lines of these kinds, all where none is named."""
        return self.ready.file.lines(*kinds)


def _find_rules(order: ApplyOrder, file: PlanFile) -> Path:
    """Return the rule file of a plan. Raises `PlanRefused` where it is not there."""
    if order.rules is not None:
        return order.rules
    found = Path(file.head.rules_file)
    if not found.exists():
        raise PlanRefused(
            f"{order.plan} was made by the rules {file.head.rules_file!a}, which are not there: what was applied"
            " last is kept beside them. Apply it where they are, or name them with --rules"
        )
    return found


def _check_newest(ready: ReadyPlan) -> None:
    """Look whether nothing was applied since the plan was made. Raises `PlanRefused`.

    A plan of which nothing is left may be applied at any time: that changes nothing.
    """
    last = read_last_applied(place_of(ready.rules_file))
    if last.at is not None and last.at > ready.file.head.made and ready.left:
        raise PlanRefused(
            f"{ready.file.path} is out of date: a plan that was made after it has been applied by these rules, and it"
            " would undo what that one did; make the plan anew"
        )


def _check_folder(ready: ReadyPlan) -> None:
    """Look whether what was applied can be kept, before anything is. Raises `ApplyRefused`."""
    folder = ready.rules_file.parent
    if not os.access(folder, os.W_OK):
        raise ApplyRefused(
            f"this user may not write to {folder}, where what was applied last is kept beside the rules; nothing was"
            " changed. Let this user write there, or put the rules where it may"
        )
