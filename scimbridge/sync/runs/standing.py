"""How it stands with a rule file, and which ones there are: by what lies beside them and in the shared state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scimbridge.sync.applying.figures import read_figures
from scimbridge.sync.applying.lease import is_under_way
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.planning.last_applied import place_of, read_last_applied
from scimbridge.sync.plans.lines import PlanHead
from scimbridge.sync.plans.past_runs import PastRun, ReconcileStatus
from scimbridge.sync.runs.history import UnreadableHistory, read_history
from scimbridge.sync.runs.rule_places import history_of, name_rules


def read_status(desk: SyncDesk, rules: Path) -> ReconcileStatus:
    """Return how it stands with a rule file. Raises `UnreadableHistory`, `UnreadableState`, and OSError for no file."""
    rules_file = name_rules(rules)
    rules_file.stat()
    last = read_last_applied(place_of(rules_file)).people
    applied: dict[str, Any] | None = None
    if last is not None:
        applied = {"name": last.name or "unknown", "digest": last.digest, "rows": last.rows, "made": last.made}
    return ReconcileStatus(
        rules_file=str(rules_file),
        runs=read_history(history_of(rules_file)),
        applied=applied,
        is_running=is_under_way(desk, str(rules_file)),
    )


def past_runs(head: PlanHead, warn: Callable[[str], None]) -> tuple[PastRun, ...]:
    """Return the runs before a plan, where its rules are on this machine; those that cannot be read are reported."""
    rules_file = Path(head.rules_file)
    try:
        runs = read_history(history_of(rules_file)) if rules_file.is_absolute() and rules_file.is_file() else ()
    except UnreadableHistory as error:
        warn(str(error))
        return ()
    return tuple(run for run in runs if run.when < head.made)


def find_rule_files(desk: SyncDesk, folder: Path) -> list[Path]:
    """Return the rule files that are in a folder and have run, and those that the shared state has figures of."""
    beside = (each for each in folder.glob("*.toml") if history_of(each).exists() or place_of(each).exists())
    known = (Path(each) for each in read_figures(desk))
    return sorted({name_rules(each) for each in (*beside, *known) if each.is_file()})
