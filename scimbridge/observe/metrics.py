"""What Prometheus is told: counters, times and gauges, without ids, names of clients or anything personal.

Knows prometheus-client and numbers; nothing of requests or of PingOne. Over several worker processes the counters are
kept in files of a directory, which PROMETHEUS_MULTIPROC_DIR has to name before prometheus_client is imported; a gauge
says by its mode how the values of the workers make one. Without that variable everything stays in this process, in a
registry of its own for each application.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from scimbridge.observe.processes import DIRECTORY
from scimbridge.observe.server_load import REFUSALS, ServerLoad

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 25.0, 50.0)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_TOKEN = "/as/token"  # noqa: S105 - a path
_MEMBERSHIPS = {("POST", "memberOfGroups"): "added", ("DELETE", "memberOfGroups"): "removed"}
_TOO_MANY = 429
_TICK = 1.0  # seconds


class Exchange(Protocol):
    """What is told of one call to PingOne; `path` is a template without ids, `status` 0 where no answer came."""

    @property
    def method(self) -> str: ...  # noqa: D102 - as in the class's sentence
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def attempt(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Readings:
    """How things stand in this process: rates in calls per second, `waiting` calls."""

    circuit_open: bool = False
    rate_configured: float = 0.0
    rate_effective: float = 0.0
    rate_share: float = 0.0
    waiting: int = 0
    state_cut_off: bool = False


class Metrics:
    """All metrics of one application. `read` tells how things stand, `server` what the server before it has to do."""

    def __init__(self, version: str, read: Callable[[], Readings] = Readings) -> None:
        self.read = read
        self.server = ServerLoad()
        self._shared = bool(os.environ.get(DIRECTORY))
        self._registry = CollectorRegistry()
        self._ticking = 0
        self._telling = threading.Lock()
        self._children: dict[tuple[str, ...], tuple[Counter, Histogram]] = {}
        self._requests = self._counter("requests", "SCIM requests answered.", "kind", "method", "status")
        self._request_seconds = self._histogram("request_seconds", "Time to answer SCIM requests.", "kind", "method")
        self._under_way = self._gauge("requests_under_way", "Requests under way.", "livesum")
        self._calls = self._counter("pingone_calls", "Calls to PingOne; 0: no answer.", "method", "path", "status")
        self._call_seconds = self._histogram("pingone_call_seconds", "Time of calls to PingOne.", "method", "path")
        self._retries = self._counter("pingone_retries", "Calls to PingOne that repeated an earlier one.")
        self._throttled = self._counter("pingone_throttled", "Answers 429 of PingOne.")
        self._memberships = self._counter("memberships", "Membership calls that succeeded.", "change")
        self._tokens = self._counter("token_renewals", "Access tokens asked of PingOne.", "result")
        self._pages = self._counter("list_windows", "Windows of lists behind the first, by where they began.", "begun")
        self._audit = self._counter("audit_failures", "Audit records that could not be kept.")
        self._gauges = {
            "circuit_open": self._gauge("circuit_open", "1: PingOne is not reachable, calls fail at once.", "livemax"),
            "rate_configured": self._gauge("rate_configured", "Calls per second that are allowed.", "livemax"),
            "rate_effective": self._gauge("rate_effective", "Calls per second after 429 answers.", "livemostrecent"),
            "rate_share": self._gauge("rate_share", "Calls per second that this node may make now.", "livesum"),
            "waiting": self._gauge("pingone_waiting", "Calls that wait for their turn.", "livesum"),
            "state_cut_off": self._gauge("state_cut_off", "1: the shared state is out of reach.", "livemax"),
        }
        self._server_gauges = {
            "threads": self._gauge("threads", "Requests that may be under way at a time.", "livesum"),
            "under_way": self._gauge("threads_under_way", "Requests that have a thread.", "livesum"),
            "waiting": self._gauge("requests_waiting", "Requests that wait for a thread.", "livesum"),
            "arriving": self._gauge("connections_arriving", "Connections with a request half arrived.", "livesum"),
            "connections": self._gauge("connections", "Connections of clients that are open.", "livesum"),
        }
        self._let_go = self._counter("let_go", "Connections and requests let go before the application.", "reason")
        self._let_go_told = dict.fromkeys(REFUSALS, 0)
        self._gauge("build_info", "The version that runs.", "livemax", "version").labels(version).set(1)
        # Known from the start, so that an alert on their growth sees the first one too.
        for metric, values in ((self._memberships, ("added", "removed")), (self._tokens, ("renewed", "failed")),
                               (self._pages, ("waymark", "before", "start")), (self._let_go, REFUSALS)):  # fmt: skip
            for value in values:
                metric.labels(value)

    # -- what happens ----------------------------------------------------------------------------------------------

    def begin_request(self) -> None:
        """Count a request that has come."""
        self._under_way.inc()
        if self._shared and self._ticking != os.getpid():
            self._tick()

    def observe_request(self, kind: str, method: str, status: int, seconds: float) -> None:
        """Count a request that is answered; `kind` as in kind_of, `seconds` it took."""
        self._under_way.dec()
        method = method if method in _METHODS else "other"
        counter, histogram = self._of("request", kind, method, f"{status // 100}xx")
        counter.inc()
        histogram.observe(seconds)

    def observe_call(self, record: Exchange) -> None:
        """Count a call to PingOne."""
        counter, histogram = self._of("call", record.method, record.path, str(record.status))
        counter.inc()
        histogram.observe(record.seconds)
        if record.attempt > 1:
            self._retries.inc()
        if record.status == _TOO_MANY:
            self._throttled.inc()
        well = 200 <= record.status < 300  # noqa: PLR2004 - as HTTP says
        if record.path == _TOKEN:
            self._tokens.labels("renewed" if well else "failed").inc()
        elif well:
            change = _MEMBERSHIPS.get((record.method, record.path.removesuffix("/{id}").rpartition("/")[2]))
            if change:
                self._memberships.labels(change).inc()

    def observe_window(self, begun: str) -> None:
        """Count a window of a list behind the first: begun at its "waymark", at one "before" it, or at the "start"."""
        self._pages.labels(begun).inc()

    def observe_audit_failure(self) -> None:
        """Count an audit record that could not be kept."""
        self._audit.inc()

    # -- what is told ----------------------------------------------------------------------------------------------

    def expose(self) -> bytes:
        """Return everything in Prometheus's text format 0.0.4, over all workers."""
        self.refresh()
        registry = self._registry
        if self._shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def refresh(self) -> None:
        """Set the gauges to how things stand in this process."""
        readings = self.read()
        for name, gauge in self._gauges.items():
            gauge.set(float(getattr(readings, name)))
        for name, gauge in self._server_gauges.items():
            gauge.set(float(getattr(self.server, name)))
        with self._telling:
            for reason, before in self._let_go_told.items():
                now = self.server.refused.get(reason, 0)
                self._let_go.labels(reason).inc(now - before)
                self._let_go_told[reason] = now

    def _tick(self) -> None:
        """Keep this worker's gauges fresh in a thread: whoever is asked for metrics cannot see into other workers."""
        self._ticking = os.getpid()
        stop = threading.Event()

        def run() -> None:
            while not stop.wait(_TICK):
                self.refresh()

        threading.Thread(target=run, name="metrics", daemon=True).start()

    def _of(self, what: str, *labels: str) -> tuple[Counter, Histogram]:
        """Return the counter and the times of these labels; looking them up each time costs more than counting."""
        children = self._children.get((what, *labels))
        if children is None:
            total, seconds = (
                (self._requests, self._request_seconds) if what == "request" else (self._calls, self._call_seconds)
            )
            children = self._children[(what, *labels)] = (total.labels(*labels), seconds.labels(*labels[:2]))
        return children

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"scimbridge_{name}", told, labels, registry=self._registry)

    def _histogram(self, name: str, told: str, *labels: str) -> Histogram:
        return Histogram(f"scimbridge_{name}", told, labels, buckets=_SECONDS, registry=self._registry)

    def _gauge(self, name: str, told: str, mode: str, *labels: str) -> Gauge:
        return Gauge(f"scimbridge_{name}", told, labels, registry=self._registry, multiprocess_mode=mode)  # type: ignore[arg-type]
