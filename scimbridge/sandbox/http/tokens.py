"""The token endpoint's side: credentials, life time, revocation (docs/pingone.md §1.2).

Knows one worker application; the management API asks it whether a token is good.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from scimbridge.sandbox.http.errors import invalid_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scimbridge.sandbox.store.records import Json
    from scimbridge.sandbox.trouble.switches import Switches


@dataclass(frozen=True, slots=True)
class WorkerCredentials:
    """The worker application and the environment it belongs to."""

    environment_id: str
    client_id: str
    client_secret: str


class TokenRefusedError(Exception):
    """A token request that is refused, in OAuth's words."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{status} {error}: {description}")
        self.status = status
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class _Issued:
    generation: str
    expires: float


class IssuedTokens:
    """Issues opaque tokens and knows which are good; each token is a generation of its own."""

    def __init__(
        self,
        credentials: WorkerCredentials,
        switches: Switches,
        *,
        clock: Callable[[], float],
        new_token: Callable[[], str],
    ) -> None:
        self.credentials = credentials
        self._switches = switches
        self._clock = clock
        self._new_token = new_token
        self._lock = Lock()
        self._issued: dict[str, _Issued] = {}
        self._serial = 0

    def issue(self, authorization: str | None, form: Mapping[str, str]) -> Json:
        """Return the token answer. Raises TokenRefusedError: grant, method, secret or role."""
        if form.get("grant_type") != "client_credentials":
            raise TokenRefusedError(400, "unsupported_grant_type", "Only client_credentials is supported")
        self._check_client(authorization, form)
        if self._switches.rights == "none":
            raise TokenRefusedError(401, "invalid_client", "Request denied: the application has no roles")
        with self._lock:
            now = self._clock()
            self._issued = {token: one for token, one in self._issued.items() if one.expires > now}
            self._serial += 1
            token = self._new_token()
            self._issued[token] = _Issued(str(self._serial), now + self._switches.token_lifetime)
        return {"access_token": token, "token_type": "Bearer", "expires_in": self._switches.token_lifetime}

    def _check_client(self, authorization: str | None, form: Mapping[str, str]) -> None:
        basic = _read_basic(authorization)
        posted = (form["client_id"], form["client_secret"]) if "client_secret" in form else None
        wanted, other = (basic, posted) if self._switches.auth_method == "basic" else (posted, basic)
        if wanted is None or other is not None:
            sentence = "Request denied: Unsupported authentication method"
            raise TokenRefusedError(401, "invalid_client", sentence)
        expected = f"{self.credentials.client_id}:{self.credentials.client_secret}"
        if not hmac.compare_digest(":".join(wanted).encode(), expected.encode()):
            raise TokenRefusedError(401, "invalid_client", "Request denied: Invalid client credentials")

    def check(self, authorization: str | None) -> str:
        """Return the generation of a good bearer token. Raises ApiError 401."""
        scheme, _, token = (authorization or "").partition(" ")
        issued = self._issued.get(token.strip()) if scheme.lower() == "bearer" else None
        if issued is None or issued.expires <= self._clock():
            raise invalid_token()
        return issued.generation

    def revoke_all(self) -> None:
        """Make every token that was issued a bad one."""
        with self._lock:
            self._issued = {}


def _read_basic(authorization: str | None) -> tuple[str, str] | None:
    scheme, _, text = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TokenRefusedError(401, "invalid_client", "Request denied: Malformed credentials") from error
    # RFC 6749 §2.3.1 form-encodes both; ids and secrets of PingOne need no encoding, so either form fits.
    return unquote_plus(name) if "%" in name else name, unquote_plus(secret) if "%" in secret else secret
