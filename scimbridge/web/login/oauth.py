"""The bridge's own token endpoint: client credentials for an access token (RFC 6749 §4.4).

Speaks OAuth's words and errors, not SCIM's. Knows the clients and the tokens, nothing of resources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from flask import Blueprint, Request, Response, request

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client
from scimbridge.access.refused import CredentialRefused, Reason
from scimbridge.access.tokens import OwnTokens
from scimbridge.web.login.auth import LONGEST, Current, find_by_name, read_basic, with_secret
from scimbridge.web.login.failed_logins import FailedLogins
from scimbridge.web.render import plain

LARGEST_BODY = 16 * 1024  # bytes
FORM = "application/x-www-form-urlencoded"
_MOST_PARAMETERS = 50
_NOT_KNOWN = "The client is not known, or its secret is not valid."


class OAuthError(Exception):
    """A refusal in OAuth's words (RFC 6749 §5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class OwnTokenEndpoint:
    """Answers token requests; `lifetime` is in seconds, `wall` gives seconds since 1970.

    `welcome` is told who has come in, and by which secret.
    """

    current: Current
    tokens: OwnTokens
    lifetime: float
    failures: FailedLogins
    wall: Callable[[], float]
    welcome: Callable[[Caller], None]

    def answer(self, asked: Request) -> Response:
        """Return the answer to a token request, a refusal included."""
        self.failures.settle()
        try:
            response = self._grant(asked)
        except OAuthError as refusal:
            response = plain({"error": refusal.error, "error_description": refusal.description}, refusal.status)
            if refusal.status == 401:  # noqa: PLR2004
                response.headers["WWW-Authenticate"] = 'Basic realm="scim", charset="UTF-8"'
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return response

    def _grant(self, asked: Request) -> Response:
        form = read_form(asked)
        try:
            client, secret_id = self._identify(asked.headers.get("Authorization"), form)
        except CredentialRefused as refused:
            self.failures.note(asked.remote_addr or "", refused.reason)
            raise OAuthError("invalid_client", _NOT_KNOWN, 401) from refused
        self.welcome(with_secret(client, secret_id))
        if "grant_type" not in form:
            raise OAuthError("invalid_request", "grant_type is missing; it has to be client_credentials.")
        if form["grant_type"] != "client_credentials":
            raise OAuthError("unsupported_grant_type", "The only grant_type is client_credentials.")
        scopes = _narrow(client, form.get("scope"))
        try:
            grant = self.tokens.issue(client, secret_id, scopes, self.lifetime)
        except CredentialRefused as refused:  # the secret ended just now
            raise OAuthError("invalid_client", _NOT_KNOWN, 401) from refused
        return plain(
            {
                "access_token": grant.token,
                "token_type": "Bearer",
                "expires_in": grant.seconds,
                "scope": " ".join(sorted(grant.scopes)),
            }
        )

    def _identify(self, authorization: str | None, form: Mapping[str, str]) -> tuple[Client, str]:
        """Return the client and the id of its secret. Raises Refused, and OAuthError where it is sent in two ways."""
        clients, now = self.current(), self.wall()
        for name, secret in _given(authorization, form):
            found = find_by_name(clients, name, secret, now)
            if found is not None:
                return found
        raise CredentialRefused(Reason.NAME_AT_ENDPOINT)


def blueprint(endpoint: OwnTokenEndpoint) -> Blueprint:
    """Make the route, to be put under /oauth2."""
    routes = Blueprint("oauth", __name__)
    routes.add_url_rule("/token", "token", lambda: endpoint.answer(request), methods=["POST"])
    return routes


def read_form(asked: Request) -> dict[str, str]:
    """Return the parameters of the body; those without a value are left out (RFC 6749 §3.2).

    Nothing is taken from the URL, which stands in logs. Raises OAuthError: invalid_request.
    """
    if (asked.content_type or "").split(";", 1)[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"The body has to be sent as {FORM}.")
    body = asked.stream.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise OAuthError("invalid_request", f"The body is larger than {LARGEST_BODY} bytes.", 413)
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise OAuthError("invalid_request", "The body is not a form.") from error
    form = dict(pairs)
    if len(form) < len(pairs):
        raise OAuthError("invalid_request", "A parameter is there more than once.")
    return form


def _given(authorization: str | None, form: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return name and secret as they may be meant (RFC 6749 §2.3.1)."""
    if not authorization:
        return [(form["client_id"], form["client_secret"])] if {"client_id", "client_secret"} <= form.keys() else []
    if "client_secret" in form:
        raise OAuthError("invalid_request", "The client's secret is sent in two ways; use one of them.")
    scheme, _blank, text = authorization.strip().partition(" ")
    given = read_basic(text.strip()) if scheme.lower() == "basic" and len(text) <= LONGEST else None
    if given is None:
        return []
    # Both parts are form-encoded by the letter, and many clients send them as they are.
    decoded = (unquote_plus(given[0]), unquote_plus(given[1]))
    if form.get("client_id", given[0]) not in (given[0], decoded[0]):
        raise OAuthError("invalid_request", "client_id names another client than the Authorization header.")
    return list(dict.fromkeys((decoded, given)))


def _narrow(client: Client, asked: str | None) -> frozenset[str]:
    """Return the scopes that a token gets: those asked for, or all that the client has (RFC 6749 §3.3)."""
    scopes = frozenset((asked or "").split(" ")) - {""}
    if not scopes <= client.caller.scopes:
        raise OAuthError("invalid_scope", "A scope is asked for that the client does not have.")
    return scopes or client.caller.scopes
