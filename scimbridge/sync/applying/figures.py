"""The figures that an apply leaves behind, in the state that the bridge which serves shares: it shows them in /metrics.

They are figures and no book: where the state loses them, they begin anew.
"""

from __future__ import annotations

from collections.abc import Callable

from scimbridge.observe.reconcile_figures import KEPT, KEY, ReconcileFigures, dump, load
from scimbridge.sync.applying.values import ALREADY, Applied
from scimbridge.sync.desk import SyncDesk

_LOCK_LIFE, _LOCK_WAIT = 2.0, 2.0


def note_applied(desk: SyncDesk, rules_file: str, applied: Applied) -> None:
    """Note what came of a plan."""
    at = desk.bridge.parts.wall() if applied.exit_code == 0 else None
    # What an earlier apply has settled was counted then.
    counts = {do: {each: n for each, n in results.items() if each != ALREADY} for do, results in applied.counts.items()}
    _change(desk, rules_file, lambda held: held.applied(counts, calls=applied.calls, seconds=applied.seconds, at=at))


def note_nothing_to_do(desk: SyncDesk, rules_file: str) -> None:
    """Note that a plan had no lines: a success."""
    at = desk.bridge.parts.wall()
    _change(desk, rules_file, lambda held: held.applied({}, calls=0, seconds=0.0, at=at))


def note_guard_stop(desk: SyncDesk, rules_file: str) -> None:
    """Note that guards stopped a plan."""
    _change(desk, rules_file, lambda held: held.stopped())


def note_failure(desk: SyncDesk, rules_file: str) -> None:
    """Note that a run of these rules came to nothing: nothing changes, and a rule file that never ran well is known."""
    _change(desk, rules_file, lambda held: held)


def read_figures(desk: SyncDesk) -> dict[str, ReconcileFigures]:
    """Return the figures of all rule files."""
    return load(desk.bridge.parts.state.get(KEY))


def _change(desk: SyncDesk, rules_file: str, change: Callable[[ReconcileFigures], ReconcileFigures]) -> None:
    state = desk.bridge.parts.state
    with state.lock(f"{KEY}:lock", ttl=_LOCK_LIFE, wait=_LOCK_WAIT):
        figures = load(state.get(KEY))
        figures[rules_file] = change(figures.get(rules_file, ReconcileFigures()))
        state.set(KEY, dump(figures), KEPT)
