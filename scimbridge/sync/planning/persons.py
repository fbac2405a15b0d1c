"""A person of the directory as planning sees one: in scope or not, protected or not, what is managed of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.pingone.facets import ENABLED, POPULATION
from scimbridge.pingone.kinds import USERS
from scimbridge.sides import Native, Resource
from scimbridge.sync.planning.rules_in_use import RulesInUse

Values = dict[str, Any]
GroupsOf = Callable[[str], Iterable[str]]
"""Of the groups that a filter asks about, those that a person is in."""


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """One person. `label` is its key, else its user name: what its lines are found by.

    `held` has the value of every path that the rules look at, None for none. `protected` is the filter that does so.
    `marks` are what rows are matched by, path by path.
    """

    id: str
    user_name: str
    label: str
    population: str | None
    active: bool
    in_scope: bool
    protected: str
    held: Values
    marks: tuple[str | None, ...]
    key: str | None

    def condition(self, rules: RulesInUse) -> Values:
        """Return what has to hold of this person when a line is applied: it is this one, and in scope still."""
        names = dict.fromkeys((rules.key, *rules.scope.names))
        found = {name: self.held[name] for name in names}
        if rules.scope.populations is not None and rules.population:
            found[rules.population] = self.population
        return found


class PersonReader:
    """Reads PingOne's records by the rules of one file."""

    def __init__(self, rules: RulesInUse, groups_of: GroupsOf) -> None:
        self._rules = rules
        self._groups_of = groups_of
        self._included = next((row.to[0] for row in rules.table.rows if row.include), None)

    def resource(self, record: Native) -> Resource:
        """Return a record in SCIM's terms, with the groups that filters ask about."""
        if self._rules.scope.groups and self._included:
            record = Native({**record, self._included: list(self._groups_of(record["id"]))})
        return self._rules.answer(record, "")

    def read(self, record: Native) -> DirectoryPerson:
        """Return the person of a record."""
        rules, resource = self._rules, self.resource(record)
        population = read_field(record, POPULATION.path)
        held = {name: rules.paths.value(resource, name) for name in rules.names}
        marks = tuple(rules.fold(name, held[name]) for name in rules.marks)
        user_name = record.get(str(USERS.unique))
        key = held[rules.key]
        return DirectoryPerson(
            id=record["id"],
            user_name=user_name if isinstance(user_name, str) else "",
            label=str(key or user_name or record["id"]),
            population=population if isinstance(population, str) else None,
            active=read_field(record, ENABLED.path) is not False,
            in_scope=rules.scope.holds(resource, population),
            protected=rules.scope.protection(resource),
            held=held,
            marks=marks,
            key=rules.fold(rules.key, key),
        )
