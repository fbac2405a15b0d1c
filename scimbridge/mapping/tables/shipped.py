"""Where the shipped tables stand. Light, so that settings can say it without the engine."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def default_mappings() -> Traversable:
    """Return the directory of the tables that ship with the bridge, in a checkout as in a wheel."""
    return files("scimbridge") / "tables"
