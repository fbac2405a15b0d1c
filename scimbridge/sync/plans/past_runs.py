"""Values of runs that are over: what one did, and how it stands with a rule file. Who keeps them stands in `runs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DONE, NOTHING, STOPPED, PARTLY, FAILED, REFUSED = "done", "nothing", "stopped", "partly", "failed", "refused"
"""How a run ended: all applied, nothing to do, a guard, lines that are left, an error, a source that was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One run that is over.

    `when` it began is seconds since 1970, `seconds` how long it took. `counts` are the lines of its plan by kind, and
    `done` those that were applied. `result` is one of the words above, `why` a sentence where it is not `done`.
    """

    when: float
    seconds: float
    result: str
    counts: Mapping[str, int] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)
    drifted: int = 0
    plan: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileStatus:
    """How it stands with one rule file. `runs` are the last ones, oldest first.

    `applied` is the source that was last applied, as an object (name, digest, rows, made). `next_full` is when a plan
    reads everything anew, seconds since 1970, None for the next one. `is_running`: a run holds the lease now.
    `delta_trusted` is None where there is no index of changes; `delta_why` says why it is not trusted.
    """

    rules_file: str
    runs: tuple[PastRun, ...] = ()
    applied: Mapping[str, Any] | None = None
    next_full: float | None = None
    is_running: bool = False
    delta_trusted: bool | None = None
    delta_why: str = ""
