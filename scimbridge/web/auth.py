"""Credentials to Caller: who sent this request."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from scimbridge.access.caller import Caller
from scimbridge.scim.errors import Unauthorized

Authenticate = Callable[[str | None], Caller]  # the Authorization header -> who it is
CHALLENGE = (("WWW-Authenticate", 'Bearer realm="scim"'),)


def bearer_token(token: str, caller: Caller) -> Authenticate:
    """Make the check of one token that may do everything. An empty token never matches."""
    expected = token.encode()

    def authenticate(header: str | None) -> Caller:
        scheme, _blank, given = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            msg = "credentials are missing: send Authorization: Bearer and a token"
            raise Unauthorized(msg, headers=CHALLENGE)
        if not expected or not hmac.compare_digest(given.strip().encode("utf-8", "replace"), expected):
            msg = "the token is not valid"
            raise Unauthorized(msg, headers=(("WWW-Authenticate", 'Bearer realm="scim", error="invalid_token"'),))
        return caller

    return authenticate
