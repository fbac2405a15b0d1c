"""The word `scimbridge tables copy`: a shipped table into a directory of the operator's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scimbridge.cli.faults import Undone
from scimbridge.settings.declared import default_mappings


@click.command()
@click.argument("name")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--extend", "extending", is_flag=True, help="Only the head of a table that lies over the shipped one.")
def copy(name: str, directory: Path, *, extending: bool) -> None:
    """Copy a shipped table (users, groups, populations, operations) into a directory; no file is ever written over.

    Name the directory in SCIMBRIDGE_MAPPINGS.
    """
    from scimbridge.ops.table_files import NotCopied, copy_table  # noqa: PLC0415 - needed by this command alone

    try:
        file = copy_table(name, directory, default_mappings(), extending=extending)
    except NotCopied as error:
        raise Undone(str(error)) from None
    sys.stdout.write(f"{file}\n")
