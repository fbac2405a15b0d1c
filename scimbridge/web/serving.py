"""What the server in front of the application puts into a request's environment, where it is ours.

Knows WSGI's environment and nothing of the server; under another one, nothing of this is there and all holds without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLAIM = "scimbridge.claim"
"""A function that is told the name of the client that a request is of, and says whether it may have one more."""
WAITED = "scimbridge.waited"
"""Seconds that a request has waited for a thread."""


def claim(environ: Mapping[str, Any], client: str) -> bool:
    """Say whose a request is; return whether this client may have one more under way."""
    ask = environ.get(CLAIM)
    return ask is None or bool(ask(client))


def waited(environ: Mapping[str, Any]) -> float:
    """Return the seconds that a request has waited before it was begun."""
    return float(environ.get(WAITED, 0.0))
