"""A plan as one JSON document, streamed: its lines are as they stand in the file, so that scripts need one language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

import orjson

from scimbridge.ops.printing.documents import write_document
from scimbridge.sync.plans.encoding import head_object, line_object
from scimbridge.sync.plans.lines import PlanLine
from scimbridge.sync.plans.reading import PlanFile
from scimbridge.sync.printing.figures import PlanFigures

CHECKED, UNCHECKED = "verified", "not checked"


def write_plan_document(stream: TextIO, plan: PlanFile, figures: PlanFigures) -> None:
    """Write a whole plan: `plan` is its head, `seal` whether it was looked at, then figures and every line."""
    begin = {
        "plan": head_object(plan.head),
        "seal": _seal(plan),
        "end": {"lines": plan.end.lines, "digest": plan.end.digest},
        "figures": _figures(figures),
    }
    stream.write(orjson.dumps(begin).decode()[:-1] + ',"lines":[')
    stream.writelines(
        (",\n" if number else "\n") + orjson.dumps(line_object(line)).decode()
        for number, line in enumerate(plan.lines())
    )
    stream.write("\n]}\n")


def write_person_document(stream: TextIO, plan: PlanFile, key: str, lines: Iterable[PlanLine]) -> None:
    """Write the lines about one person or group."""
    found = [line_object(line) for line in lines]
    write_document(stream, {"plan": plan.head.id, "seal": _seal(plan), "key": key, "lines": found})


def _seal(plan: PlanFile) -> str:
    return CHECKED if plan.is_sealed else UNCHECKED


def _figures(figures: PlanFigures) -> dict[str, Any]:
    return {
        "changes": figures.changes,
        "skipped": figures.skipped,
        "counts": dict(figures.counts),
        "conflicts": dict(figures.conflicts),
        "drift": {"lines": figures.drifted, "by": dict(figures.drift_by), "paths": dict(figures.drift_paths)},
        "paths": dict(figures.paths),
        "groups": {name: {"join": each.joins, "leave": each.leaves} for name, each in figures.groups.items()},
    }
