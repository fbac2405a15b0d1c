"""The sinks that an operator has chosen, made ready.

A file is tried at once, so that a wrong path is told before anything is served; of SQLite's the folder is looked at.
Another database is not tried: it may come later.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from scimbridge.observe.audit import Sink
from scimbridge.observe.audit_lines import AuditFile, AuditStream

STREAM = "-"
_SQLITE = "sqlite:///"


class Unopenable(Exception):
    """A sink that cannot be used; the sentence says which setting and what would be right."""


def open_sinks(file: str | None, database: str | None, clock: Callable[[], float]) -> list[Sink]:
    """Return the sinks: JSON lines to a file or, for `-`, to standard output, and rows of a database.

    `database` is a URL. Raises `Unopenable`.
    """
    sinks: list[Sink] = []
    if file == STREAM:
        sinks.append(AuditStream())
    elif file:
        sinks.append(_open_file(Path(file)))
    if database:
        sinks.append(_open_database(database, clock))
    return sinks


def _open_file(path: Path) -> Sink:
    lines = AuditFile(path)
    try:
        lines.check()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        cure = "name a file in a folder that is there and that this user may write in, or - for standard output"
        raise Unopenable(f"SCIMBRIDGE_AUDIT: {lines.name} cannot be written to ({reason}); {cure}") from None
    return lines


def _open_database(url: str, clock: Callable[[], float]) -> Sink:
    try:
        from scimbridge.observe.audit_database import AuditDatabase  # noqa: PLC0415 - an extra that few need

        sink = AuditDatabase(url, clock)
    except ImportError:
        msg = "SCIMBRIDGE_AUDIT_DATABASE needs more packages: pip install 'scimbridge[database]'"
        raise Unopenable(msg) from None
    except ValueError as error:
        raise Unopenable(f"SCIMBRIDGE_AUDIT_DATABASE: {error}") from None
    if url.startswith(_SQLITE):
        _look_at_folder(Path(url.removeprefix(_SQLITE).partition("?")[0]).absolute())
    return sink


def _look_at_folder(file: Path) -> None:
    """Look whether SQLite can make its files there. Raises `Unopenable`."""
    folder = file.parent
    if not folder.is_dir():
        raise Unopenable(
            f"SCIMBRIDGE_AUDIT_DATABASE: the folder {folder} is not there; make it, or write an absolute path with four"
            " slashes, as sqlite:////var/lib/scimbridge/audit.db"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unopenable(
            f"SCIMBRIDGE_AUDIT_DATABASE: this user may not write in {folder}, where SQLite makes more than one file;"
            " give it the right to, or name another folder"
        )
