"""Who asks: a client as one frozen value that the resources take as an argument.

Made at the edge from the credentials; nothing behind the edge asks about credentials again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scimbridge.access.limits import ClientLimits
from scimbridge.pingone.kinds import SCOPES

__all__ = ["SCOPES", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A client and what it may do.

    `strict`: it is held to the letter of RFC 7644. `populations` are the ids of those that it is confined to, None
    where it may go everywhere. `hidden` are the attributes that do not exist for it, by resource type, and
    `hidden_config` the members of ServiceProviderConfig. `default_count` is how many results it gets in a list for
    which it names no count, None for what others get. `secret_id` is which of its secrets this request has shown, None
    where it came by a certificate or by somebody else's token. `is_token`: it is whoever has the one bearer token, who
    was promised SCIM and changes nothing by operations.
    """

    name: str
    strict: bool = False
    scopes: frozenset[str] = SCOPES
    populations: frozenset[str] | None = None
    hidden: tuple[tuple[str, tuple[str, ...]], ...] = ()
    limits: ClientLimits = field(default=ClientLimits())
    hidden_config: tuple[str, ...] = ()
    default_count: int | None = None
    is_token: bool = False
    secret_id: str | None = field(default=None, compare=False)

    def may(self, scope: str) -> bool:
        """Whether the client has a right."""
        return scope in self.scopes
