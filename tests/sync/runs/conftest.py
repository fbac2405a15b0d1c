"""Rule files and sources in a folder, and a desk in front of a sandbox: a run as a command makes it."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.sandbox import Sandbox
from scimbridge.sync.applying.values import Applied, ApplyOptions
from scimbridge.sync.desk import SyncDesk, open_sync_desk
from scimbridge.sync.plans.written_plan import WrittenPlan
from scimbridge.sync.runs.plan_applying import apply_ready, ready_plan
from scimbridge.sync.runs.plan_files import make_plan_file
from scimbridge.sync.runs.values import ApplyOrder, FinishedRun, PlanOrder
from scimbridge.sync.runs.whole_runs import run_rules
from tests.conftest import Clock, settings_for, shipped_tables

Json = dict[str, Any]


@dataclass
class Bench:
    """A folder and a desk. Time is its own, and nobody waits."""

    sandbox: Sandbox
    desk: SyncDesk
    folder: Path
    clock: Clock
    ids: Iterator[int]

    @property
    def rules(self) -> Path:
        """The rule file."""
        return self.folder / "people.toml"

    @property
    def plan(self) -> Path:
        """Where plans go."""
        return self.folder / "plan.jsonl"

    def put(self, rules: str, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
        """Write rules and source."""
        self.rules.write_text(rules)
        with (self.folder / "people.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def new_id(self) -> str:
        """Return the id of the next plan."""
        return f"plan-{next(self.ids)}"

    def make(self, **more: Any) -> WrittenPlan:
        """Make a plan."""
        self.sandbox.journal.clear()
        return make_plan_file(self.desk, PlanOrder(rules=self.rules, plan=self.plan), self.new_id, {}, **more)

    def apply(self, **options: Any) -> Applied:
        """Apply it."""
        self.sandbox.journal.clear()
        order = ApplyOrder(plan=self.plan, options=ApplyOptions(rate=10_000.0, **options))
        return apply_ready(self.desk, ready_plan(self.desk, order), order, lambda _progress: None)

    def run(self, **more: Any) -> FinishedRun:
        """Do both, as a schedule does."""
        self.sandbox.journal.clear()
        options = ApplyOptions(rate=10_000.0)
        return run_rules(self.desk, self.rules, options, self.new_id, {}, tell=lambda _progress: None, **more)

    @property
    def writes(self) -> list[str]:
        """PingOne's calls of the last piece of work that could change something."""
        calls = self.sandbox.journal.calls
        return [call for call in calls if not call.startswith("GET ") and not call.endswith("/as/token")]

    def users(self) -> dict[str, Json]:
        """Return all records of users by id, apart from the sandbox's own."""
        return {user["id"]: json.loads(json.dumps(user)) for user in self.sandbox.directory.users}

    def members(self) -> dict[str, set[str]]:
        """Return who is in which group, by ids."""
        directory = self.sandbox.directory
        return {group["id"]: set(directory.edges.members_of("users", group["id"])) for group in directory.groups}


@pytest.fixture(scope="module")
def make_bench(tmp_path_factory) -> Iterator[Callable[..., Bench]]:
    """Open benches: `make_bench(users of a small company)`; the one before is closed."""
    with ExitStack() as last:

        def make(seed: int = 0) -> Bench:
            last.close()
            sandbox = last.enter_context(Sandbox.start(seed=seed))
            clock = Clock()
            around = Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep)
            desk = last.enter_context(open_sync_desk(settings_for(sandbox), "reconcile", around, shipped_tables()))
            return Bench(sandbox, desk, tmp_path_factory.mktemp("bench"), clock, itertools.count(1))

        yield make
