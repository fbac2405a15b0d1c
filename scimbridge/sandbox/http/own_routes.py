"""The token endpoint, and the sandbox's own routes under `/_sandbox`, which need no token.

Knows HTTP; what a token or a fault is, is told by tokens.py and faults.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import g, request

from scimbridge.sandbox.http.errors import ApiError
from scimbridge.sandbox.http.exchange import Answer, Route, media
from scimbridge.sandbox.http.tokens import TokenRefusedError

if TYPE_CHECKING:
    from scimbridge.sandbox.http.tokens import IssuedTokens
    from scimbridge.sandbox.journal import Journal
    from scimbridge.sandbox.trouble.faults import Faults

_PATH: Final = "/<tenant>/as/token"
PREFIX: Final = "/_sandbox/"
_FORM: Final = "application/x-www-form-urlencoded"


def token_route(tokens: IssuedTokens) -> Route:
    """Return the token endpoint (docs/pingone.md §1.2)."""

    def issue(tenant: str) -> Answer:
        try:
            return 200, _issue(tokens, tenant)
        except TokenRefusedError as error:
            text = f"{error.description} (Correlation ID: {g.correlation})"
            return error.status, {"error": error.error, "error_description": text}

    return Route("POST", _PATH, issue)


def _issue(tokens: IssuedTokens, tenant: str) -> dict[str, Any]:
    if tenant != tokens.credentials.environment_id:
        raise TokenRefusedError(404, "invalid_request", "Request denied: no such environment")
    if media() != _FORM:
        raise TokenRefusedError(415, "invalid_request", f"Request denied: the body must be {_FORM}")
    return tokens.issue(request.headers.get("Authorization"), request.form)


def control_routes(faults: Faults, journal: Journal, tokens: IssuedTokens) -> list[Route]:
    """Return the routes that steer the sandbox at run time.

    `PUT /_sandbox/faults` takes the fields of Settings, `plans` (a list of the arguments of Faults.plan),
    `"clear": true` and `"revoke_tokens": true`.
    """

    def show_faults() -> Answer:
        return 200, faults.to_json()

    def put_faults() -> Answer:
        try:
            _steer(faults, tokens, orjson.loads(request.get_data()))
        except (ValueError, TypeError) as error:
            raise ApiError(400, "INVALID_REQUEST", f"The request could not be completed. {error}") from error
        return 200, faults.to_json()

    def show_journal() -> Answer:
        return 200, journal.to_json()

    def clear_journal() -> Answer:
        journal.clear()
        return 204, None

    def show_health() -> Answer:
        return 200, {"status": "UP"}

    return [
        Route("GET", f"{PREFIX}faults", show_faults),
        Route("PUT", f"{PREFIX}faults", put_faults),
        Route("GET", f"{PREFIX}journal", show_journal),
        Route("DELETE", f"{PREFIX}journal", clear_journal),
        Route("GET", f"{PREFIX}health", show_health),
    ]


def _steer(faults: Faults, tokens: IssuedTokens, wanted: Any) -> None:
    if not isinstance(wanted, dict):
        raise TypeError("The body is not an object.")
    plans, clear, revoke = (wanted.pop(name, None) for name in ("plans", "clear", "revoke_tokens"))
    if clear:
        faults.clear()
    faults.set(**wanted)
    for plan in plans or ():
        faults.plan(**plan)
    if revoke:
        tokens.revoke_all()
