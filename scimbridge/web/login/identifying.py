"""Who sent a request, by whatever it shows: every way in, joined to one.

Knows which ways there are; how each of them decides stands in `auth` and in `access`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Clients
from scimbridge.access.issuers import Issuers
from scimbridge.access.jwks import Fetcher, KeySets
from scimbridge.access.tokens import OwnTokens
from scimbridge.web.login import auth
from scimbridge.web.login.failed_logins import FailedLogins
from scimbridge.web.login.guard import Identify


def identify_by_all_ways(
    current: Callable[[], Clients],
    tokens: OwnTokens,
    failures: FailedLogins,
    *,
    proxy: str | None,
    strict: bool,
    clock: Callable[[], float],
    wall: Callable[[], float],
) -> Identify:
    """Return what says who sent a request; `strict` holds everybody to the letter, `proxy` leads to issuers."""
    issuers = Issuers(current, KeySets(Fetcher(proxy=proxy), clock), wall=wall)
    authenticate = auth.by_credentials(
        {
            "bearer": auth.bearer((auth.static_token(current, wall), tokens.check, issuers.check)),
            "basic": auth.basic(current, wall),
        },
        auth.certificate(current, wall),
        failures,
    )

    def identify(environ: Mapping[str, Any]) -> Caller:
        caller = authenticate(auth.read_credentials(environ))
        return replace(caller, strict=True) if strict and not caller.strict else caller

    return identify
