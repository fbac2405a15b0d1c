"""The word `scimbridge reconcile` with its words, and `show`; the others stand in modules beside this one.

Each asks `sync` for a value and prints it. Knows how a plan and its options are spelled.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from scimbridge.cli.faults import Undone, faults_told
from scimbridge.cli.reconcile.apply import apply
from scimbridge.cli.reconcile.desks import say
from scimbridge.cli.reconcile.options import PLAN
from scimbridge.cli.reconcile.plan import plan
from scimbridge.cli.reconcile.run import run
from scimbridge.cli.reconcile.status import status
from scimbridge.settings.declared import Secret, some


@click.group()
def reconcile() -> None:
    """Bring the directory to what a source says: by a plan, which is looked at before it is applied."""


@reconcile.command()
@click.argument("plan", type=PLAN)
@click.option(
    "--why", "key", metavar="KEY", help="Only what it says of this person or group: key in the source, or id."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.option("--html", "page", type=PLAN, metavar="FILE", help="Write one page of HTML, which needs nothing else.")
def show(plan: Path, key: str | None, page: Path | None, *, as_json: bool) -> None:
    """Show what a plan would change, and why; nothing is read from PingOne.

    The plan has to be whole. Its seal is looked at where SCIMBRIDGE_PINGONE_CLIENT_SECRET is set; else the answer says
    that it was not. Exit code 0, whatever stands in the plan, and 2 where it is refused.
    """
    from scimbridge.sync.plans.reading import open_plan  # noqa: PLC0415 - no other command needs it
    from scimbridge.sync.printing import plans as printing  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.standing import past_runs  # noqa: PLC0415 - the same

    with faults_told(), plan_refusals_told():
        opened = open_plan(plan, _seal_secret())
        past = past_runs(opened.head, say)
        if page is not None:
            try:
                printing.save_page(page, opened, past)
            except OSError as error:
                raise Undone(f"{page} cannot be written: {error.strerror or error}") from None
            click.echo(f"scimbridge: written: {page}", err=True)
        if key is not None:
            printing.show_person(sys.stdout, opened, key, as_json=as_json)
        elif as_json or page is None:
            printing.show_plan(sys.stdout, opened, as_json=as_json, past=past)


@contextmanager
def plan_refusals_told() -> Iterator[None]:
    """Tell why a plan is refused, as something that is not done: exit code 2."""
    from scimbridge.sync.plans.expecting import PlanRefused  # noqa: PLC0415 - no other command needs it

    try:
        yield
    except PlanRefused as refusal:
        raise Undone(str(refusal)) from None


def _seal_secret() -> bytes | None:
    """Return what plans of this bridge are sealed with, None where the settings do not have it."""
    secret = some(os.environ, "pingone_client_secret")["pingone_client_secret"]
    if not isinstance(secret, Secret):
        return None
    from scimbridge.bridge import plan_secret  # noqa: PLC0415 - the bridge is not needed by all commands

    return plan_secret(secret)


@reconcile.command("demo")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="reconcile-demo")
def show_example(folder: Path) -> None:
    """Show a whole reconciliation against a PingOne of its own; its files go to FOLDER (reconcile-demo).

    Exit code 1 where a command ends otherwise than the example says.
    """
    from scimbridge.cli.reconcile import demo  # noqa: PLC0415 - the sandbox is needed by few commands

    sys.exit(demo.run(folder))


for _word in (plan, apply, run, status):
    reconcile.add_command(_word)
