"""What a client is told whose request never reaches the application, or breaks out of it (RFC 7644 §3.12).

Knows gunicorn's errors, the bounds of a request and SCIM's shape of an error; nothing of sockets or processes.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from gunicorn.http import errors

from scimbridge.scim.errors import ERROR_URN

LONGEST_REQUEST_LINE = 8190
"""Bytes; gunicorn's own upper bound. Longer filters go by POST to /.search."""
MOST_HEADERS = 100
LONGEST_HEADER = 8190


class SlowRequest(errors.ParseException):
    """A request that did not arrive in time."""


class NotArrived(errors.ParseException, ValueError):
    """The part of a body that was not waited for, since the body is larger than any that is taken.

    A ValueError, since werkzeug reads that from a body as a client that went away.
    """


class Truncated(errors.ParseException):
    """A request whose client sent no more before it was whole: whatever it meant to ask for, this is not it."""


class LongRequestLine(errors.LimitRequestLine):
    """A request line that goes on where it should have ended."""


class LongHead(errors.LimitRequestHeaders):
    """A head that goes on where it should have ended."""


class WastefulChunks(errors.ParseException):
    """A body in so many small chunks that they are more than what they hold."""


class Crowded(Exception):
    """A request that more important ones, or those of others who ask for less, have to go before."""


class OverShare(Exception):
    """A request of a client that has as many under way as one client may."""


class Stopping(Exception):
    """A request that came to its turn so late in a stop that it could not be finished; nothing of it was begun."""


_AGAIN = {HTTPStatus.SERVICE_UNAVAILABLE: 1, HTTPStatus.TOO_MANY_REQUESTS: 5}
_OURS = "The bridge failed; its log says why."
_REFUSALS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (errors.InvalidResponseHeader, HTTPStatus.INTERNAL_SERVER_ERROR, _OURS),
    (errors.InvalidResponseHeaderName, HTTPStatus.INTERNAL_SERVER_ERROR, _OURS),
    (
        errors.LimitRequestLine,
        HTTPStatus.REQUEST_URI_TOO_LONG,
        f"The request line is over {LONGEST_REQUEST_LINE} bytes; long queries go by POST to /.search.",
    ),
    (
        errors.LimitRequestHeaders,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The headers are too many or too long: at most {MOST_HEADERS} of {LONGEST_HEADER} bytes each.",
    ),
    (
        SlowRequest,
        HTTPStatus.REQUEST_TIMEOUT,
        "The request did not arrive in time: its head, or its body, came too slowly.",
    ),
    (NotArrived, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is larger than any that is taken."),
    (Truncated, HTTPStatus.BAD_REQUEST, "The request ended before its body did."),
    (
        WastefulChunks,
        HTTPStatus.BAD_REQUEST,
        "The chunks of the body are so small that they are longer than what they hold.",
    ),
    (
        Crowded,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The bridge has more requests than it can begin in time; nothing was done, send this one again later.",
    ),
    (
        OverShare,
        HTTPStatus.TOO_MANY_REQUESTS,
        "As many requests of this client are under way as one may have; nothing was done, send this one again later.",
    ),
    (
        Stopping,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The bridge is stopping; nothing was done, send the request again.",
    ),
    (
        errors.ExpectationFailed,
        HTTPStatus.EXPECTATION_FAILED,
        "The only expectation that can be met is 100-continue.",
    ),
    (
        errors.UnsupportedTransferCoding,
        HTTPStatus.NOT_IMPLEMENTED,
        "The only transfer coding that can be read is chunked.",
    ),
    (
        errors.InvalidRequestLine,
        HTTPStatus.BAD_REQUEST,
        "The request line is malformed; a URL holds ASCII only, all else percent-encoded.",
    ),
    (errors.InvalidRequestMethod, HTTPStatus.BAD_REQUEST, "The method is not a word in capital letters."),
    (errors.InvalidHTTPVersion, HTTPStatus.BAD_REQUEST, "The HTTP version is neither 1.0 nor 1.1."),
    (errors.InvalidHeader, HTTPStatus.BAD_REQUEST, "A header, or the framing of the body, is malformed."),
    (errors.InvalidHeaderName, HTTPStatus.BAD_REQUEST, "The name of a header is malformed."),
    (errors.ObsoleteFolding, HTTPStatus.BAD_REQUEST, "A header goes on over a second line."),
    (errors.ParseException, HTTPStatus.BAD_REQUEST, "The request is not well-formed HTTP."),
)


def refusal(error: BaseException) -> tuple[HTTPStatus, str]:
    """Return the status and the detail for `error`; no detail repeats what the client sent."""
    for kind, status, detail in _REFUSALS:
        if isinstance(error, kind):
            return status, detail
    return HTTPStatus.INTERNAL_SERVER_ERROR, _OURS


def render(status: HTTPStatus, detail: str) -> bytes:
    """Return the whole answer, as bytes for the wire; the connection ends with it."""
    body = json.dumps({"schemas": [ERROR_URN], "status": str(status.value), "detail": detail}).encode()
    again = f"Retry-After: {_AGAIN[status]}\r\n" if status in _AGAIN else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Connection: close\r\n"
        "Content-Type: application/scim+json\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        "Referrer-Policy: no-referrer\r\n"
        f"{again}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
