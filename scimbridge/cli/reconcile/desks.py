"""The bridge that a command of reconciling works at; it shares rate, locks and figures with one that serves here."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from scimbridge.cli.reconcile.progress import ReconcileProgress

if TYPE_CHECKING:
    from scimbridge.sync.desk import SyncDesk

CLIENT = "reconcile"


@contextmanager
def open_reconcile_desk() -> Iterator[tuple[SyncDesk, ReconcileProgress]]:
    """Open a desk, and what says how far work at it is. Raises `SettingsFaults`."""
    from scimbridge.bridge import Surroundings  # noqa: PLC0415 - an HTTP client is not needed by all commands
    from scimbridge.cli.node import find_file_beside  # noqa: PLC0415 - the same
    from scimbridge.configuration import load_configuration  # noqa: PLC0415 - the same
    from scimbridge.observe import logs  # noqa: PLC0415 - the same
    from scimbridge.state.node_file import node_files  # noqa: PLC0415 - the same
    from scimbridge.sync.desk import open_sync_desk  # noqa: PLC0415 - the same

    configuration = load_configuration(os.environ, with_clients=False)
    settings = configuration.settings
    # On standard error, masked; what is worth a line at info is said by the command itself.
    level = "warning" if settings.log_level == "info" else settings.log_level
    mask = logs.configure(level, settings.secrets(), None, settings.log_format)
    progress = ReconcileProgress(settings.pingone_rate)
    with node_files(os.environ) as files:
        around = Surroundings(
            node_file=find_file_beside(files, settings), observers=(progress.count,), learn=mask.learn
        )
        with open_sync_desk(settings, CLIENT, around, configuration.tables) as desk:
            try:
                yield desk, progress
            finally:
                progress.end()


def new_plan_id() -> str:
    """Return an id for a plan."""
    return uuid.uuid4().hex


def say(sentence: str) -> None:
    """Say something beside the answer."""
    click.echo(f"scimbridge: {sentence}", err=True)
