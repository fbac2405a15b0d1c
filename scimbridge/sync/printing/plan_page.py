"""A plan as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.

What the page looks like stands in the folder `page`; here are the values that it shows. Everything that is shown is
escaped by the template engine, and made visible before that (see `describing`), in one place for all of the page.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from scimbridge.sync.plans.lines import (
    ADOPT,
    CONFLICT,
    CREATE,
    DELETE,
    DISABLE,
    ENABLE,
    JOIN,
    LEAVE,
    MOVE,
    UPDATE,
    PlanHead,
    PlanLine,
)
from scimbridge.sync.plans.past_runs import PastRun
from scimbridge.sync.plans.reading import PlanFile
from scimbridge.sync.printing import describing
from scimbridge.sync.printing.figures import (
    GroupTurnover,
    PlanFigures,
    PopulationChange,
    guard_counts,
    ordered,
    population_changes,
    population_names,
)
from scimbridge.sync.printing.plan_text import facts, how_to_allow
from scimbridge.sync.printing.plots import ColumnPlot, PlotBar, bars_of, pair_bars, plot_columns

FIRST = 200
"""So many lines of each kind stand on the page; a browser opens it whatever the plan has."""
_BARS = 15
_RUNS = 12
MEANINGS: Mapping[str, str] = {
    CREATE: "In the source and not in the directory.",
    ADOPT: "Found in the directory by something else than the key.",
    UPDATE: "Has other values in the source.",
    ENABLE: "Active in the source, and not in the directory.",
    DISABLE: "Left, or not active in the source.",
    MOVE: "Belongs to another population.",
    JOIN: "Comes into a group.",
    LEAVE: "Leaves a group.",
    DELETE: "Missing for longer than the grace.",
    CONFLICT: "Cannot be decided; nothing is changed.",
}


@dataclass(frozen=True, slots=True)
class GuardRow:
    """A kind of lines, or a guard of its own, against what may be at most, and against the runs before."""

    name: str
    number: int
    most: int | None
    percent: float | None
    limit: float | None
    plot: ColumnPlot | None
    is_stopped: bool


@dataclass(frozen=True, slots=True)
class PlotSection:
    """Bars with a title, and how many more there are."""

    key: str
    title: str
    about: str
    bars: Sequence[PlotBar]
    more: int


@dataclass(frozen=True, slots=True)
class KindSection:
    """The first lines of one kind, and how many more there are."""

    kind: str
    meaning: str
    number: int
    lines: Sequence[PlanLine]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """All that stands on the page."""

    title: str
    file: str
    head: PlanHead
    is_sealed: bool
    verdict: str
    allow: str
    rows: int | None
    changes: int
    skipped: int
    facts: Sequence[tuple[str, str]]
    hashes: Sequence[tuple[str, str]]
    guards: Sequence[GuardRow]
    runs: int
    populations: Sequence[tuple[PopulationChange, PlotBar]]
    populations_more: int
    groups: Sequence[PlotBar]
    groups_more: int
    turnovers: Mapping[str, GroupTurnover]
    names: Mapping[str, str]
    plots: Sequence[PlotSection]
    kinds: Sequence[KindSection]


def write_plan_page(stream: TextIO, plan: PlanFile, figures: PlanFigures, past: Sequence[PastRun]) -> None:
    """Write the page. `figures` have the first lines of each kind."""
    css = _style()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    page = make_page(plan, figures, past)
    style = Markup(css)  # noqa: S704 - it is ours
    stream.writelines(_engine().get_template("plan.html").generate(page=page, css=style, digest=digest))
    stream.write("\n")


def make_page(plan: PlanFile, figures: PlanFigures, past: Sequence[PastRun]) -> PlanPage:
    """Return what stands on the page."""
    head = plan.head
    populations = population_changes(head, figures)
    shown = populations[:_BARS]
    groups = sorted(figures.groups.items(), key=lambda item: (-item[1].number, item[0]))
    past = past[-_RUNS:]
    return PlanPage(
        title=f"Plan of {head.rules_file.rpartition('/')[2]}",
        file=str(plan.path),
        head=head,
        is_sealed=plan.is_sealed,
        verdict="stopped" if head.stopped else "changes" if figures.changes else "nothing",
        allow=how_to_allow(head) if head.stopped else "",
        rows=rows if isinstance(rows := head.source.get("rows"), int) else None,
        changes=figures.changes,
        skipped=figures.skipped,
        facts=facts(plan),
        hashes=_hashes(plan),
        guards=[_guard_row(head, figures, past, name) for name in ordered({*figures.counts, *head.guards})],
        runs=len(past),
        populations=list(zip(shown, pair_bars((e.name, e.before or 0, e.after or 0) for e in shown), strict=True)),
        populations_more=len(populations) - len(shown),
        groups=pair_bars((name, each.joins, each.leaves) for name, each in groups[:_BARS]),
        groups_more=len(groups) - len(groups[:_BARS]),
        turnovers=figures.groups,
        names=population_names(head),
        plots=list(_plots(figures)),
        kinds=[_kind_section(figures, kind) for kind in ordered(figures.counts)],
    )


def _guard_row(head: PlanHead, figures: PlanFigures, past: Sequence[PastRun], name: str) -> GuardRow:
    number, most = guard_counts(head, figures, name)
    whole = max(number, most or 0, 1)
    plot = None
    if past and name in figures.counts:
        before = [(run.counts.get(name, 0), describing.moment(run.when)) for run in past]
        columns = [(count, f"{when}: {count:,}") for count, when in before]
        plot = plot_columns([*columns, (number, f"this plan: {number:,}")], most)
    return GuardRow(
        name, number, most,
        percent=None if most is None else max(100 * number / whole, 0.5 if number else 0.0),
        limit=None if most is None else 100 * most / whole,
        plot=plot,
        is_stopped=any(each.name == name for each in head.stopped),
    )  # fmt: skip


def _plots(figures: PlanFigures) -> list[PlotSection]:
    short = Counter[str]()
    for path, number in figures.paths.items():
        short[describing.short_path(path)] += number
    plain: tuple[tuple[str, str, str, Counter[str]], ...] = (
        ("conflicts", "Conflicts by reason", "Nothing is changed for these; mend the source or the rules.",
         figures.conflicts),
        ("paths", "What changes", "Lines that change a value, by attribute.", short),
        ("drift", "Changed elsewhere, by attribute", "Values that somebody else has set since they were last applied.",
         figures.drift_paths),
        ("drift-by", "Changed elsewhere, by whom", "As far as PingOne tells.", figures.drift_by),
    )  # fmt: skip
    found = []
    for key, title, about, counter in plain:
        if counter:
            found.append(PlotSection(key, title, about, *bars_of(counter, _BARS)))
    return found


def _kind_section(figures: PlanFigures, kind: str) -> KindSection:
    lines = figures.first[kind][:FIRST]
    number = figures.counts[kind]
    return KindSection(kind, MEANINGS.get(kind, ""), number, lines, number - len(lines))


def _hashes(plan: PlanFile) -> list[tuple[str, str]]:
    head = plan.head
    found = [("tables", head.tables), ("rules", head.rules), ("scope", head.scope)]
    origins = (("source", head.source), ("groups", head.groups or {}))
    found += [(what, str(each["digest"])) for what, each in origins if "digest" in each]
    return [*found, ("all lines", plan.end.digest)]


# -- the template engine -----------------------------------------------------------------------------------------------


@cache
def _engine() -> Environment:
    engine = Environment(
        loader=PackageLoader("scimbridge.sync.printing", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    engine.filters["number"] = "{:,}".format
    engine.filters["percent"] = "{:.2f}%".format
    engine.globals |= {
        name: getattr(describing, name)
        for name in ("changed_values", "counted", "group_name", "subject", "summary", "value_text")
    }
    return engine


def _shown(value: Any) -> Any:
    """Make what the page shows visible, save what is markup of ours."""
    return describing.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _style() -> str:
    source, _name, _fresh = _engine().loader.get_source(_engine(), "plan.css")  # type: ignore[union-attr]
    return source
