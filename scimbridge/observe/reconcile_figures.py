"""What Prometheus is told of reconciling: figures that commands leave behind, since none of them lives to be asked.

A command that has ended writes them down for its rule file; whoever serves beside it shows them with its own. Knows
prometheus-client and numbers; where they are kept is known elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

import orjson
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

KEY = "reconcile:figures"
KEPT = 35 * 86_400.0  # seconds
DRIFTED = "drifted"


@dataclass(frozen=True, slots=True)
class ReconcileFigures:
    """The figures of one rule file. `success` is when a run last left nothing to do, seconds since 1970; 0: never yet.

    `seconds` and `calls` are those of the last apply; `changes` are all lines so far, by kind and result.
    """

    success: float = 0.0
    seconds: float = 0.0
    calls: int = 0
    guard_stops: int = 0
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def applied(
        self, counts: Mapping[str, Mapping[str, int]], *, calls: int, seconds: float, at: float | None
    ) -> ReconcileFigures:
        """Return them after an apply; `at` is when it ended, where it left nothing to do."""
        changes = {do: dict(each) for do, each in self.changes.items()}
        for do, each in counts.items():
            kept = changes.setdefault(do, {})
            for result, number in each.items():
                kept[result] = kept.get(result, 0) + number
        success = self.success if at is None else at
        return replace(self, success=success, seconds=seconds, calls=calls, changes=changes)

    def stopped(self) -> ReconcileFigures:
        """Return them after guards stopped a plan."""
        return replace(self, guard_stops=self.guard_stops + 1)


def dump(figures: Mapping[str, ReconcileFigures]) -> bytes:
    """Return figures by rule file as text."""
    return orjson.dumps({rules: asdict(each) for rules, each in figures.items()})


def load(text: bytes | None) -> dict[str, ReconcileFigures]:
    """Read what `dump` wrote; nothing is no figures."""
    held: Mapping[str, Mapping[str, object]] = {} if text is None else orjson.loads(text)
    return {rules: ReconcileFigures(**each) for rules, each in held.items()}  # type: ignore[arg-type]


def expose(figures: Mapping[str, ReconcileFigures]) -> bytes:
    """Return figures in Prometheus's text format 0.0.4, nothing where there are none."""
    if not figures:
        return b""
    registry = CollectorRegistry()
    registry.register(_Families(figures))
    return generate_latest(registry)


class _Families:
    """The metrics of some figures."""

    def __init__(self, figures: Mapping[str, ReconcileFigures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield them all."""
        for name, told, value in (
            ("last_success_timestamp", "When a run of these rules last left nothing to do; 0: never.", "success"),
            ("seconds", "Time of the last apply.", "seconds"),
            ("calls", "Calls to PingOne of the last apply, repetitions among them.", "calls"),
        ):
            gauge = GaugeMetricFamily(f"scimbridge_reconcile_{name}", told, labels=["rules"])
            for rules, each in self._figures.items():
                gauge.add_metric([rules], float(getattr(each, value)))
            yield gauge
        yield from self._counters()

    def _counters(self) -> Iterator[Metric]:
        stops = CounterMetricFamily("scimbridge_reconcile_guard_stops", "Plans that guards stopped.", labels=["rules"])
        drift = CounterMetricFamily(
            "scimbridge_reconcile_drift", "Lines left alone since another hand had changed them.", labels=["rules"]
        )
        changes = CounterMetricFamily(
            "scimbridge_reconcile_changes", "Lines of applied plans.", labels=["rules", "kind", "result"]
        )
        for rules, each in self._figures.items():
            stops.add_metric([rules], each.guard_stops)
            drift.add_metric([rules], sum(results.get(DRIFTED, 0) for results in each.changes.values()))
            for kind, results in each.changes.items():
                for result, number in results.items():
                    changes.add_metric([rules, kind, result], number)
        yield from (stops, drift, changes)
