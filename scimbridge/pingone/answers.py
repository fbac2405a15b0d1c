"""Reads PingOne's answers: a body, or the right PingOneError (docs/pingone.md §8).

Pure. Knows statuses, headers and PingOne's error shape; knows nothing of connections or of repeating.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from scimbridge.pingone.errors import (
    BadCredentials,
    Fault,
    Misconfigured,
    NoPermission,
    NotThere,
    PingOneError,
    Refused,
    Throttled,
    Unreachable,
)
from scimbridge.pingone.send import Json, Response, read_http_date
from scimbridge.pingone.wire import Answer

TRANSIENT = frozenset({408, 500, 502, 503, 504})
"""Statuses that a repetition may get over (docs/pingone.md §9), besides 429."""


def read_answer(answer: Answer, *, method: str, now: float) -> Response:
    """Return the Response of a 2xx answer; raise the PingOneError of any other.

    `now` is seconds since 1970, for a Retry-After that is a date. A 2xx whose body is not one JSON object
    is Unreachable, and so is a GET that is answered with nothing: half an answer is none.
    """
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - the class of success
        raise read_error(answer, method=method, now=now)
    if not answer.content:
        if method == "GET":
            raise malformed(answer, method, "with an empty body")
        return Response(answer.status, answer.headers)
    body = _parse(answer.content)
    if body is None:
        raise malformed(answer, method, "with a body that is not a JSON object")
    return Response(answer.status, answer.headers, body)


def read_error(answer: Answer, *, method: str, now: float) -> PingOneError:
    """Return the error that this answer means."""
    body = _parse(answer.content) or {}
    status = answer.status
    faults = _read_faults(body)
    kind = _kind(status)
    code = body.get("code")
    sentence = body.get("message")
    message = sentence if isinstance(sentence, str) and sentence else f"PingOne answered with status {status}"
    correlation = answer.headers.get("Correlation-Id") or body.get("id")
    return kind(
        message,
        status=status,
        code=code if isinstance(code, str) else "",
        faults=faults,
        correlation=correlation if isinstance(correlation, str) else None,
        retry_after=_retry_after(answer.headers, faults, now),
        server_date=read_http_date(answer.headers.get("Date")),
        maybe_done=method != "GET" and issubclass(kind, Unreachable),
    )


def malformed(answer: Answer | Response, method: str, how: str) -> Unreachable:
    """Return the error for a success that cannot be used; `how` ends the sentence."""
    return Unreachable(
        f"PingOne answered {answer.status} {how}",
        status=answer.status,
        correlation=answer.headers.get("Correlation-Id"),
        server_date=read_http_date(answer.headers.get("Date")),
        maybe_done=method != "GET",
    )


_BY_STATUS: dict[int, type[PingOneError]] = {
    401: BadCredentials,
    403: NoPermission,
    404: NotThere,
    408: Unreachable,
    429: Throttled,
}


def _kind(status: int) -> type[PingOneError]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:  # noqa: PLR2004 - the class of refusals
        return Refused
    return Unreachable if status in TRANSIENT else Misconfigured


def _parse(content: bytes) -> Json | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _read_faults(body: Json) -> tuple[Fault, ...]:
    details = body.get("details")
    if not isinstance(details, list):
        return ()
    return tuple(_read_fault(each) for each in details if isinstance(each, dict))


def _read_fault(detail: Json) -> Fault:
    code, target, message = (detail.get(name) for name in ("code", "target", "message"))
    inner = detail.get("innerError")
    return Fault(
        code if isinstance(code, str) else "",
        target if isinstance(target, str) else None,
        message if isinstance(message, str) else "",
        inner if isinstance(inner, dict) else {},
    )


def _retry_after(headers: Mapping[str, str], faults: tuple[Fault, ...], now: float) -> float | None:
    """Return seconds from Retry-After (a number or a date), else from `innerError.retryAfter`."""
    text = (headers.get("Retry-After") or "").strip()
    seconds = _seconds(text)
    if seconds is not None:
        return seconds
    moment = read_http_date(text)
    if moment is not None:
        # A date is meant by PingOne's clock: ours may be off by more than the wait.
        return max(0.0, moment - (read_http_date(headers.get("Date")) or now))
    return next((wait for wait in (_seconds(each.inner.get("retryAfter")) for each in faults) if wait), None)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
