"""From a rule file to a plan in its file: what it is held against is read, and nothing is written anywhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from scimbridge.bridge import plan_secret
from scimbridge.pingone.kinds import USERS
from scimbridge.sync.applying.journal import is_held, journal_of
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.planning.last_applied import place_of, read_last_applied
from scimbridge.sync.planning.making import make_plan, untold
from scimbridge.sync.planning.rules_in_use import Unplannable
from scimbridge.sync.plans.lines import CONFLICT, PlanLine
from scimbridge.sync.plans.masking import mask_head, mask_line
from scimbridge.sync.plans.reading import looks_like_plan
from scimbridge.sync.plans.writing import PlanNotWritten, write_plan
from scimbridge.sync.plans.written_plan import WrittenPlan
from scimbridge.sync.rules.reading import read_rules
from scimbridge.sync.rules.values import Rules
from scimbridge.sync.runs.rule_places import name_rules
from scimbridge.sync.runs.values import PlanOrder, RunStopped, Stop, Told
from scimbridge.sync.sources.opening import open_pairs, open_people


def open_rules(desk: SyncDesk, path: Path) -> Rules:
    """Read a rule file, under its one name. Raises `RuleFaults`, `Unplannable`."""
    users = desk.bridge.tables.whole.get(USERS.name)
    if users is None:
        raise Unplannable([f"{path}: the tables serve no {USERS.name}, so there is nobody to reconcile"])
    return replace(read_rules(path, users), file=str(name_rules(path)))


def make_plan_file(
    desk: SyncDesk,
    order: PlanOrder,
    new_id: Callable[[], str],
    environ: Mapping[str, str] = os.environ,
    tell: Told = untold,
    stop: Stop = lambda: False,
) -> WrittenPlan:
    """Make a plan and write it, also where a guard stops it.

    Raises `RuleFaults`, `Unplannable`, `UnreadableState`, `SourceRefused`, `PlanNotWritten`, `RunStopped` and PingOne's
    errors; then there is no plan, and what stood in its place stands there.
    """
    around = desk.bridge.around
    rules = open_rules(desk, order.rules)
    last = read_last_applied(place_of(rules.file))
    check_target(order.plan)
    people = open_people(rules, environ=environ, wall=around.wall, sleep=around.sleep)
    pairs = open_pairs(rules, environ=environ, wall=around.wall, sleep=around.sleep)

    def heard(stage: str, done: int, total: int | None) -> None:
        if stop():
            raise RunStopped
        tell(stage, done, total)

    with make_plan(
        desk, rules, people, pairs, last, now=around.wall(), new_id=new_id, only=order.only, just=order.just, tell=heard
    ) as made:
        kept = _Kept(made.lines(), masked=order.masked, heard=lambda done: heard("writing", done, total))
        total = sum(made.head.counts.values())
        head = mask_head(made.head) if order.masked else made.head
        write_plan(order.plan, head, kept, plan_secret(desk.bridge.settings.pingone_client_secret))
        _put_journal_away(order.plan)
        return WrittenPlan(path=order.plan, head=head, changes=kept.changes)


def check_target(plan: Path) -> None:
    """Look whether a plan may be written there. Raises `PlanNotWritten`.

    A file that is there has to be a plan: a slip must not cost a source or the rules. One that is being applied stays.
    """
    folder = plan.parent
    if not folder.is_dir():
        raise PlanNotWritten(f"{plan} cannot be written: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise PlanNotWritten(f"{plan} cannot be written: this user may not write to {folder}")
    if plan.is_dir():
        raise PlanNotWritten(f"{plan} cannot be written: it is a folder; name a file")
    if plan.is_file() and plan.stat().st_size and not looks_like_plan(plan):
        raise PlanNotWritten(f"{plan} is there and is no plan, so it is not overwritten; name another file")
    if is_held(journal_of(plan)):
        raise PlanNotWritten(f"{plan} is being applied by another process; wait for its end, or name another file")


class _Kept:
    """The lines of a plan on their way to its file, counted."""

    def __init__(self, lines: Iterator[PlanLine], *, masked: bool, heard: Callable[[int], None]) -> None:
        self._lines = lines
        self._masked = masked
        self._heard = heard
        self.changes = 0

    def __iter__(self) -> Iterator[PlanLine]:
        for number, line in enumerate(self._lines):
            self.changes += line.do != CONFLICT and not line.faults
            if not number % _STEP:
                self._heard(number)
            yield mask_line(line) if self._masked else line


_STEP = 1_000


def _put_journal_away(plan: Path) -> None:
    """Let the journal of the plan that stood there before make room: it is of that plan alone."""
    with suppress(FileNotFoundError):
        journal_of(plan).replace(journal_of(plan).with_name(f"{journal_of(plan).name}.before"))
