"""Every way in which a request can fail ends here as a SCIM Error message; nothing else ever leaves."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from scimbridge.observe.logs import named
from scimbridge.scim.errors import (
    BadRequest,
    InternalError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    ScimError,
    UnsupportedMediaType,
)
from scimbridge.web import render
from scimbridge.web.login.proxies import base_url

log = named(__name__)

_KINDS: Mapping[int, tuple[type[ScimError], str]] = {
    404: (NotFound, "there is no such endpoint"),
    405: (MethodNotAllowed, "the endpoint does not know this method"),
    413: (PayloadTooLarge, "the body is too large"),
    415: (UnsupportedMediaType, "the body has to be sent as application/scim+json"),
}


def register(app: Flask, prefix: str) -> None:
    """Answer all failures of an app in SCIM's words. `prefix` is where SCIM is, which a wrong path is told."""

    @app.errorhandler(ScimError)
    def refuse(failure: ScimError) -> Response:
        g.scim_type, g.failure = failure.scim_type, failure  # for the request's line in the log
        return render.error(failure)

    @app.errorhandler(HTTPException)
    def refuse_http(failure: HTTPException) -> Response:
        kind, detail = _KINDS.get(failure.code or 500, (BadRequest, "the request is malformed"))
        if (failure.code or 500) >= 500:  # noqa: PLR2004
            kind, detail = InternalError, "the bridge failed; its log says where"
        if failure.code == 404:  # noqa: PLR2004
            detail = f"{detail}; {_where(base_url(request.environ) + prefix)}"
        allow = failure.get_response().headers.get("Allow")
        return render.error(kind(detail, headers=(("Allow", allow),) if allow else ()))

    def _where(base: str) -> str:
        return f"SCIM is at {base}, so users are at {base}/Users: give the client {base} as its base URL"

    @app.errorhandler(Exception)
    def fail(failure: Exception) -> Response:
        g.failure = failure
        log.error("request failed", exc_info=failure)
        return render.error(InternalError("the bridge failed; its log says where"))
