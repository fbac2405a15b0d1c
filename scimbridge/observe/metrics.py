"""What Prometheus is told: counters, times and gauges, without ids of resources or anything personal.

Of clients it has the names, as the operator gave them, of those that were refused for asking too much. Knows
prometheus-client and numbers; nothing of requests or of PingOne. Over several worker processes the counters are kept in
files of a directory, which PROMETHEUS_MULTIPROC_DIR names (`processes`); a gauge says by its mode how the values of the
workers make one. Without that variable everything stays in this process, in a registry of its own for each application.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from scimbridge.observe.process_use import ProcessUse
from scimbridge.observe.processes import DIRECTORY, collect_all
from scimbridge.observe.reconcile_figures import ReconcileFigures, expose
from scimbridge.observe.server_load import REFUSALS, ServerLoad

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 25.0, 50.0)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_TOKEN = "/as/token"  # noqa: S105 - a path
_MEMBERSHIPS = {("POST", "memberOfGroups"): "added", ("DELETE", "memberOfGroups"): "removed"}
_TOO_MANY = 429
_TICK = 1.0  # seconds
_WORK = ("users", "groups", "populations", "bulk", "search")
_OF_WORK = ("GET", "POST", "PUT", "PATCH", "DELETE")


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
    """All metrics of one application.

    `read` tells how things stand, `read_reconcile` what reconciling has left behind, `server` what the server before it
    has to do; `wall` is seconds since 1970.
    """

    def __init__(
        self, version: str, read: Callable[[], Readings] = Readings, wall: Callable[[], float] = time.time
    ) -> None:
        self.read = read
        self.read_reconcile: Callable[[], Mapping[str, ReconcileFigures]] = dict
        self._wall = wall
        self._use = ProcessUse()
        self._digest: str | None = None
        self._ends: Mapping[str, float] = {}
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
        self._audit_failures = self._counter("audit_failures", "Audit records that could not be kept.")
        self._audit_written = self._counter("audit_written", "Audit records that were kept.")
        self._logins = self._counter("logins_refused", "Credentials that did not hold, by why.", "reason")
        self._limited = self._counter("requests_limited", "Answers 429 of the bridge's own limits.", "client", "limit")
        self._cpu = self._counter("process_cpu_seconds", "Time on a processor, of all worker processes.")
        self._memory = self._gauge("process_resident_memory_bytes", "Memory of all worker processes.", "livesum")
        self._certificates = self._gauge(
            "certificate_expiry_timestamp_seconds", "When a certificate of the own TLS ends.", "livemostrecent", "use"
        )
        self._configuration = self._gauge(
            "configuration_info", "The settings and tables in use, as a digest.", "livemax", "digest"
        )
        self._dropped = self._counter(
            "values_dropped", "Values that were written and that PingOne did not keep.", "resource", "attribute"
        )
        self._lacking = self._gauge(
            "rows_without_attribute", "1: PingOne has no attribute for this row.", "livemax",
            "resource", "attribute", "reason",
        )  # fmt: skip
        self._last_success = self._declare_last_success()
        self._gauges = self._declare_readings()
        self._server_gauges = self._declare_server_load()
        self._let_go = self._counter("let_go", "Connections and requests let go before the application.", "reason")
        self._let_go_told = dict.fromkeys(REFUSALS, 0)
        self._gauge("build_info", "The version that runs.", "livemax", "version").labels(version).set(1)
        self._begin_at_nothing()

    def _declare_last_success(self) -> Gauge:
        told = "When a call to PingOne last succeeded; 0: none yet."
        return self._gauge("pingone_last_success_timestamp_seconds", told, "max")

    def _declare_readings(self) -> dict[str, Gauge]:
        """Make the gauges of `Readings`, by its fields."""
        return {
            "circuit_open": self._gauge("circuit_open", "1: PingOne is not reachable, calls fail at once.", "livemax"),
            "rate_configured": self._gauge("rate_configured", "Calls per second that are allowed.", "livemax"),
            "rate_effective": self._gauge("rate_effective", "Calls per second after 429 answers.", "livemostrecent"),
            "rate_share": self._gauge("rate_share", "Calls per second that this node may make now.", "livesum"),
            "waiting": self._gauge("pingone_waiting", "Calls that wait for their turn.", "livesum"),
            "state_cut_off": self._gauge("state_cut_off", "1: the shared state is out of reach.", "livemax"),
        }

    def _declare_server_load(self) -> dict[str, Gauge]:
        """Make the gauges of `ServerLoad`, by its fields."""
        return {
            "threads": self._gauge("threads", "Requests that may be under way at a time.", "livesum"),
            "under_way": self._gauge("threads_under_way", "Requests that have a thread.", "livesum"),
            "waiting": self._gauge("requests_waiting", "Requests that wait for a thread.", "livesum"),
            "arriving": self._gauge("connections_arriving", "Connections with a request half arrived.", "livesum"),
            "connections": self._gauge("connections", "Connections of clients that are open.", "livesum"),
        }

    def _begin_at_nothing(self) -> None:
        """Have counters there from the start, so that an alert on their growth sees the first one too."""
        for metric, values in ((self._memberships, ("added", "removed")), (self._tokens, ("renewed", "failed")),
                               (self._pages, ("waymark", "before", "start")), (self._let_go, REFUSALS)):  # fmt: skip
            for value in values:
                metric.labels(value)
        for kind in _WORK:
            for method in _OF_WORK:
                self._requests.labels(kind, method, "5xx")
        for labels in (
            ("request", "users", "GET", "2xx"),
            ("call", "POST", _TOKEN, "200"),
            ("call", "GET", "/users", "0"),
        ):
            self._of(*labels)

    # -- what happens ----------------------------------------------------------------------------------------------

    def begin_request(self) -> None:
        """Count a request that has come."""
        self._under_way.inc()
        self.watch()

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
            self._last_success.set(self._wall())
            change = _MEMBERSHIPS.get((record.method, record.path.removesuffix("/{id}").rpartition("/")[2]))
            if change:
                self._memberships.labels(change).inc()

    def observe_window(self, begun: str) -> None:
        """Count a window of a list behind the first: begun at its "waymark", at one "before" it, or at the "start"."""
        self._pages.labels(begun).inc()

    def observe_audit_failure(self) -> None:
        """Count an audit record that could not be kept."""
        self._audit_failures.inc()

    def observe_audit_record(self) -> None:
        """Count an audit record that every sink has."""
        self._audit_written.inc()

    def expect_refused_logins(self, reasons: Iterable[str]) -> None:
        """Be told for what reasons logins can be refused, so that a growth from nothing is seen."""
        for reason in reasons:
            self._logins.labels(reason)

    def observe_refused_login(self, reason: str) -> None:
        """Count a login that was refused; `reason` is constant text."""
        self._logins.labels(reason).inc()

    def observe_limited(self, client: str, limit: str) -> None:
        """Count a request that was refused since its client asked for too much; `limit` is which one held it."""
        self._limited.labels(client, limit).inc()

    def note_configuration(self, digest: str) -> None:
        """Be told what configuration is in use."""
        self._digest = digest

    def note_certificates(self, ends: Mapping[str, float]) -> None:
        """Be told when certificates end, by what they are for, in seconds since 1970."""
        self._ends = dict(ends)

    def observe_dropped(self, resource: str, attribute: str, count: int = 1) -> None:
        """Count values that PingOne did not keep, by resource type and SCIM path; none makes the path known."""
        self._dropped.labels(resource, attribute).inc(count)

    def observe_lacking(self, resource: str, attribute: str, reason: str) -> None:
        """Note a row, by resource type and SCIM path, that has no attribute in PingOne: "missing" or "disabled"."""
        self._lacking.labels(resource, attribute, reason).set(1)

    # -- what is told ----------------------------------------------------------------------------------------------

    def expose(self) -> bytes:
        """Return everything in Prometheus's text format 0.0.4, over all workers."""
        self.refresh()
        registry = self._registry
        if self._shared:
            registry = collect_all()
        return generate_latest(registry) + expose(self.read_reconcile())

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
        # Here and not before: the master, which only checks them, would tell old ones as long as it lives.
        if self._digest is not None:
            self._configuration.labels(self._digest).set(1)
        for use, end in self._ends.items():
            self._certificates.labels(use).set(end)
        self._memory.set(self._use.memory())
        self._cpu.inc(self._use.cpu_since())

    def watch(self) -> None:
        """Be in a worker of several, from now on, of which another may be asked for metrics."""
        if self._shared and self._ticking != os.getpid():
            self._tick()

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
