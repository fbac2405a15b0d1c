"""Every right that a client can have: those on resource types, and those to operations.

A collective right to everything leaves out what is only ever named: whoever may check passwords can guess them, and
whoever gives roles can give them to itself.
"""

from __future__ import annotations

from scimbridge.pingone.kinds import SCOPES

OPERATION_SCOPES = frozenset({
    "accounts:write", "passwords:read", "passwords:check", "sessions:read", "sessions:write", "links:read",
    "links:write", "roles:read", "roles:write", "devices:read", "devices:write", "consents:read", "consents:write",
    "agreements:read", "environments:read",
})  # fmt: skip
"""Rights that only operations need."""
NAMED_ONLY = frozenset({"passwords:check", "roles:write"})
"""Rights that no collective right holds."""
OF_ENVIRONMENTS = frozenset({"environments:read"})
"""Rights that are about the whole environment, and that no client has which is confined to populations."""
ALL_SCOPES = SCOPES | OPERATION_SCOPES
COLLECTIVE = ALL_SCOPES - NAMED_ONLY
"""What `--all-scopes` gives."""
