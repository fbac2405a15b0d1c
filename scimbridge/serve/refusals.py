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
ARRIVAL = 30.0
"""Seconds within which a request has to arrive whole, so that a trickle does not hold a thread."""


class SlowRequest(errors.ParseException, ValueError):
    """A request that did not arrive within ARRIVAL.

    A ValueError, since werkzeug reads that from a body as a client that went away.
    """


class Stopping(Exception):
    """A request that came to its turn so late in a stop that it could not be finished; nothing of it was begun."""


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
        f"The request did not arrive whole within {ARRIVAL:.0f} seconds.",
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
    again = "Retry-After: 1\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
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
