"""How lines about one person are made, so that each holds what has to be so when its turn comes. Pure.

Lines are carried out kind by kind, and each is held against the person as the lines before it leave them: their new
name, their new population.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.pingone.kinds import USERS
from scimbridge.sync.planning.persons import DirectoryPerson
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.plans.lines import (
    ADOPT,
    CONFLICT,
    CREATE,
    DELETE,
    DISABLE,
    ENABLE,
    GROUP,
    JOIN,
    LEAVE,
    MOVE,
    UPDATE,
    PlanLine,
)

Values = dict[str, Any]
ORDER: Mapping[tuple[str, bool], int] = {
    (DISABLE, False): 0, (LEAVE, False): 1, (CREATE, True): 2, (CREATE, False): 3, (ADOPT, False): 4,
    (UPDATE, False): 5, (MOVE, False): 6, (ENABLE, False): 7, (JOIN, False): 8, (DELETE, False): 9,
    (CONFLICT, False): 10, (CONFLICT, True): 10,
}  # fmt: skip
"""Kind, and whether it is a group -> its place among the lines of a plan, which is that of being carried out."""


def place_of(line: PlanLine) -> int:
    """Return the place of a line's kind."""
    return ORDER[line.do, line.on == GROUP]


class PersonLines:
    """The lines about one person of the directory, made in the order in which they are carried out.

    `just` are the kinds that the plan has: what a line of another kind would change stays as it is. `condition` and
    `user_name` are the person's as the lines so far leave them.
    """

    def __init__(self, rules: RulesInUse, key: str, person: DirectoryPerson, just: frozenset[str]) -> None:
        self._rules = rules
        self._key = key
        self._person = person
        self._just = just
        self.condition = person.condition(rules)
        self.user_name = person.user_name
        self.lines: list[PlanLine] = []

    def add(self, do: str, why: str, before: Values, after: Values, faults: tuple[str, ...] = ()) -> None:
        """Add a line, if the plan has any of its kind."""
        if self._just and do not in self._just:
            return
        condition = {name: value for name, value in self.condition.items() if name not in before}
        if do in (DISABLE, MOVE, DELETE):
            condition |= {name: self._person.held[name] for name in self._rules.scope.shields}
        self.lines.append(PlanLine(
            do=do, key=self._key, id=self._person.id, user_name=self.user_name, why=why, condition=condition,
            before=before, after=after, faults=faults, reason="found by another path than the key" if faults else "",
        ))  # fmt: skip
        if faults:
            return
        self.condition = {name: after.get(name, value) for name, value in self.condition.items()}
        renamed = next((after[name] for name in after if self._rules.rows[name].native == USERS.unique), None)
        if isinstance(renamed, str):
            self.user_name = renamed

    def conflict(self, why: str, faults: tuple[str, ...], reason: str) -> None:
        """Add a line that says what is not done."""
        self.lines.append(conflict(self._key, why, faults, reason, self._person))


def conflict(
    key: str, why: str, faults: tuple[str, ...], reason: str, person: DirectoryPerson | None = None
) -> PlanLine:
    """Return a line that says why nothing is done."""
    return PlanLine(
        do=CONFLICT, key=key, id=None if person is None else person.id, why=why, faults=faults, reason=reason,
        user_name="" if person is None else person.user_name,
    )  # fmt: skip
