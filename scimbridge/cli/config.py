"""The word `scimbridge config`: all settings with their values and where each comes from, secrets masked.

Knows how settings are read; shows them, and starts nothing.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from scimbridge.cli.serving import serve_options, written
from scimbridge.settings.declared import look


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@serve_options
def config(*, as_json: bool, **given: Any) -> None:
    """Show what holds for each setting, and from where; secrets are masked. The exit code is 2 on any fault.

    The options are those of `serve`, to see what would hold with them.
    """
    from scimbridge.ops.config import report  # noqa: PLC0415 - needed by this command alone
    from scimbridge.ops.printing.config import show_config  # noqa: PLC0415 - the same

    reading = look(os.environ, written(given))
    found = report(reading.held, reading.sentences, reading.unknown)
    show_config(sys.stdout, found, as_json=as_json)
    if not as_json:
        for sentence in found.unknown:
            click.echo(f"warning: {sentence}", err=True)
        for sentence in found.faults:
            click.echo(f"fault: {sentence}", err=True)
    sys.exit(2 if found.faults else 0)
