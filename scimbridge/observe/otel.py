"""Spans as OpenTelemetry makes them, with the libraries of the extra `scimbridge[otel]`; their variables are theirs.

Imported where spans are asked for, and nowhere else. Knows neither requests nor PingOne.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import cast

from opentelemetry import context as contexts
from opentelemetry import trace as tracing
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from scimbridge.observe.logs import named
from scimbridge.observe.traces import TraceContext

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
_FAILED, _REFUSED = 500, 400  # a request that is refused has not failed here; a call that is refused has
_HEADERS = TraceContextTextMapPropagator()

log = named(__name__)


@dataclass(slots=True)
class _RequestSpan:
    """The span of a request."""

    trace_id: str
    _span: Span = field(repr=False)
    _leave: Callable[[], None] = field(repr=False)

    def answered(self, status: int) -> None:
        """Note the answer."""
        _note_status(self._span, status, _FAILED)

    def end(self) -> None:
        """End it, and be no longer the current one."""
        self._leave()
        self._span.end()


@dataclass(slots=True)
class _ExchangeSpan:
    """The span of a call to PingOne."""

    headers: tuple[tuple[str, str], ...]
    _span: Span = field(repr=False)

    def answered(self, status: int, correlation: str | None) -> None:
        """Note PingOne's answer."""
        _note_status(self._span, status, _REFUSED)
        if correlation:
            self._span.set_attribute("pingone.correlation_id", correlation)


class OpenTelemetrySpans:
    """Makes spans. `make` says where they go; it is called for the first span, so in a process that forks no more."""

    def __init__(self, make: Callable[[], TracerProvider]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Tracer | None = None

    def begin_request(self, method: str, route: str | None, scheme: str, trace: TraceContext | None) -> _RequestSpan:
        """Begin the span of a request, as a child of the trace that it came with."""
        is_known = method in METHODS
        name = method if is_known else "HTTP"
        about = {"http.request.method": method if is_known else "_OTHER", "url.scheme": scheme}
        if route is not None:
            name, about = f"{name} {route}", about | {"http.route": route}
        nothing = Context()
        parent = nothing if trace is None else _HEADERS.extract(dict(trace.headers), nothing)
        span = self._tracer().start_span(name, parent, kind=SpanKind.SERVER, attributes=about)
        token = contexts.attach(tracing.set_span_in_context(span))
        trace_id = tracing.format_trace_id(span.get_span_context().trace_id)
        return _RequestSpan(trace_id, span, lambda: contexts.detach(token))

    @contextmanager
    def call(self, method: str, path: str, attempt: int = 1) -> Iterator[_ExchangeSpan]:
        """Make the span of a call to PingOne; what is raised inside ends it, and its message is not kept."""
        about: dict[str, str | int] = {"http.request.method": method, "url.template": path}
        if attempt > 1:
            about["http.request.resend_count"] = attempt - 1
        with self._tracer().start_as_current_span(
            f"{method} {path}",
            kind=SpanKind.CLIENT,
            attributes=about,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            carrier: dict[str, str] = {}
            _HEADERS.inject(carrier)
            yield _ExchangeSpan(tuple(carrier.items()), span)

    def _tracer(self) -> Tracer:
        with self._lock:
            if self._made is None:
                self._made = self._make().get_tracer("scimbridge")
            return self._made


def make_spans(environ: Mapping[str, str], version: str) -> OpenTelemetrySpans:
    """Return what makes spans and sends them where the variables say."""
    return OpenTelemetrySpans(lambda: _provider(environ, version))


def _provider(environ: Mapping[str, str], version: str) -> TracerProvider:
    about = {"service.version": version}
    if not environ.get("OTEL_SERVICE_NAME") and "service.name" not in environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        about["service.name"] = "scimbridge"
    provider = TracerProvider(resource=Resource.create(about))
    for name in _exporters(environ):
        for found in entry_points(group="opentelemetry_traces_exporter", name=name):
            exporter = cast("Callable[[], SpanExporter]", found.load())
            provider.add_span_processor(BatchSpanProcessor(exporter()))
            break
        else:
            log.error("no spans: this exporter is not installed; install its package or choose another", exporter=name)
    return provider


def _exporters(environ: Mapping[str, str]) -> Iterator[str]:
    """Return the names of the exporters as packages register them; `otlp` goes by the protocol."""
    asked = environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    protocol = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") or ""
    for name in dict.fromkeys(each.strip() for each in asked.split(",") if each.strip()):
        if name == "otlp":
            yield "otlp_proto_grpc" if protocol.strip() == "grpc" else "otlp_proto_http"
        else:
            yield name


def _note_status(span: Span, status: int, failed: int) -> None:
    if status:
        span.set_attribute("http.response.status_code", status)
    if not status or status >= failed:
        span.set_attribute("error.type", str(status) if status else "no answer")
        span.set_status(Status(StatusCode.ERROR))
