"""What a plan comes to, and what came of applying it: a few lines without any value of a person's, or one document.

Who wants to see the lines asks for the plan. Keys of lines that failed or drifted are named: somebody has to look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Column, Paper, open_paper
from scimbridge.sync.applying.journal import journal_of
from scimbridge.sync.applying.values import RESULTS, Applied
from scimbridge.sync.plans.lines import PlanHead
from scimbridge.sync.plans.written_plan import WrittenPlan
from scimbridge.sync.printing.describing import counted, duration, visible
from scimbridge.sync.printing.figures import ordered
from scimbridge.sync.printing.plan_text import describe_origin, how_to_allow

_WIDTH = 13
_LABEL, _STOP, _HEADING = "cyan", "bold red", "bold"
_TOLD = 20


def show_written_plan(stream: TextIO, plan: WrittenPlan, exit_code: int, *, as_json: bool) -> None:
    """Write what a plan comes to, and where it is."""
    if as_json:
        write_document(stream, _plan_document(plan) | {"exit_code": exit_code})
        return
    paper = open_paper(stream)
    _print_plan(paper, plan)
    paper.line(_plan_end(plan), _HEADING)


def show_applied(stream: TextIO, head: PlanHead, applied: Applied, plan: Path, *, as_json: bool) -> None:
    """Write what came of a plan."""
    if as_json:
        write_document(stream, _applied_document(applied, plan))
        return
    _print_applied(open_paper(stream), head, applied, plan)


def show_finished_run(
    stream: TextIO, plan: WrittenPlan, applied: Applied | None, exit_code: int, *, is_kept: bool, as_json: bool
) -> None:
    """Write what a plan that was to be applied at once came to; `is_kept`: it is still in its file."""
    if as_json:
        write_document(stream, {
            "plan": _plan_document(plan) | ({} if is_kept else {"file": None}),
            "applied": None if applied is None else _applied_document(applied, plan.path),
            "exit_code": exit_code,
        })  # fmt: skip
        return
    paper = open_paper(stream)
    _print_plan(paper, plan)
    if applied is not None:
        paper.line("")
        _print_applied(paper, plan.head, applied, plan.path)
    else:
        paper.line(_plan_end(plan) if plan.head.stopped else "nothing to change", _HEADING)


def describe_question(head: PlanHead, left: int) -> Iterator[str]:
    """Yield what somebody has to know before they say yes."""
    counts = ", ".join(f"{kind} {head.counts[kind]:,}" for kind in ordered(head.counts))
    yield f"plan         {visible(head.id)}, of {visible(head.rules_file)}"
    yield f"environment  {visible(head.environment)}"
    yield f"lines        {counts}"
    for guard in head.stopped:
        yield f"ALLOWED      {visible(guard.name)}: {visible(guard.text)}"
    yield f"{counted(left, 'line')} would be carried out."


def _print_plan(paper: Paper, plan: WrittenPlan) -> None:
    head = plan.head
    for label, text in (
        ("rules", visible(head.rules_file)),
        ("source", describe_origin(head.source)),
        *([("groups", describe_origin(head.groups))] if head.groups else []),
        ("in scope", counted(head.people, "person", "people")),
        *((kind, f"{head.counts[kind]:,}") for kind in ordered(head.counts)),
    ):
        paper.item(f"{label:<{_WIDTH}}", text, _LABEL)
    for guard in head.stopped:
        paper.item(f"{'STOPPED':<{_WIDTH}}", f"{visible(guard.name)}: {visible(guard.text)}", _STOP)


def _plan_end(plan: WrittenPlan) -> str:
    what = counted(plan.changes, "change") if plan.changes else "nothing to change"
    reported = f", {counted(plan.reported, 'line')} only reported" if plan.reported else ""
    place = visible(str(plan.path))
    if plan.head.stopped:
        allow = how_to_allow(plan.head).replace("PLAN", place, 1)
        return f"{what}{reported}; stopped by {counted(len(plan.head.stopped), 'guard')}. {allow}"
    return f"{what}{reported}. Look at it: scimbridge reconcile show {place}"


def _plan_document(plan: WrittenPlan) -> dict[str, Any]:
    head = plan.head
    return {
        "file": str(plan.path), "id": head.id, "rules": head.rules_file, "environment": head.environment,
        "source": head.source, "groups": head.groups, "people": head.people, "counts": head.counts,
        "changes": plan.changes, "reported": plan.reported, "guards": head.guards,
        "stopped": [
            {"name": each.name, "number": each.number, "most": each.most, "text": each.text} for each in head.stopped
        ],
        "masked": head.masked,
    }  # fmt: skip


def _applied_document(applied: Applied, plan: Path) -> dict[str, Any]:
    return {
        "plan": applied.plan, "file": str(plan), "journal": str(journal_of(plan)), "counts": applied.counts,
        **{each: applied.count(each) for each in RESULTS},
        "left": applied.left, "stopped": applied.stopped, "calls": applied.calls, "seconds": applied.seconds,
        "lines": [
            {"do": each.line.do, "key": each.line.key, "result": each.result, "why": each.why}
            for each in applied.told
        ],
        "exit_code": applied.exit_code,
    }  # fmt: skip


_COUNTS: tuple[Column, ...] = (("line", 10), *((each, 8) for each in RESULTS))


def _print_applied(paper: Paper, head: PlanHead, applied: Applied, plan: Path) -> None:
    kinds: Mapping[str, Mapping[str, int]] = applied.counts
    if kinds:
        paper.table(
            _COUNTS, ((kind, *(f"{kinds[kind].get(each, 0):,}" for each in RESULTS)) for kind in ordered(kinds))
        )
    for each in applied.told[:_TOLD]:
        paper.item(f"{each.result:<{_WIDTH}}", f"{each.line.do} {visible(each.line.key)}: {visible(each.why)}", _STOP)
    more = len(applied.told) - _TOLD
    if more > 0:
        paper.line(f"and more: {visible(str(journal_of(plan)))} has all of them")
    if applied.stopped:
        paper.item(f"{'STOPPED':<{_WIDTH}}", visible(applied.stopped), _STOP)
    paper.line(_applied_end(head, applied), _HEADING)


def _applied_end(head: PlanHead, applied: Applied) -> str:
    calls = f"{counted(applied.calls, 'call')} in {duration(applied.seconds)}"
    if applied.exit_code:
        left = f"{counted(applied.left, 'line')} not begun; " if applied.left else ""
        return f"partly applied, {calls}; {left}what is left stands in the next plan"
    if not head.counts:
        return "nothing to change"
    return f"applied, {calls}; scimbridge audit --request {visible(head.id)} shows each change"
