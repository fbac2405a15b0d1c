"""The word `scimbridge reconcile status`: how it stands with one rule file, or with all that are known here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scimbridge.cli.reconcile.desks import open_reconcile_desk
from scimbridge.cli.reconcile.outcomes import ends_told

_RULES = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("rules", type=_RULES, metavar="[RULES.toml]", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document; a list of them where no rules are named.")
def status(*, rules: Path | None, as_json: bool) -> None:
    """Show the last runs, drift, what was applied last, and when everything is read anew. Asks PingOne nothing.

    Without a rule file: those in this folder that have run, and those that the shared state has figures of.
    """
    from scimbridge.ops.printing.documents import write_document  # noqa: PLC0415 - the engine is not needed by all
    from scimbridge.sync.printing.status import show_status  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.standing import find_rule_files, read_status  # noqa: PLC0415 - the same

    with ends_told(as_json=as_json), open_reconcile_desk() as (desk, _progress):
        if rules is not None:
            show_status(sys.stdout, read_status(desk, rules), as_json=as_json)
            return
        found = [read_status(desk, each) for each in find_rule_files(desk, Path.cwd())]
        if as_json:
            write_document(sys.stdout, found)
        elif not found:
            click.echo("No rule file here has run yet; name one: scimbridge reconcile status RULES.toml")
        for number, each in enumerate(() if as_json else found):
            if number:
                click.echo()
            show_status(sys.stdout, each, as_json=False)
