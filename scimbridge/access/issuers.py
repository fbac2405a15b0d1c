"""JWT access tokens of outside issuers: who vouches, for whom, until when, and which client that is here.

A token chooses among the configured issuers and keys, and nothing more: addresses, keys and algorithms that it names
itself (`jku`, `x5u`, `jwk`, `alg`) are not believed. Knows nothing of HTTP requests to the bridge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.jwt import Claims, JWTClaimsRegistry

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Clients, Issuer
from scimbridge.access.compact import LONGEST, Said, look_at
from scimbridge.access.jwks import KeySets
from scimbridge.access.refused import CredentialRefused, Reason

SUBJECTS = ("sub", "azp", "client_id", "appid")
"""Claims that name who a token stands for: RFC 7519, OpenID Connect, RFC 9068, Entra's version 1."""
_KINDS = frozenset({"", "jwt", "application/jwt", "at+jwt", "application/at+jwt"})


class _IssuerHeaders(JWSRegistry):
    """Headers with a certificate chain are long; what is in them beside `alg` and `kid` is not looked at."""

    max_header_length = LONGEST
    max_payload_length = LONGEST

    def get_alg(self, name: str) -> Any:
        """Return how to check. What may be used is the operator's to say, EdDSA under its older name too."""
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


class Issuers:
    """Says who a token of an outside issuer stands for."""

    def __init__(self, current: Callable[[], Clients], keys: KeySets, *, wall: Callable[[], float]) -> None:
        """Take the `current` clients and issuers, the issuers' `keys`, and `wall`, seconds since 1970."""
        self._current = current
        self._keys = keys
        self._wall = wall

    def check(self, token: str) -> Caller | None:
        """Return who a token stands for, or None if no configured issuer is said to have made it. Raises Refused."""
        said = look_at(token)
        if said is None or said.issuer is None:
            return None
        clients = self._current()
        issuer = next((each for each in clients.issuers if each.issuer == said.issuer), None)
        return None if issuer is None else _stands_for(self._prove(token, said, issuer), issuer, clients)

    def _prove(self, token: str, said: Said, issuer: Issuer) -> Claims:
        """Return the claims of a token, which hold. Raises Refused."""
        kid = said.header.get("kid")
        if said.algorithm not in issuer.algorithms:
            raise CredentialRefused(Reason.ALGORITHM)
        if said.is_extended or str(said.header.get("typ", "")).lower() not in _KINDS:
            raise CredentialRefused(Reason.KIND)
        if kid is not None and not isinstance(kid, str):
            raise CredentialRefused(Reason.KEY_ID)
        claims = self._verify(token, kid, issuer)
        expected = JWTClaimsRegistry(
            now=int(self._wall()),
            leeway=int(issuer.skew),
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            exp={"essential": True},
        )
        try:
            expected.validate(claims)
        except ExpiredTokenError as error:
            raise CredentialRefused(Reason.EXPIRED) from error
        except (JoseError, ValueError, TypeError) as error:
            raise CredentialRefused(Reason.CLAIMS) from error
        if "cnf" in claims:  # RFC 7800: only with proof of a key, which a bearer does not give
            raise CredentialRefused(Reason.BOUND)
        return claims

    def _verify(self, token: str, kid: str | None, issuer: Issuer) -> Claims:
        keys = self._keys.at(issuer.jwks).find(kid)
        registry = _IssuerHeaders(algorithms=issuer.algorithms, strict_check_header=False)
        for key in keys:
            try:
                return jwt.decode(token, key, registry=registry).claims
            except (JoseError, ValueError, TypeError, UnsupportedAlgorithm):
                continue  # another key, or one of another kind
        raise CredentialRefused(Reason.SIGNATURE if keys else Reason.KEY)


def _stands_for(claims: Claims, issuer: Issuer, clients: Clients) -> Caller:
    """Return the client that the token's subjects name, if all of those that name one name the same."""
    named = [claims[name] for name in SUBJECTS if isinstance(claims.get(name), str)]
    found = {
        client.caller.name: client.caller
        for subject in named
        if (client := clients.by_subject(issuer.issuer, subject)) is not None
    }
    if len(found) != 1:
        raise CredentialRefused(Reason.TWO_CLIENTS if found else Reason.NOBODY)
    return next(iter(found.values()))
