"""The trace that a request belongs to (W3C Trace Context): read, put on its lines in the log, and passed on.

Where spans are made, the request is one, and what PingOne is sent belongs to it; what machines ask every few seconds is
none. Knows requests; what a trace looks
like is `observe.traces`', what a span is `observe.spans`'.
"""

from __future__ import annotations

from flask import Flask, Response, g, request

from scimbridge.observe import logs
from scimbridge.observe.spans import ServerSpan, Spans
from scimbridge.observe.traces import read_trace


def register(app: Flask, spans: Spans | None, quiet: tuple[str, ...]) -> None:
    """Know the trace of every request of an app; paths that begin as those of `quiet` make no spans.

    To be called after `request_log.register`, whose line shows the trace.
    """

    @app.before_request
    def begin() -> None:
        trace = g.trace = read_trace(request.headers.get("traceparent"), request.headers.get("tracestate"))
        trace_id = None if trace is None else trace.trace_id
        if spans is not None and not request.path.startswith(quiet):
            route = request.url_rule.rule if request.url_rule else None
            span: ServerSpan = spans.begin_request(request.method, route, request.scheme, trace)
            g.span, trace_id = span, span.trace_id
        if trace_id is not None:
            g.told.bound.enter_context(logs.bound(trace_id=trace_id))

    @app.after_request
    def note(response: Response) -> Response:
        if "span" in g:
            g.span.answered(response.status_code)
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if "span" in g:
            g.span.end()


def headers_to_pass_on() -> tuple[tuple[str, str], ...]:
    """Return the headers by which the calls of the request under way belong to its trace."""
    trace = g.get("trace")
    return () if trace is None else trace.headers
