"""How it stands with a rule file, as text or JSON: last runs, drift, the next full plan, and the trust in the delta."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TextIO

from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Column, open_paper
from scimbridge.sync.plans.past_runs import DONE, NOTHING, PastRun, ReconcileStatus
from scimbridge.sync.printing.describing import counted, duration, moment, visible
from scimbridge.sync.printing.figures import ordered
from scimbridge.sync.printing.plan_text import describe_origin

_WIDTH = 13
_LABEL = "cyan"
_RUNS: tuple[Column, ...] = (
    ("began", 22), ("result", 8), ("took", 12), ("drifted", 8), ("done of planned", 0),
)  # fmt: skip
_RESULTS: Mapping[str, str] = {NOTHING: "nothing to do"}


def show_status(stream: TextIO, status: ReconcileStatus, *, as_json: bool) -> None:
    """Write the status of one rule file."""
    if as_json:
        write_document(stream, status)
        return
    paper = open_paper(stream)
    for label, text in _facts(status):
        paper.item(f"{label:<{_WIDTH}}", text, _LABEL)
    if status.runs:
        paper.line("")
        paper.table(_RUNS, (_row(run) for run in reversed(status.runs)))
        for run in status.runs[-1:]:
            if run.why:
                paper.item(f"{'last run':<{_WIDTH}}", visible(run.why), "yellow")


def last_success(status: ReconcileStatus) -> PastRun | None:
    """Return the newest run after which the directory was as the source says."""
    return next((run for run in reversed(status.runs) if run.result in (DONE, NOTHING)), None)


def _facts(status: ReconcileStatus) -> Iterator[tuple[str, str]]:
    yield "rules", visible(status.rules_file)
    if status.is_running:
        yield "now", "a run is under way"
    success = last_success(status)
    if not status.runs:
        yield "runs", "none yet"
    else:
        yield "last success", "none of the last runs" if success is None else moment(success.when)
    yield "source", "none was applied yet" if status.applied is None else describe_origin(status.applied)
    if status.runs:
        yield (
            "drift",
            f"{counted(status.runs[-1].drifted, 'line')} of the last run: changed elsewhere, left as found",
        )
    yield "next full", "the next plan" if status.next_full is None else f"from {moment(status.next_full)}"
    yield "delta", _delta(status)


def _delta(status: ReconcileStatus) -> str:
    if status.delta_trusted is None:
        return "there is no index of changes: each plan reads the whole directory"
    why = f": {visible(status.delta_why)}" if status.delta_why else ""
    return f"trusted{why}" if status.delta_trusted else f"not trusted{why}; each plan reads the whole directory"


def _row(run: PastRun) -> tuple[str, ...]:
    counts = ", ".join(
        f"{kind} {run.done.get(kind, 0):,}/{run.counts[kind]:,}" for kind in ordered(run.counts) if run.counts[kind]
    )
    result = _RESULTS.get(run.result, run.result)
    return moment(run.when), result, duration(run.seconds), f"{run.drifted:,}", counts or "-"
