"""Which node file belongs to the settings: for the bridge that serves, and for a command that works beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scimbridge.settings.declared import Settings
    from scimbridge.state.node_file import NodeFile, NodeFiles


def find_node_file(files: NodeFiles, settings: Settings) -> Path | None:
    """Return where the bridge at this address keeps what it knows; what is wrong with the place is logged.

    A file is one bridge's at one environment: what belongs to another is never found. At port 0 nobody comes back.
    """
    return _tell(files.of(_identity(settings), _stamp(settings), lasting=settings.port != 0))


def find_file_beside(files: NodeFiles, settings: Settings) -> Path | None:
    """Return where the bridge that serves with these settings keeps what it knows, as `NodeFiles.beside` does.

    So a long command and the bridge share rate, locks and what was just written, also at memory://.
    """
    return _tell(files.beside(_identity(settings), _stamp(settings)))


def _identity(settings: Settings) -> tuple[object, ...]:
    address = (settings.host, settings.port)
    return (settings.pingone_environment_id, settings.pingone_client_id, settings.api_url, *address)


def _stamp(settings: Settings) -> str:
    return urlsplit(settings.state_url.reveal()).scheme


def _tell(found: NodeFile) -> Path | None:
    from scimbridge.observe import logs  # noqa: PLC0415 - the application is needed by few commands

    for trouble in found.troubles:
        logs.named(__name__).warning("node file", trouble=trouble)
    return found.path
