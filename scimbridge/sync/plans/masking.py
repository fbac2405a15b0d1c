"""A plan without values, for those who shall see what changes and not to what: names of attributes only. Pure.

Keys of people, ids of PingOne and names of groups and populations stay, since lines are told apart by them. Sentences
are replaced by one for their kind: nobody can tell whether a sentence has a value in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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

MASK = "***"
WHY: Mapping[str, str] = {
    CREATE: "Is in the source and not in the directory.",
    ADOPT: "Was found in the directory by another attribute than the key.",
    UPDATE: "Has other values in the source.",
    ENABLE: "Is active in the source.",
    DISABLE: "Is not active in the source, or is missing there.",
    MOVE: "Belongs to another population by the rules.",
    JOIN: "Is a member of the group in the source.",
    LEAVE: "Is not a member of the group in the source.",
    DELETE: "Has been missing in the source for longer than the grace.",
    CONFLICT: "Cannot be decided, so nothing is changed.",
}
"""What may be said of a line whatever its values are."""


def mask_line(line: PlanLine) -> PlanLine:
    """Return a line with no value of a person's, save key and ids."""
    return replace(
        line,
        user_name="",
        why=WHY.get(line.do, ""),
        condition=_masked(line.condition),
        before=_masked(line.before),
        after=_masked(line.after),
        drift=None if line.drift is None else _masked(line.drift),
        faults=(MASK,) * len(line.faults),
    )


def mask_head(head: PlanHead) -> PlanHead:
    """Return a head that says that its plan is masked, so that nobody applies it."""
    return replace(head, masked=True, applied={})


def _masked(values: Mapping[str, Any]) -> dict[str, str]:
    return dict.fromkeys(values, MASK)
