"""What every command says of a configuration that nothing can be started with."""

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


@contextmanager
def faults_told() -> Iterator[None]:
    """Say what is wrong with the configuration, and end."""
    try:
        yield
    except SettingsFaults as faults:
        raise Unstartable(faults) from None
