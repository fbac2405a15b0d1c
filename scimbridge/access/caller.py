"""Who asks: what a client may do, as one frozen value that the resources take as an argument.

Made at the edge from the credentials; nothing behind the edge asks about credentials again.
"""

from __future__ import annotations

from dataclasses import dataclass

SCOPES = frozenset(
    {
        "users:read", "users:write", "groups:read", "groups:write",
        "populations:read", "populations:write", "passwords:write",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """A client. `strict`: it is held to the letter of RFC 7644."""

    name: str
    scopes: frozenset[str] = SCOPES
    strict: bool = False

    def may(self, scope: str) -> bool:
        """Whether the client has a right."""
        return scope in self.scopes
