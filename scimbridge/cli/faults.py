"""How the command line tells what is wrong with a configuration: whole, on standard error, with exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import click

from scimbridge.settings.declared import SettingsFaults


class Unstartable(click.ClickException):
    """A configuration that nothing can be started with: every fault on a line of its own, exit code 2."""

    exit_code = 2

    def __init__(self, faults: SettingsFaults) -> None:
        super().__init__("\n".join(faults.faults))

    def show(self, file: IO[str] | None = None) -> None:
        """Write the faults to standard error."""
        lines = (
            "scimbridge: the configuration is faulty, so nothing was started.",
            *self.message.splitlines(),
        )
        click.echo("\n  ".join(lines), file=file or sys.stderr)


class Undone(click.ClickException):
    """What could not be done: every fault is a sentence of its own, exit code 2."""

    exit_code = 2

    def show(self, file: IO[str] | None = None) -> None:
        """Write the faults to standard error."""
        click.echo(f"scimbridge: {self.message}", file=file or sys.stderr)


@contextmanager
def faults_told() -> Iterator[None]:
    """Tell what is wrong with the settings."""
    try:
        yield
    except SettingsFaults as faults:
        raise Unstartable(faults) from None


@contextmanager
def table_faults_told() -> Iterator[None]:
    """Tell what is wrong with the tables as what is wrong with the configuration, which they are part of."""
    from scimbridge.mapping.tables.table import TableFaults  # noqa: PLC0415 - the engine is not needed by all commands

    try:
        yield
    except TableFaults as faults:
        raise SettingsFaults(faults.faults) from None
