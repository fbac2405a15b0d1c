"""A run for a schedule: plan and apply in one, where no guard stops it. Where one does, the plan stays for a person.

The rule file is held from the first row to the last line, so that two schedules never meet. Whatever a run comes to is
remembered, also that it failed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from scimbridge.pingone.errors import PingOneError
from scimbridge.scim.errors import ScimError
from scimbridge.sync.applying.figures import note_failure, note_guard_stop, note_nothing_to_do
from scimbridge.sync.applying.lease import alone
from scimbridge.sync.applying.tally import TellProgress
from scimbridge.sync.applying.values import ApplyOptions
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.planning.last_applied import UnreadableState
from scimbridge.sync.planning.making import untold
from scimbridge.sync.planning.rules_in_use import Unplannable
from scimbridge.sync.plans.past_runs import FAILED, NOTHING, REFUSED, STOPPED, PastRun
from scimbridge.sync.plans.writing import PlanNotWritten
from scimbridge.sync.plans.written_plan import WrittenPlan
from scimbridge.sync.rules.faults import RuleFaults
from scimbridge.sync.runs.plan_applying import apply_ready, keep_applied, ready_plan, remember
from scimbridge.sync.runs.plan_files import make_plan_file
from scimbridge.sync.runs.rule_places import delete_plan, name_rules, scheduled_plan, tidy_plans
from scimbridge.sync.runs.values import ApplyOrder, FinishedRun, PlanOrder, RunStopped, Stop, Told
from scimbridge.sync.sources.rows import SourceRefused

Warn = Callable[[str], None]
_FAILURES = (
    PingOneError, ScimError, Unplannable, RuleFaults, UnreadableState, PlanNotWritten, RunStopped, OSError,
)  # fmt: skip


def run_rules(  # noqa: PLR0913 - what a run is made of, each by its name
    desk: SyncDesk,
    rules: Path,
    options: ApplyOptions,
    new_id: Callable[[], str],
    environ: Mapping[str, str] = os.environ,
    *,
    tell_plan: Told = untold,
    tell: TellProgress,
    stop: Stop = lambda: False,
    warn: Warn = lambda _sentence: None,
) -> FinishedRun:
    """Make a plan and apply it. Raises what either of them raises; the run is remembered then too."""
    rules_file, wall = name_rules(rules), desk.bridge.parts.wall
    with alone(desk, str(rules_file)) as lease:
        began = wall()
        place = scheduled_plan(rules_file, began)
        with _failures_remembered(desk, rules_file, began, warn):
            planned = make_plan_file(desk, PlanOrder(rules=rules, plan=place), new_id, environ, tell_plan, stop)
        if planned.head.stopped:
            _remember_stop(desk, rules_file, planned, began, warn)
            finished = FinishedRun(plan=planned)
        elif not sum(planned.head.counts.values()):
            delete_plan(place)
            keep_applied(rules_file, planned.head.applied)
            note_nothing_to_do(desk, str(rules_file))
            _remember(desk, rules_file, began, PastRun(when=began, seconds=0, result=NOTHING), warn)
            finished = FinishedRun(plan=planned, is_kept=False)
        else:
            order = ApplyOrder(plan=place, options=options)
            applied = apply_ready(desk, ready_plan(desk, order), order, tell, stop, lease, warn)
            finished = FinishedRun(plan=planned, applied=applied)
        tidy_plans(rules_file)
        return finished


@contextmanager
def _failures_remembered(desk: SyncDesk, rules_file: Path, began: float, warn: Warn) -> Iterator[None]:
    """Remember that a run failed, and why, and let the failure go on."""
    try:
        yield
    except SourceRefused as refusal:
        _note_failure(desk, rules_file, PastRun(when=began, seconds=0, result=REFUSED, why=_first(refusal)), warn)
        raise
    except _FAILURES as failure:
        _note_failure(desk, rules_file, PastRun(when=began, seconds=0, result=FAILED, why=_first(failure)), warn)
        raise


def _note_failure(desk: SyncDesk, rules_file: Path, run: PastRun, warn: Warn) -> None:
    if rules_file.is_file():  # else a slip in a name would leave a file behind, and an alert
        note_failure(desk, str(rules_file))
        _remember(desk, rules_file, run.when, run, warn)


def _remember_stop(desk: SyncDesk, rules_file: Path, planned: WrittenPlan, began: float, warn: Warn) -> None:
    note_guard_stop(desk, str(rules_file))
    head = planned.head
    _remember(desk, rules_file, began, PastRun(
        when=began, seconds=0, result=STOPPED, counts=dict(head.counts), plan=head.id,
        why=f"{', '.join(each.name for each in head.stopped)}; the plan is {planned.path}",
    ), warn)  # fmt: skip


def _remember(desk: SyncDesk, rules_file: Path, began: float, run: PastRun, warn: Warn) -> None:
    remember(rules_file, replace(run, seconds=max(0.0, desk.bridge.parts.wall() - began)), warn)


def _first(error: Exception) -> str:
    """Return the first sentence of a failure."""
    text = str(error) or ("it was asked to stop" if isinstance(error, RunStopped) else type(error).__name__)
    first, *more = text.splitlines()
    return f"{first} (and {len(more)} more)" if more else first
