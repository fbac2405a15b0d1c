"""The configuration as a short text, by which nodes of one bridge that run with different ones are told apart.

It says whether two are the same, and nothing of what they are: it is keyed with the secret at PingOne, which nodes
share, so that no other setting can be guessed from it. What is logged at the start and what is a metric is this one.
"""

from __future__ import annotations

import hmac

from scimbridge.settings.declared import SETTINGS, Secret, Settings

OF_A_NODE = frozenset(
    {"host", "port", "workers", "threads", "certfile", "keyfile", "client_ca", "audit", "log_level", "log_format"}
    | {"thread_share", "connections", "connections_per_address"}
)
"""Settings that may differ between nodes of one bridge."""
_LENGTH = 12  # characters


def fingerprint(settings: Settings, tables: str) -> str:
    """Return it, of the settings that nodes have in common and of the tables, as their digest says."""
    told = [tables]
    for item in SETTINGS:
        if item.name not in OF_A_NODE:
            value = getattr(settings, item.name)
            told.append(f"{item.name}={value.reveal() if isinstance(value, Secret) else value!r}")
    key = settings.pingone_client_secret.reveal().encode()
    return hmac.digest(key, "\n".join(("scimbridge configuration", *told)).encode(), "sha256").hex()[:_LENGTH]
