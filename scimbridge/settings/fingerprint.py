"""The configuration as a short text, by which nodes of one bridge that run with different ones are told apart.

It says whether two are the same, and nothing of what they are: it is keyed with a secret that the nodes share, so that
no setting can be guessed from it.
"""

from __future__ import annotations

import hmac

from scimbridge.settings.declared import SETTINGS, Secret, Settings

OF_A_NODE = frozenset(
    {"host", "port", "workers", "threads", "certfile", "keyfile", "client_ca", "console", "audit", "log_level"}
    | {"log_format"}
)
"""Settings that may differ between nodes of one bridge."""
_LENGTH = 12  # characters


def fingerprint(settings: Settings, tables: str, key: bytes) -> str:
    """Return it, of the settings that nodes have in common and of the tables, as their digest says."""
    told = [tables]
    for item in SETTINGS:
        if item.name not in OF_A_NODE:
            value = getattr(settings, item.name)
            told.append(f"{item.name}={value.reveal() if isinstance(value, Secret) else value!r}")
    return hmac.digest(key, "\n".join(told).encode(), "sha256").hex()[:_LENGTH]
