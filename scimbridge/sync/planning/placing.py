"""Where people belong: the `[[population]]` rules of the users' table, for who is new and for who is there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.sync.planning.rules_in_use import Unplannable, find_population


@dataclass(frozen=True, slots=True)
class RuledPlace:
    """The population that a rule gives somebody, and where that rule stands."""

    population: str
    named_in: str


class PopulationRules:
    """The rules of a table, their populations found; `default` is where somebody new goes for whom none holds."""

    def __init__(
        self, table: Table, populations: Mapping[str, str], default: str | None, own_default: str | None
    ) -> None:
        self.names = populations
        self._rules = []
        faults = []
        for number, rule in enumerate(table.populations, 1):
            where = f"[[population]] {number} of {table.file}"
            found = find_population(rule.use, populations)
            if found is None:
                faults.append(f"{where}: use = {rule.use!r}: the environment has no such population, or several")
            else:
                self._rules.append((compile_filter(rule.when, rule.type), RuledPlace(found, where)))
        if faults:
            raise Unplannable(faults)
        self._default = default or own_default

    def ruled(self, resource: Mapping[str, Any]) -> RuledPlace | None:
        """Return where a rule puts somebody, None where none holds: who is there stays where they are."""
        return next((place for holds, place in self._rules if holds(dict(resource))), None)

    def new(self, resource: Mapping[str, Any]) -> str | None:
        """Return the population that somebody new comes to, None where nobody knows."""
        ruled = self.ruled(resource)
        return self._default if ruled is None else ruled.population

    def name(self, population: str | None) -> str:
        """Return the name of a population, for people."""
        return "" if population is None else self.names.get(population, population)
