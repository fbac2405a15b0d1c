"""What becomes of who is missing in the source: nothing, a disable, and a delete once the grace is over. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from scimbridge.sync.planning.line_making import PersonLines, conflict
from scimbridge.sync.planning.persons import DirectoryPerson
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.plans.lines import DELETE, DISABLE, PlanLine
from scimbridge.sync.rules.values import DELETE as REMOVED
from scimbridge.sync.rules.values import DISABLE as OFF


def plan_leaver(
    rules: RulesInUse, person: DirectoryPerson, since: float, now: float, just: frozenset[str]
) -> Iterator[PlanLine]:
    """Yield the line about somebody who is missing since then; nobody is deleted who can still sign in.

    Only `missing = "delete"` with a grace of nothing, which says so, deletes at once.
    """
    leaver, active = rules.rules.leaver, rules.active
    if leaver.missing not in (OFF, REMOVED):
        return
    day = dt.datetime.fromtimestamp(since, dt.UTC).date().isoformat()
    why = f"is missing in the source since {day}"
    at_once = leaver.missing == REMOVED and leaver.delete_after == 0
    is_over = leaver.delete_after is not None and now - since >= leaver.delete_after
    made = PersonLines(rules, person.label, person, just)
    if is_over and (at_once or not person.active):
        before = {active: person.held[active]} if active else {}
        made.add(DELETE, why, before, {})
    elif person.active and active:
        made.add(DISABLE, why, {active: person.held[active]}, {active: False})
    yield from made.lines


def tell_protected(person: DirectoryPerson) -> PlanLine:
    """Return the line about somebody who has a key, is missing and protected."""
    return conflict(
        person.label,
        "is missing in the source, is protected, and stays as it is",
        (f"[scope] protect = {person.protected!r} holds, so the person is neither disabled nor deleted",),
        "protected, missing in the source",
        person,
    )
