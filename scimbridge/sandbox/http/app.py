"""The sandbox as one Flask application: the token endpoint, the management API, the sandbox's own switches.

Joins the parts: faults and rights before a route, headers and journal after it. Runs no server.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.http import http_date

from scimbridge.sandbox.http.errors import ApiError, forbidden, not_found, too_many_requests
from scimbridge.sandbox.http.exchange import Api, Route, media, respond
from scimbridge.sandbox.http.operation_routes import operation_routes, root_routes
from scimbridge.sandbox.http.other_routes import environment_routes, group_routes, membership_routes, population_routes
from scimbridge.sandbox.http.own_routes import PREFIX, control_routes, token_route
from scimbridge.sandbox.http.provider_routes import provider_routes
from scimbridge.sandbox.http.role_routes import role_routes
from scimbridge.sandbox.http.user_routes import user_routes
from scimbridge.sandbox.lists.paging import Cursors
from scimbridge.sandbox.model.activities import CORRELATION
from scimbridge.sandbox.trouble.faults import ConnectionDroppedError, Fate
from scimbridge.sandbox.trouble.lies import LIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from scimbridge.sandbox.http.tokens import IssuedTokens
    from scimbridge.sandbox.journal import Journal
    from scimbridge.sandbox.store.directory import Directory
    from scimbridge.sandbox.trouble.faults import Faults

HEADER_CEILING: Final = 6 * 1024
_LOG: Final = logging.getLogger(__name__)
PUBLIC: Final = "/environments/"
"""Below which anybody may read: the host of agreements tells their texts."""
_BEFORE: Final = ("throttled", "error", "drop_before")
_FIXED_HEADERS: Final = (
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("Pragma", "no-cache"),
    ("X-Content-Type-Options", "nosniff"),
)


@dataclass(frozen=True, slots=True)
class SandboxParts:
    """What the application is joined from."""

    directory: Directory
    tokens: IssuedTokens
    faults: Faults
    journal: Journal
    cursor_secret: bytes


def create_app(parts: SandboxParts) -> Flask:
    """Return the application; it keeps no state of its own."""
    app = Flask("scimbridge.sandbox", static_folder=None)
    app.url_map.merge_slashes = False
    directory = parts.directory
    directory.delays = parts.faults.delays
    directory.lag = parts.faults.lag
    api = Api(
        directory,
        Cursors(parts.cursor_secret, directory.clock, directory.switches),
        parts.tokens.credentials.client_id,
    )
    gate = _Gate(parts)
    for route in (
        *user_routes(api),
        *group_routes(api),
        *membership_routes(api),
        *population_routes(api),
        *environment_routes(api),
        *provider_routes(api),
        *role_routes(api),
        *operation_routes(api),
    ):
        _add(app, f"/v1/environments/<environment>{route.path}", route)
    for route in (
        *root_routes(api),
        token_route(parts.tokens),
        *control_routes(parts.faults, parts.journal, parts.tokens),
    ):
        _add(app, route.path, route)
    app.before_request(gate.open)
    app.after_request(gate.close)
    app.register_error_handler(Exception, gate.refuse)
    app.wsgi_app = _Dropping(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _add(app: Flask, rule: str, route: Route) -> None:
    def view(**arguments: str) -> Response:
        arguments.pop("environment", None)
        return respond(route.handler(**arguments))

    app.add_url_rule(rule, f"{route.method} {rule}", view, methods=[route.method], provide_automatic_options=False)


class _Dropping:
    """Gives up an answer whose connection has to be closed; the server does the closing."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        result = self._inner(environ, start_response)
        if environ.get("sandbox.drop"):
            raise ConnectionDroppedError
        return result


