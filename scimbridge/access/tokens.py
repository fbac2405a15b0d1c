"""The bridge's own access tokens: signed, short-lived, and dead with the secret that they were issued for.

Nothing is stored: the key comes from a secret that all nodes have, so each can check what another has issued, and
what a token stands for is looked up in the clients as they are now. Knows nothing of HTTP.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, Clients, StoredSecret
from scimbridge.access.compact import look_at
from scimbridge.access.refused import CredentialRefused, Expired

BRIDGE = "urn:scimbridge"
"""Issuer and audience at once: nobody else reads these tokens."""
KIND = "at+jwt"  # RFC 9068 §2.1
_ALGORITHM = "HS256"
_KEY = 32  # bytes, the digest's own size (RFC 7518 §3.2)


class _OwnHeaders(JWSRegistry):
    """Our own tokens are small; how long a token may be at all is decided before."""

    max_header_length = 128
    max_payload_length = 2048


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, the whole seconds that it lives, and its scopes."""

    token: str = field(repr=False)
    seconds: int
    scopes: frozenset[str]


class OwnTokens:
    """Issues access tokens and says who one stands for."""

    def __init__(
        self,
        secret: bytes,
        current: Callable[[], Clients],
        *,
        wall: Callable[[], float],
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Take `secret`, the same on all nodes, `current` clients and `wall`, seconds since 1970."""
        derived = HKDF(SHA256(), 2 * _KEY, salt=None, info=b"scimbridge access tokens 1").derive(secret)
        self._key = OctKey.import_key(derived[:_KEY])
        self._marking = derived[_KEY:]
        self._current = current
        self._wall = wall
        self._random = random
        self._registry = _OwnHeaders(algorithms=[_ALGORITHM])

    def issue(self, client: Client, secret_id: str, scopes: frozenset[str], lifetime: float) -> Grant:
        """Return a token of `lifetime` seconds, or less where the secret ends before.

        Raises Refused when the client has no such secret any more.
        """
        now = self._wall()
        held = _find(client, secret_id, now)
        ends = now + lifetime if held.ends_at is None else min(now + lifetime, held.ends_at)
        claims = {
            "iss": BRIDGE,
            "aud": BRIDGE,
            "sub": client.caller.name,
            "client_id": client.caller.name,
            "sid": held.id,
            "mark": self._mark(held),
            "scope": " ".join(sorted(scopes)),
            "iat": int(now),
            "exp": int(ends),
            "jti": self._random(16).hex(),
        }
        header = {"alg": _ALGORITHM, "typ": KIND}
        return Grant(jwt.encode(header, claims, self._key, registry=self._registry), int(ends) - int(now), scopes)

    def check(self, token: str) -> Caller | None:
        """Return who a token stands for, with no more than the token's scopes; None if it is not one of ours.

        Raises Expired and Refused.
        """
        said = look_at(token)
        if said is None or said.issuer != BRIDGE:
            return None
        if said.is_extended or said.header.get("typ") != KIND or said.algorithm != _ALGORITHM:
            raise CredentialRefused("an access token of another kind")
        try:
            claims = jwt.decode(token, self._key, registry=self._registry).claims
        except (JoseError, ValueError) as error:
            raise CredentialRefused("an access token that was not issued here") from error
        # From here on the claims are our own, so they have the form that `issue` gave them. The time of issue is not
        # looked at: the clock of the node that issued may be a little ahead of this one's.
        now = self._wall()
        if claims["aud"] != BRIDGE:
            raise CredentialRefused("an access token for somebody else")
        if claims["exp"] <= now:
            raise Expired("an access token that has expired")
        client = self._current().named(claims["client_id"])
        if client is None:
            raise CredentialRefused("an access token of a client that is no more")
        held = _find(client, claims["sid"], now)
        if not hmac.compare_digest(self._mark(held), claims["mark"]):
            raise CredentialRefused("an access token for a secret that is no more")
        return replace(
            client.caller, scopes=client.caller.scopes & frozenset(claims["scope"].split()), secret_id=held.id
        )

    def _mark(self, held: StoredSecret) -> str:
        """Tell secrets apart that have the same id one after the other; says nothing to who has not the key."""
        return hmac.digest(self._marking, held.digest, "sha256")[:16].hex()


def _find(client: Client, secret_id: str, now: float) -> StoredSecret:
    for held in client.secrets:
        if held.id == secret_id and held.is_valid(now):
            return held
    raise CredentialRefused("an access token for a secret that is no more")
