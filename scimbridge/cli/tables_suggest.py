"""The words `scimbridge tables suggest`: options in, one call of `ops.suggesting` and one printer."""

from __future__ import annotations

import os
import sys

import click

from scimbridge.cli.faults import Undone, faults_told
from scimbridge.settings.declared import load


@click.command()
@click.option("--whole", is_flag=True, help="Print a whole table, its head included, to be saved as a file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of TOML.")
def suggest(*, whole: bool, as_json: bool) -> None:
    """Print rows for what the environment's user schema has and no row keeps, as TOML to paste."""
    from scimbridge.ops.checking.findings import explain_failure  # noqa: PLC0415 - needed by this command alone
    from scimbridge.ops.printing.suggestions import show_suggestions  # noqa: PLC0415 - the same
    from scimbridge.ops.suggesting import suggest as look  # noqa: PLC0415 - the same
    from scimbridge.pingone.errors import PingOneError  # noqa: PLC0415 - the same

    try:
        with faults_told():
            found = look(load(os.environ))
    except PingOneError as error:
        text, cure = explain_failure(error)
        raise Undone(f"the user schema cannot be read: {text}\nDo: {cure}; `scimbridge check` says more") from None
    show_suggestions(sys.stdout, found, whole=whole, as_json=as_json)
