"""What lies beside a rule file: its last runs, and the plans that a schedule has made. Knows names alone.

What was applied last lies there too; its place is known by `planning.last_applied`.
"""

from __future__ import annotations

import itertools
import os.path
import re
from datetime import UTC, datetime
from pathlib import Path

from scimbridge.sync.applying.journal import journal_of

KEPT_PLANS = 10
"""So many plans of a schedule stay, the newest."""
_STAMP = re.compile(r"\d{8}T\d{6}Z")


def name_rules(path: Path) -> Path:
    """Return a rule file by its one name, from wherever it was named: lease, figures and runs go by it.

    A link is not followed: what is mounted into a container is behind one that changes with each version of it.
    """
    return Path(os.path.abspath(path))  # noqa: PTH100 - absolute() leaves ".." in


def history_of(rules_file: Path) -> Path:
    """Return where the runs of a rule file are remembered: `people.toml` has `people.runs.json` beside it."""
    return rules_file.with_name(f"{rules_file.stem}.runs.json")


def scheduled_plan(rules_file: Path, now: float) -> Path:
    """Return where a run puts its plan: beside the rules, named by its time, so that no later run overwrites it.

    Of a second that has one already, it is the next that is free.
    """
    for second in itertools.count(int(now)):
        stamp = datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")
        plan = rules_file.with_name(f"{rules_file.stem}.{stamp}.plan.jsonl")
        if not plan.exists():
            return plan
    raise AssertionError("seconds do not end")


def scheduled_plans(rules_file: Path) -> list[Path]:
    """Return the plans that runs have left, oldest first."""
    begin, end = f"{rules_file.stem}.", ".plan.jsonl"
    found = (each for each in rules_file.parent.iterdir() if each.name.startswith(begin) and each.name.endswith(end))
    return sorted(each for each in found if _STAMP.fullmatch(each.name[len(begin) : -len(end)]))


def tidy_plans(rules_file: Path) -> None:
    """Delete the oldest plans of runs, with their journals: they hold values of people."""
    for plan in scheduled_plans(rules_file)[:-KEPT_PLANS]:
        delete_plan(plan)


def delete_plan(plan: Path) -> None:
    """Delete a plan and its journal."""
    for each in (journal_of(plan), plan):
        each.unlink(missing_ok=True)
