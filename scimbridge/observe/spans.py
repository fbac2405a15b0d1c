"""Spans: one for each request, and one below it for each call to PingOne. Here is what they are asked; `otel` has them.

A span has methods, templates of paths, statuses and PingOne's correlation ids: no id of a resource, no query, no
address, nothing personal. Without OTEL_... variables that ask for spans nothing of OpenTelemetry is imported. Knows
neither requests nor PingOne.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Protocol

from scimbridge.observe.logs import named
from scimbridge.observe.traces import TraceContext

_ASKED = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_")
_NEEDED = ("opentelemetry", "opentelemetry.sdk")

log = named(__name__)


class ServerSpan(Protocol):
    """The span of a request, which is the current one of its context until it ends."""

    @property
    def trace_id(self) -> str: ...  # noqa: D102 - 32 hexadecimal digits

    def answered(self, status: int) -> None:
        """Be told what the request was answered."""

    def end(self) -> None:
        """End it."""


class CallSpan(Protocol):
    """The span of a call to PingOne."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...  # noqa: D102 - those that tell PingOne of it

    def answered(self, status: int, correlation: str | None) -> None:
        """Be told what PingOne answered; 0 is no answer."""


class Spans(Protocol):
    """Makes spans; safe for any number of threads."""

    def begin_request(self, method: str, route: str | None, scheme: str, trace: TraceContext | None) -> ServerSpan:
        """Begin the span of a request, as a child of the trace that it came with."""
        ...

    def call(self, method: str, path: str, attempt: int = 1) -> AbstractContextManager[CallSpan]:
        """Make the span of a call to PingOne, within the request of this context; `path` is a template without ids."""
        ...


def open_spans(environ: Mapping[str, str], version: str) -> Spans | None:
    """Return what makes spans where OTEL_... variables ask for them, else None. Starts nothing.

    Where they are asked for and the extra is not installed, the log says so.
    """
    if not _is_asked(environ):
        return None
    if not all(_is_installed(package) for package in _NEEDED):
        log.warning("no spans: OTEL_ variables ask for them, and scimbridge[otel] is not installed; install it")
        return None
    from scimbridge.observe.otel import make_spans  # noqa: PLC0415 - the extra is there, and asked for

    return make_spans(environ, version)


def _is_asked(environ: Mapping[str, str]) -> bool:
    is_off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    is_none = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none"
    return not is_off and not is_none and any(name.startswith(_ASKED) and value for name, value in environ.items())


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # the package that it would be in is not there
        return False
