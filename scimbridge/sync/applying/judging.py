"""Whether a line may still be carried out: the present state held against what the plan was made of. Pure.

Path by path: what is still as it was is changed, what is already as it shall be stays so, and what is neither was
changed by another hand. So a line that was carried out half way is carried on, and nothing of others is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from scimbridge.scim.reading import is_same
from scimbridge.sync.plans.lines import DELETE, PlanLine
from scimbridge.sync.plans.managed_paths import ManagedPaths


class LineStanding(Enum):
    """How a line stands."""

    STANDS = "stands"
    ALREADY = "already"
    DRIFTED = "drifted"


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a line stands, and why it does not: names of attributes, and no values."""

    standing: LineStanding
    why: str = ""


GONE = Judgement(LineStanding.DRIFTED, "it is not there any more")
STANDS, ALREADY = Judgement(LineStanding.STANDS), Judgement(LineStanding.ALREADY)


def judge(line: PlanLine, resource: Mapping[str, Any] | None, paths: ManagedPaths) -> Judgement:
    """Return how a line stands against a resource as it is, None where there is none any more."""
    if resource is None:
        return ALREADY if line.do == DELETE else GONE
    if line.after and holds(line.after, resource, paths):
        return ALREADY
    changed = [path for path, value in line.condition.items() if not is_same(paths.value(resource, path), value)]
    for path in line.before.keys() | line.after.keys():
        here = paths.value(resource, path)
        aims = (line.before.get(path), *([line.after.get(path)] if line.after else []))
        if not any(is_same(here, each) for each in aims):
            changed.append(path)
    if changed:
        return Judgement(LineStanding.DRIFTED, f"changed by another hand: {', '.join(sorted(set(changed)))}")
    return STANDS


def holds(values: Mapping[str, Any], resource: Mapping[str, Any], paths: ManagedPaths) -> bool:
    """Whether a resource has these values at their paths."""
    return all(is_same(paths.value(resource, path), value) for path, value in values.items())


def has_nothing_to_hold(line: PlanLine) -> bool:
    """Whether a line says nothing that could tell whether it still stands."""
    return not (line.before or line.condition)
