"""The word `scimbridge reconcile plan`: rules in, a plan in a file out, and what it comes to."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scimbridge.cli.reconcile.desks import new_plan_id, open_reconcile_desk
from scimbridge.cli.reconcile.options import PLAN, RULES, read_kinds, refuse_delta
from scimbridge.cli.reconcile.outcomes import CHANGES, ends_told

if TYPE_CHECKING:
    from scimbridge.sync.plans.written_plan import WrittenPlan


@click.command()
@click.argument("rules", type=RULES, metavar="RULES.toml")
@click.option("-o", "--output", required=True, type=PLAN, metavar="PLAN", help="Where to; packed where it ends in .gz.")
@click.option("--full", is_flag=True, help="Read the whole directory, as is done in any case.")
@click.option("--delta", is_flag=True, help="Read only what has changed; refused in this version.")
@click.option("--only", multiple=True, metavar="KEY", help="Only this person or group, by key; may be repeated.")
@click.option("--just", multiple=True, metavar="KINDS", help="Only lines of these kinds, as create,update,disable.")
@click.option("--exit-code", "tells_changes", is_flag=True, help="Exit code 5 where there are changes.")
@click.option("--masked", is_flag=True, help="Names of attributes and no values: for reading, never applied.")
@click.option("--json", "as_json", is_flag=True, help="What it comes to as one JSON document.")
def plan(  # noqa: PLR0913 - every option of a command is an argument
    *,
    rules: Path,
    output: Path,
    full: bool,
    delta: bool,
    only: tuple[str, ...],
    just: tuple[str, ...],
    tells_changes: bool,
    masked: bool,
    as_json: bool,
) -> None:
    """Make a plan: what would change in the directory so that it is as the source says. Changes nothing.

    Exit code 0; 3 where a guard stops it, and the plan is written all the same; 6 where the source is refused.
    """
    from scimbridge.sync.applying.signals import asked_to_stop  # noqa: PLC0415 - the engine is not needed by all
    from scimbridge.sync.printing.outcomes import show_written_plan  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.plan_files import make_plan_file  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.values import PlanOrder  # noqa: PLC0415 - the same

    if full and delta:
        raise click.UsageError("--full and --delta exclude each other")
    refuse_delta(delta=delta)
    order = PlanOrder(rules=rules, plan=output, only=only, just=read_kinds(just), masked=masked)
    with ends_told(as_json=as_json), open_reconcile_desk() as (desk, progress), asked_to_stop() as stop:
        written = make_plan_file(desk, order, new_plan_id, os.environ, progress.plan, stop)
        progress.end()
        code = exit_code_of(written, tells_changes=tells_changes)
        show_written_plan(sys.stdout, written, code, as_json=as_json)
    sys.exit(code)


def exit_code_of(written: WrittenPlan, *, tells_changes: bool) -> int:
    """Return what the command ends with: a guard goes before changes."""
    return written.exit_code or (CHANGES if tells_changes and written.changes else 0)
