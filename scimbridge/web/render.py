"""Responses: JSON, the right media type and the headers that SCIM clients look for."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from scimbridge.request.context import Reply
from scimbridge.scim.errors import ScimError
from scimbridge.scim.versions import matches

SCIM = "application/scim+json"
JSON = "application/json"
NOT_MODIFIED = 304


def media_type(accept: str | None) -> str:
    """Return the media type of an answer: SCIM's own, unless the client takes plain JSON only."""
    if not accept:
        return SCIM
    wanted = {part.split(";", 1)[0].strip().lower() for part in accept.split(",")}
    if JSON in wanted and not wanted & {SCIM, "*/*", "application/*"}:
        return JSON
    return SCIM


def message(body: Any, status: int = 200) -> Response:
    """Return a JSON response. The media type stands alone, without charset: some checkers compare the whole text."""
    response = Response(orjson.dumps(body), status)
    response.headers["Content-Type"] = media_type(request.headers.get("Accept"))
    return response


def plain(body: Any, status: int = 200) -> Response:
    """Return JSON that is no SCIM message."""
    return Response(orjson.dumps(body), status, content_type=JSON)


def reply(answer: Reply, if_none_match: str | None = None) -> Response:
    """Return the response for a resource's reply."""
    if answer.etag is not None and if_none_match is not None and matches(if_none_match, answer.etag):
        response = Response(status=NOT_MODIFIED)
    elif answer.body is None:
        response = Response(status=answer.status)
        del response.headers["Content-Type"]
    else:
        response = message(answer.body, answer.status)
    if answer.location is not None:
        response.headers["Location"] = answer.location
    if answer.etag is not None:
        response.headers["ETag"] = answer.etag
    return response


def error(failure: ScimError) -> Response:
    """Return the Error message of a failure (RFC 7644 §3.12)."""
    response = message(failure.to_message(), failure.status)
    for name, value in failure.headers:
        response.headers.add(name, value)  # a challenge may be there for each way in
    if failure.retry_after is not None:
        response.headers["Retry-After"] = str(failure.retry_after)
    return response
