"""Credentials to Caller: who sent this request.

A request is judged by one credential: the Authorization header where there is one, else the client certificate. What
is wrong in one way is never tried in another that asks for less. Every refusal reads the same; why, the log says.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.access.certificates import find_by_certificate
from scimbridge.access.clients import Client, Clients
from scimbridge.access.refused import CredentialRefused, Expired
from scimbridge.scim.errors import Unauthorized
from scimbridge.web.login.client_certificates import CERTIFICATE
from scimbridge.web.login.failed_logins import FailedLogins

LONGEST = 16 * 1024
"""Characters of an Authorization header."""
MISSING = (
    "credentials are missing: send Authorization: Bearer and a token, or Basic with a client's name and secret,"
    " or a client certificate"
)
WRONG = "the credentials are not valid"

_BEARER = 'Bearer realm="scim"'
_BASIC = ("WWW-Authenticate", 'Basic realm="scim", charset="UTF-8"')


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brings to show who sent it; `certificate` is in DER, `address` is told in the log."""

    authorization: str | None = field(repr=False)
    certificate: bytes | None = field(repr=False)
    address: str


Authenticate = Callable[[Credentials], Caller]
"""Says who asks, or raises Unauthorized."""
Current = Callable[[], Clients]
Way = Callable[[str], Caller]
"""What follows the scheme in an Authorization header -> who it is, or Refused."""
Check = Callable[[str], Caller | None]
"""A bearer token -> who it is, None where the token is not of this kind, or Refused."""


def read_credentials(environ: Mapping[str, Any]) -> Credentials:
    """Return the credentials of a WSGI request that came through `TrustedProxies`."""
    return Credentials(environ.get("HTTP_AUTHORIZATION"), environ.get(CERTIFICATE), environ.get("REMOTE_ADDR", ""))


def by_credentials(
    schemes: Mapping[str, Way], certificate: Callable[[bytes], Caller], failures: FailedLogins
) -> Authenticate:
    """Make the one check of all ways; `schemes` are the ways of the Authorization header by scheme in lower case."""

    def authenticate(credentials: Credentials) -> Caller:
        failures.settle()
        scheme, _blank, rest = (credentials.authorization or "").strip().partition(" ")
        try:
            if scheme:
                return _find_by_header(schemes, scheme.lower(), rest.strip())
            if credentials.certificate is not None:
                return certificate(credentials.certificate)
        except CredentialRefused as refused:
            failures.note(credentials.address, refused.reason)
            raise Unauthorized(WRONG, headers=_challenge(scheme.lower(), refused)) from refused
        raise Unauthorized(MISSING, headers=(("WWW-Authenticate", _BEARER), _BASIC))

    return authenticate


def _find_by_header(schemes: Mapping[str, Way], scheme: str, rest: str) -> Caller:
    way = schemes.get(scheme)
    if way is None:
        raise CredentialRefused("another way than those that are known")
    # Everything that is handed out here is of visible ASCII, so anything else is wrong whatever it is.
    if not rest or len(rest) > LONGEST or not rest.isascii() or not rest.isprintable() or " " in rest:
        raise CredentialRefused("a malformed Authorization header")
    return way(rest)


def _challenge(scheme: str, refused: CredentialRefused) -> tuple[tuple[str, str], ...]:
    """Return the challenges (RFC 6750 §3, RFC 7617 §2): an error code only where a token was sent."""
    bearer = _BEARER
    if scheme == "bearer":
        bearer += ', error="invalid_token"'
        if isinstance(refused, Expired):
            bearer += ', error_description="The access token expired"'
    return (("WWW-Authenticate", bearer), _BASIC)


def bearer(checks: Sequence[Check]) -> Way:
    """Make the way of bearer tokens (RFC 6750 §2.1): each kind of token is asked whether it is one of its own."""

    def find(token: str) -> Caller:
        for check in checks:
            caller = check(token)
            if caller is not None:
                return caller
        raise CredentialRefused("a token that is not known")

    return find


def static_token(current: Current, wall: Callable[[], float]) -> Check:
    """Make the check of a client's secret sent as a token. `wall` is seconds since 1970."""

    def find(token: str) -> Caller | None:
        found = current().by_secret(token, wall()) if token else None
        return None if found is None else with_secret(*found)

    return find


def basic(current: Current, wall: Callable[[], float]) -> Way:
    """Make the way of a client's name and secret (RFC 7617). `wall` is seconds since 1970."""

    def find(text: str) -> Caller:
        given = read_basic(text)
        found = None if given is None else find_by_name(current(), *given, wall())
        if found is None:
            raise CredentialRefused("a name and secret that are not known")
        return with_secret(*found)

    return find


def with_secret(client: Client, secret_id: str) -> Caller:
    """Return who asks, and which of the client's secrets was shown."""
    return replace(client.caller, secret_id=secret_id)


def certificate(current: Current, wall: Callable[[], float]) -> Callable[[bytes], Caller]:
    """Make the way of client certificates in DER. `wall` is seconds since 1970."""
    return lambda given: find_by_certificate(current(), given, wall())


def read_basic(text: str) -> tuple[str, str] | None:
    """Return name and secret from what follows `Basic` in an Authorization header, None if it has another form."""
    try:
        name, colon, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, secret) if colon else None


def find_by_name(clients: Clients, name: str, secret: str, now: float) -> tuple[Client, str] | None:
    """Return the client of that name that has that secret at `now` (seconds since 1970), and the secret's id."""
    found = clients.by_secret(secret, now) if secret and secret.isascii() else None
    if found is None or not hmac.compare_digest(found[0].caller.name.encode(), name.encode()):
        return None
    return found
