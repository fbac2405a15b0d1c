"""The words below `scimbridge tables`: options in, one call of `ops` and one printer each.

Knows how options are spelled; what a row is stands elsewhere.
"""

from __future__ import annotations

import os
import sys

import click

from scimbridge.settings.declared import SettingsFaults, load


class _Unsuggested(click.ClickException):
    """Why there are no rows to show, exit code 2."""

    exit_code = 2


@click.group()
def tables() -> None:
    """Make tables of your own, which lie over the shipped ones."""


@tables.command()
@click.option("--whole", is_flag=True, help="Print a whole table, its head included, to be saved as a file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of TOML.")
def suggest(*, whole: bool, as_json: bool) -> None:
    """Print rows for what the environment's user schema has and no row keeps, as TOML to paste."""
    from scimbridge.ops.checking.findings import explain_failure  # noqa: PLC0415 - needed by this command alone
    from scimbridge.ops.printing.suggestions import show_suggestions  # noqa: PLC0415 - the same
    from scimbridge.ops.suggesting import suggest as look  # noqa: PLC0415 - the same
    from scimbridge.pingone.errors import PingOneError  # noqa: PLC0415 - the same

    try:
        found = look(load(os.environ))
    except SettingsFaults as faults:
        raise _Unsuggested("\n".join(faults.faults)) from None
    except PingOneError as error:
        text, cure = explain_failure(error)
        raise _Unsuggested(
            f"the user schema cannot be read: {text}\nDo: {cure}; `scimbridge check` says more"
        ) from None
    show_suggestions(sys.stdout, found, whole=whole, as_json=as_json)
