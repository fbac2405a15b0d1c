"""A plan as text: what it was made of, what stops it, how much it is, and the first lines of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scimbridge.ops.printing.paper import Column, Paper
from scimbridge.sync.plans.lines import PlanHead, PlanLine
from scimbridge.sync.plans.past_runs import PastRun
from scimbridge.sync.plans.reading import PlanFile
from scimbridge.sync.printing.describing import (
    changed_values,
    counted,
    group_name,
    moment,
    subject,
    summary,
    value_text,
    visible,
)
from scimbridge.sync.printing.figures import PlanFigures, guard_counts, ordered, population_changes, population_names

FIRST = 5
"""So many lines of each kind are text; the page and JSON have more."""
_MOST = 12
_WIDTH = 13
_LABEL, _HEADING, _STOP = "cyan", "bold", "bold red"
_COUNTS: tuple[Column, ...] = (("line", 18), ("number", 8), ("at most", 8), ("last runs", 0))
_POPULATIONS: tuple[Column, ...] = (("population", 30), ("before", 8), ("after", 8), ("change", 0))
_GROUPS: tuple[Column, ...] = (("group", 30), ("join", 8), ("leave", 0))
_VALUES: tuple[Column, ...] = (("path", 30), ("before", 30), ("after", 0))


def print_plan(paper: Paper, plan: PlanFile, figures: PlanFigures, past: Sequence[PastRun]) -> None:
    """Write a whole plan, of its lines the first."""
    head = plan.head
    for label, text in facts(plan):
        paper.item(f"{label:<{_WIDTH}}", text, _LABEL)
    for guard in head.stopped:
        paper.item(f"{'STOPPED':<{_WIDTH}}", f"{visible(guard.name)}: {visible(guard.text)}", _STOP)
    if head.stopped:
        paper.line(how_to_allow(head))
    paper.line("")
    paper.table(_COUNTS, _counts(head, figures, past))
    _print_tables(paper, head, figures)
    names = population_names(head)
    for kind in ordered(figures.counts):
        number = figures.counts[kind]
        paper.line("")
        paper.line(f"{kind} ({number:,})", _HEADING)
        for line in figures.first[kind][:FIRST]:
            paper.item(f"  {_who(line)}  ", summary(line, names), _LABEL)
        if number > FIRST:
            paper.line(f"  and {number - FIRST:,} more")
    paper.line("")
    paper.line(_end(head, figures), _HEADING)


def print_person(paper: Paper, plan: PlanFile, key: str, lines: Iterable[PlanLine]) -> None:
    """Write all lines about one person or group, with why."""
    lines = list(lines)
    if not lines:
        paper.line(
            f"No line of {plan.path} is about {visible(key)!r}: it is as the source says, is out of scope, or is not in"
            " the source; a line is found by the key in the source and by PingOne's id."
        )
    for number, line in enumerate(lines):
        if number:
            paper.line("")
        _print_line(paper, line, population_names(plan.head))
    if not plan.is_sealed:
        paper.line("")
        paper.item("seal  ", NOT_SEALED, "yellow")


def facts(plan: PlanFile) -> list[tuple[str, str]]:
    """Return what a plan was made of, as labels and texts."""
    head = plan.head
    found = [
        ("plan", f"{visible(head.id)}, made {moment(head.made)} by scimbridge {visible(head.version)}"),
        ("environment", visible(head.environment)),
        ("rules", visible(head.rules_file)),
        ("source", describe_origin(head.source)),
        *([("groups", describe_origin(head.groups))] if head.groups else []),
        ("directory", f"{_directory(head.directory)}; {counted(head.people, 'person', 'people')} in scope"),
        ("read", f"all, {visible(head.full)}" if head.full else "what has changed"),
        ("seal", "is this bridge's" if plan.is_sealed else NOT_SEALED),
    ]
    return [*found, ("masked", "has names of attributes and no values")] if head.masked else found


NOT_SEALED = (
    "was not looked at, since SCIMBRIDGE_PINGONE_CLIENT_SECRET is not set here: this may be another plan than the one"
    " that is applied"
)


def describe_origin(source: Mapping[str, Any]) -> str:
    """Return which source it was, how many rows it had, and how old it was."""
    rows = f"{source['rows']:,} rows" if isinstance(source.get("rows"), int) else "rows not counted"
    return f"{visible(str(source.get('name', 'unknown')))}: {rows}, made {moment(source.get('made'))}"


def how_to_allow(head: PlanHead) -> str:
    """Return what lets a stopped plan through, as options of `apply`."""
    options = " ".join(f"--allow {visible(guard.name)}={guard.number}" for guard in head.stopped)
    return f"Nothing of it is applied, save with: scimbridge reconcile apply PLAN {options}"


def _counts(head: PlanHead, figures: PlanFigures, past: Sequence[PastRun]) -> Iterable[tuple[str, ...]]:
    for name in ordered({*figures.counts, *head.guards}):
        number, most = guard_counts(head, figures, name)
        before = ", ".join(f"{run.counts.get(name, 0):,}" for run in past[-_MOST:]) if name in figures.counts else ""
        yield visible(name), _number(number), _number(most), before or "-"


def _print_tables(paper: Paper, head: PlanHead, figures: PlanFigures) -> None:
    if found := population_changes(head, figures):
        paper.line("")
        paper.table(
            _POPULATIONS,
            (
                (visible(each.name), _number(each.before), _number(each.after), f"{each.difference:+,}")
                for each in found[:_MOST]
            ),
        )
        _print_rest(paper, len(found))
    for title, counter in (("conflicts by reason", figures.conflicts), ("changed elsewhere", figures.drift_by)):
        if counter:
            paper.line("")
            paper.table(((title, 60), ("number", 0)), _largest(counter))
            _print_rest(paper, len(counter))
    if figures.groups:
        paper.line("")
        most = sorted(figures.groups.items(), key=lambda item: (-item[1].number, item[0]))
        paper.table(_GROUPS, ((visible(name), f"{each.joins:,}", f"{each.leaves:,}") for name, each in most[:_MOST]))
        _print_rest(paper, len(most))


def _largest(counter: Counter[str]) -> list[tuple[str, str]]:
    found = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return [(visible(name), f"{number:,}") for name, number in found[:_MOST]]


def _print_rest(paper: Paper, number: int) -> None:
    if number > _MOST:
        paper.line(f"and {number - _MOST:,} more")


def _print_line(paper: Paper, line: PlanLine, names: Mapping[str, str]) -> None:
    paper.line(f"{line.do} {line.on} {_who(line)}", _HEADING)
    paper.item(f"  {'why':<{_WIDTH}}", visible(line.why), _LABEL)
    for fault in line.faults:
        paper.item(f"  {'conflict':<{_WIDTH}}", visible(fault), _STOP)
    if line.id is not None:
        paper.item(f"  {'id':<{_WIDTH}}", visible(line.id), _LABEL)
    if line.group is not None:
        paper.item(f"  {'group':<{_WIDTH}}", visible(group_name(line)), _LABEL)
    for path, value in sorted(line.condition.items()):
        paper.item(f"  {'only if':<{_WIDTH}}", f"{visible(path)} is {value_text(value)}", _LABEL)
    if line.drift is not None:
        paper.item(f"  {'drift':<{_WIDTH}}", value_text(dict(line.drift)), _LABEL)
    if changed := list(changed_values(line, names)):
        paper.table(_VALUES, ((f"  {each.path}", each.before or "", each.after or "") for each in changed))


def _who(line: PlanLine) -> str:
    named = subject(line)
    return visible(f"{line.key} ({named})" if named and named != line.key else line.key)


def _directory(directory: Mapping[str, Any]) -> str:
    users = directory.get("users")
    count = counted(users, "user") if isinstance(users, int) else "users not counted"
    return f"{count}, read {visible(str(directory.get('how', 'in a way that is not said')))}"


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:,}"


def _end(head: PlanHead, figures: PlanFigures) -> str:
    what = counted(figures.changes, "change") if figures.changes else "nothing to change"
    left = f", {counted(figures.skipped, 'line')} that {'is' if figures.skipped == 1 else 'are'} only reported"
    stopped = f"; stopped by {counted(len(head.stopped), 'guard')}" if head.stopped else ""
    return f"{what}{left if figures.skipped else ''}{stopped}"
