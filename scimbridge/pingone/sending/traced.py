"""A layer over the transport: every exchange with PingOne is a span, and PingOne is told which.

Knows spans and requests. Without spans the layer is not there, and a call carries the trace of its request as it came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scimbridge.observe.spans import Spans
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.send import Call, Request, Response, Send

_OK = 200
Fetch = Callable[[float], tuple[str, float]]


class WithSpans:
    """Makes a span of each exchange, repetitions too."""

    def __init__(self, send: Send, spans: Spans, template_of: Callable[[Request], str]) -> None:
        """`template_of` says where a request goes, without ids."""
        self._send = send
        self._spans = spans
        self._template_of = template_of

    def __call__(self, request: Request, call: Call) -> Response:
        """Send once."""
        with self._spans.call(request.method, self._template_of(request), request.attempt) as span:
            try:
                response = self._send(request, replace(call, context=span.headers))
            except PingOneError as error:
                span.answered(error.status, error.correlation)
                raise
            span.answered(response.status, response.headers.get("Correlation-Id"))
            return response


def with_span(fetch: Fetch, spans: Spans | None) -> Fetch:
    """Return `fetch`, which asks for an access token, with a span of its own."""
    if spans is None:
        return fetch

    def traced(deadline: float) -> tuple[str, float]:
        with spans.call("POST", "/as/token") as span:
            try:
                token = fetch(deadline)
            except PingOneError as error:
                span.answered(error.status, error.correlation)
                raise
            span.answered(_OK, None)
            return token

    return traced
