"""The words below `scimbridge tables`: what operators do with tables of their own."""

from __future__ import annotations

import click

from scimbridge.cli.tables_copy import copy
from scimbridge.cli.tables_suggest import suggest


@click.group()
def tables() -> None:
    """Make tables of your own, which lie over those that ship with the bridge."""


tables.add_command(copy)
tables.add_command(suggest)