class _Gate:
    """What happens to every request before its route and after it."""

    def __init__(self, parts: SandboxParts) -> None:
        self._parts = parts

    def open(self) -> Response | None:
        """Meet the faults, then check headers, token, environment and rights."""
        correlation = self._parts.directory.new_id()
        g.correlation = correlation
        CORRELATION.set(correlation)
        g.fate = Fate("none")
        path = request.path
        if path.startswith(PREFIX):
            return None
        for_token = path.endswith("/as/token")
        g.fate = fate = self._parts.faults.meet(request.method, path, token_endpoint=for_token)
        if fate.kind in _BEFORE:
            return self._harm(fate)
        _check_header_size()
        if not for_token and not path.startswith(PUBLIC):
            g.generation = self._parts.tokens.check(request.headers.get("Authorization"))
            self._check_rights()
        return None

    def _check_rights(self) -> None:
        directory = self._parts.directory
        arguments = request.view_args or {}
        if arguments.get("environment", directory.environment_id) != directory.environment_id:
            missing = directory.switches.unknown_environment_status == 404  # noqa: PLR2004
            raise not_found() if missing else forbidden()
        if directory.switches.rights == "read" and request.method != "GET":
            raise forbidden()
        if not directory.switches.reads_agreements and "/agreements" in request.path:
            raise forbidden()

    def _harm(self, fate: Fate) -> Response:
        if fate.kind == "throttled":
            raise too_many_requests(fate.wait)
        if fate.kind == "error":
            return self._broken(fate)
        request.environ["sandbox.drop"] = True
        return Response(status=500)

    def _broken(self, fate: Fate) -> Response:
        headers = (("Retry-After", str(fate.wait)),) if fate.status == 503 else ()  # noqa: PLR2004
        error = ApiError(fate.status, "UNEXPECTED_ERROR", "An unexpected error occurred.", headers=headers)
        return self._render(error)

    def _render(self, error: ApiError) -> Response:
        response = respond((error.status, error.to_json(g.correlation)))
        response.headers.extend(error.headers)
        return response

    def refuse(self, error: Exception) -> Response:
        """Turn whatever was raised into PingOne's shape of an error."""
        if isinstance(error, ApiError):
            return self._render(error)
        if isinstance(error, NotFound):
            sentence = f"The sandbox does not implement {request.method} {request.path}"
            return self._render(not_found(f"The request could not be completed. {sentence}."))
        if isinstance(error, MethodNotAllowed):
            sentence = f"The method {request.method} is not supported for {request.path}."
            shown = self._render(ApiError(405, "INVALID_REQUEST", f"The request could not be completed. {sentence}"))
            shown.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            return shown
        if isinstance(error, HTTPException):
            return self._render(ApiError(error.code or 400, "INVALID_REQUEST", str(error.description)))
        _LOG.error("the sandbox itself failed", exc_info=error)
        sentence = f"The sandbox itself failed: {type(error).__name__}: {error}"
        return self._render(ApiError(500, "UNEXPECTED_ERROR", sentence))

    def close(self, response: Response) -> Response:
        """Do the harm that comes after the work, add the headers, note the request."""
        fate: Fate = g.fate
        own = request.path.startswith(PREFIX)
        if fate.kind == "error_after":
            response = self._broken(fate)
        elif fate.kind == "drop_after":
            request.environ["sandbox.drop"] = True
        elif fate.kind == "cut":
            request.environ["sandbox.cut"] = True
        elif fate.kind in LIES and response.status_code < HTTPStatus.BAD_REQUEST and response.data:
            response.data = orjson.dumps(LIES[fate.kind](orjson.loads(response.data)))
        headers = response.headers
        headers["Correlation-Id"] = g.correlation
        headers["Date"] = http_date(self._parts.directory.clock())
        for name, value in _FIXED_HEADERS:
            headers[name] = value
        if not own:
            self._note(response, fate)
        return response

    def _note(self, response: Response, fate: Fate) -> None:
        dropped = request.environ.get("sandbox.drop")
        for_token = request.path.endswith("/as/token")
        self._parts.journal.note(
            method=request.method,
            path=request.path,
            query=request.query_string.decode(errors="replace"),
            template=_template(),
            content_type=media(),
            body=b"" if for_token else request.get_data(cache=True),
            status=0 if dropped else response.status_code,
            fault=fate.kind,
            correlation=g.correlation,
        )


def _template() -> str:
    rule = request.url_rule
    if rule is None:
        return request.path
    return rule.rule.removeprefix("/v1/environments/<environment>").replace("<", "{").replace(">", "}") or "/"


def _check_header_size() -> None:
    size = sum(len(name) + len(value) for name, value in request.environ.items() if name.startswith("HTTP_"))
    if size > HEADER_CEILING:
        raise ApiError(431, "INVALID_REQUEST", "The request could not be completed. The headers exceed 6 KB.")
