"""The word `scimbridge reconcile apply`: a plan in, what came of it out; a person is asked before the first change."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scimbridge.cli.reconcile.desks import open_reconcile_desk, say
from scimbridge.cli.reconcile.options import PLAN, RULES, Duration, read_allowed
from scimbridge.cli.reconcile.outcomes import FAILED, FAULTY, WordEnded, ends_told

if TYPE_CHECKING:
    from scimbridge.sync.runs.plan_applying import ReadyPlan

STOP_AFTER = click.IntRange(1)
RATE = click.FloatRange(0, min_open=True)


@click.command()
@click.argument("plan", type=PLAN)
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody sits at a terminal.")
@click.option("--allow", multiple=True, metavar="GUARD=N", help="Let a guard pass that stopped this plan with N.")
@click.option("--stop-after", type=STOP_AFTER, metavar="N", help="Begin nothing more after N lines failed.")
@click.option("--rate", type=RATE, metavar="N", help="Calls per second at most; 60 % of the bridge's rate without it.")
@click.option("--max-age", type=Duration(), default="24h", show_default=True, help="How old the plan may be.")
@click.option("--rules", type=RULES, metavar="FILE", help="Its rule file, where that lies elsewhere by now.")
@click.option("--json", "as_json", is_flag=True, help="What came of it as one JSON document.")
def apply(
    *,
    plan: Path,
    yes: bool,
    allow: tuple[str, ...],
    stop_after: int | None,
    rate: float | None,
    max_age: float,
    rules: Path | None,
    as_json: bool,
) -> None:
    """Apply a plan: whole, sealed, of this environment, of these rules, and young enough.

    Exit code 0; 3 where a guard stopped the plan and nobody allowed it; 4 where failed or drifted lines are left.
    """
    from scimbridge.sync.applying.signals import asked_to_stop  # noqa: PLC0415 - the engine is not needed by all
    from scimbridge.sync.applying.values import ApplyOptions  # noqa: PLC0415 - the same
    from scimbridge.sync.printing.outcomes import show_applied  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.plan_applying import apply_ready, ready_plan  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.values import ApplyOrder  # noqa: PLC0415 - the same

    options = ApplyOptions(allow=read_allowed(allow), user=user_name(), stop_after=stop_after, rate=rate)
    order = ApplyOrder(plan=plan, options=options, max_age=max_age, rules=rules)
    with ends_told(as_json=as_json), open_reconcile_desk() as (desk, progress):
        ready = ready_plan(desk, order)
        if ready.left and not yes:
            _ask(ready, as_json=as_json)
        with asked_to_stop() as stop:
            applied = apply_ready(desk, ready, order, progress.apply, stop, warn=say)
        progress.end()
        show_applied(sys.stdout, ready.file.head, applied, plan, as_json=as_json)
    sys.exit(applied.exit_code)


def user_name() -> str:
    """Return who applies, for the journal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return "unknown"


def can_ask() -> bool:
    """Whether somebody sits at a terminal, and sees what is asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(ready: ReadyPlan, *, as_json: bool) -> None:
    """Show the counts, and ask. Raises `WordEnded` where the answer is no, or nobody can be asked."""
    from scimbridge.sync.printing.outcomes import describe_question  # noqa: PLC0415 - the engine is not needed by all

    if not can_ask():
        sentence = (
            f"nobody can be asked here, so nothing was changed: the plan has {ready.left:,} lines to carry out. Look at"
            f" it by `scimbridge reconcile show {ready.file.path}`, and say --yes"
        )
        raise WordEnded(FAULTY, sentence, [], as_json=as_json)
    for line in describe_question(ready.file.head, ready.left):
        click.echo(line, err=True)
    if not click.confirm("Apply it?", default=False, err=True):
        raise WordEnded(FAILED, "nothing was changed", [], as_json=as_json)
