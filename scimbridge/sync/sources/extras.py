"""Libraries that only some sources need: imported when one is opened, or a sentence that says what to install."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from scimbridge.sync.sources.faults import refuse


def import_extra(module: str, extra: str, source: str) -> Any:
    """Return a module of an extra. Raises `SourceRefused` where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        missing = (error.name or module).partition(".")[0]
        sentence = f"needs the package {missing!r}, which is not installed: pip install 'scimbridge[{extra}]'"
        raise refuse(source, sentence) from None
