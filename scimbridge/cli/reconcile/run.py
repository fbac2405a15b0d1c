"""The word `scimbridge reconcile run`: plan and apply for a schedule, with nobody to ask."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from scimbridge.cli.reconcile.apply import RATE, STOP_AFTER, user_name
from scimbridge.cli.reconcile.desks import new_plan_id, open_reconcile_desk, say
from scimbridge.cli.reconcile.options import RULES, refuse_delta
from scimbridge.cli.reconcile.outcomes import ends_told


@click.command()
@click.argument("rules", type=RULES, metavar="RULES.toml")
@click.option("--full", is_flag=True, help="Read the whole directory, as is done in any case.")
@click.option("--delta", is_flag=True, help="Read only what has changed; refused in this version.")
@click.option("--stop-after", type=STOP_AFTER, metavar="N", help="Begin nothing more after N lines failed.")
@click.option("--rate", type=RATE, metavar="N", help="Calls per second at most; 60 % of the bridge's rate without it.")
@click.option("--json", "as_json", is_flag=True, help="What came of it as one JSON document.")
def run(*, rules: Path, full: bool, delta: bool, stop_after: int | None, rate: float | None, as_json: bool) -> None:
    """Plan and apply in one, for a schedule; where a guard stops it, the plan stays for a person.

    The plan lies beside the rules, named by its time; the newest ten stay. Exit code 0; 3 where a guard stopped it; 4
    where lines are left; 6 where the source is refused.
    """
    from scimbridge.sync.applying.signals import asked_to_stop  # noqa: PLC0415 - the engine is not needed by all
    from scimbridge.sync.applying.values import ApplyOptions  # noqa: PLC0415 - the same
    from scimbridge.sync.printing.outcomes import show_finished_run  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.whole_runs import run_rules  # noqa: PLC0415 - the same

    if full and delta:
        raise click.UsageError("--full and --delta exclude each other")
    refuse_delta(delta=delta)
    options = ApplyOptions(user=user_name(), stop_after=stop_after, rate=rate)
    with ends_told(as_json=as_json), open_reconcile_desk() as (desk, progress), asked_to_stop() as stop:
        finished = run_rules(
            desk, rules, options, new_plan_id, os.environ,
            tell_plan=progress.plan, tell=progress.apply, stop=stop, warn=say,
        )  # fmt: skip
        progress.end()
        show_finished_run(
            sys.stdout, finished.plan, finished.applied, finished.exit_code,
            is_kept=finished.is_kept, as_json=as_json,
        )  # fmt: skip
    sys.exit(finished.exit_code)
