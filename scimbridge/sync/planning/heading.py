"""The head of a plan: what it was made of, what it comes to, and what is kept once it is applied. Reads the store."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson

from scimbridge import __version__
from scimbridge.mapping.tables.table import Table
from scimbridge.sync.planning.guards import GuardCount
from scimbridge.sync.planning.last_applied import LastApplied
from scimbridge.sync.planning.loading import LoadedSource
from scimbridge.sync.planning.placing import PopulationRules
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.planning.store import PlanStore, read_line
from scimbridge.sync.plans.lines import CREATE, DELETE, KINDS, MOVE, USER, PlanHead
from scimbridge.sync.sources.rows import Provenance

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEnvironment:
    """The environment that a plan is for: its id, its tables, and where new people go for whom no rule holds."""

    id: str
    tables: str
    users: Table
    groups: Table
    default_population: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """What was read: sources, how the directory was walked and counted, and since when people are missing.

    `is_part`: the plan is about some keys or kinds.
    """

    people: LoadedSource
    pairs: LoadedSource | None
    how: str
    counted: tuple[int | None, ...]
    missing: dict[str, float]
    is_part: bool


class PlanHeading:
    """Makes the head of one plan."""

    def __init__(
        self,
        environment: PlannedEnvironment,
        rules: RulesInUse,
        places: PopulationRules,
        store: PlanStore,
        last: LastApplied,
        now: float,
    ) -> None:
        self._environment = environment
        self._rules = rules
        self._places = places
        self._store = store
        self._last = last
        self._now = now

    def head(self, key: str, inputs: PlanInputs, found: list[GuardCount]) -> PlanHead:
        """Return the head of the plan of that id, with the guards as they were found."""
        rules, store = self._rules.rules, self._store
        return PlanHead(
            format=FORMAT,
            id=key,
            made=self._now,
            version=__version__,
            environment=self._environment.id,
            tables=self._environment.tables,
            rules=rules.digest,
            scope=self._scope(),
            rules_file=rules.file,
            source=_provenance(inputs.people.provenance),
            groups=None if inputs.pairs is None else _provenance(inputs.pairs.provenance),
            directory={
                "how": inputs.how,
                "users": store.number("SELECT count(*) FROM users"),
                "counted": list(inputs.counted),
            },
            people=people_in_scope(store),
            counts=count_lines(store),
            guards={each.name: {"number": each.number, "most": each.most, "of": each.of} for each in found},
            stopped=tuple(each.stopped() for each in found if each.stops),
            populations=self._populations(),
            full=self._why_full(),
            applied=self.applied(inputs).as_object(),
        )

    def applied(self, inputs: PlanInputs) -> LastApplied:
        """Return what is kept once this is applied: of a plan of some keys or kinds, nothing new."""
        if inputs.is_part:
            return self._last
        rules = self._rules.rules
        return LastApplied(
            at=self._now,
            environment=self._environment.id,
            rules=rules.digest,
            tables=self._environment.tables,
            scope=self._scope(),
            people=inputs.people.applied,
            groups=None if inputs.pairs is None else inputs.pairs.applied,
            key_type=inputs.people.key_type,
            filled=inputs.people.filled,
            missing=inputs.missing if rules.leaver.delete_after is not None else {},
        )

    def _scope(self) -> str:
        scope = self._rules.scope
        populations = None if scope.populations is None else sorted(scope.populations)
        held = [populations, self._rules.rules.scope.where, self._rules.rules.scope.protect]
        return hashlib.sha256(orjson.dumps(held)).hexdigest()

    def _why_full(self) -> str:
        last = self._last
        if last.at is None:
            return "nothing was applied by these rules before"
        changed = [
            name
            for name, before, now in (
                ("the rules", last.rules, self._rules.rules.digest),
                ("the tables", last.tables, self._environment.tables),
                ("the scope", last.scope, self._scope()),
            )
            if before != now
        ]
        return f"{' and '.join(changed)} changed since the last apply" if changed else "the whole directory was read"

    def _populations(self) -> dict[str, dict[str, Any]]:
        """Return people in scope by population, before and after the plan."""
        query = "SELECT coalesce(population, ''), count(*) FROM users WHERE scope GROUP BY 1"
        before: Counter[str] = Counter(dict(self._store.each(query)))
        after, path = Counter(before), self._rules.population
        moving = (
            "SELECT l.body, u.population FROM lines l LEFT JOIN users u ON u.id = l.id"
            " WHERE l.target = ? AND l.do IN (?, ?, ?)"
        )
        for body, population in self._store.each(moving, (USER, CREATE, MOVE, DELETE)):
            line = read_line(body)
            if line.do != CREATE:
                after[population or ""] -= 1
            if line.do != DELETE:
                after[line.after.get(path) or ""] += 1
        return {
            key: {"name": self._places.name(key), "before": before[key], "after": after[key]}
            for key in sorted({*before, *after})
        }


def people_in_scope(store: PlanStore) -> int:
    """Return how many people of the directory the rules are about."""
    return store.number("SELECT count(*) FROM users WHERE scope")


def count_changes(store: PlanStore) -> dict[str, int]:
    """Return how many lines there are of each kind that change people, without those that are only reported."""
    return dict(store.each("SELECT do, count(*) FROM lines WHERE target = ? AND NOT idle GROUP BY do", (USER,)))


def count_lines(store: PlanStore) -> dict[str, int]:
    """Return how many lines there are of each kind."""
    found: dict[str, int] = dict(store.each("SELECT do, count(*) FROM lines GROUP BY do"))
    return {kind: found[kind] for kind in KINDS if kind in found}


def _provenance(found: Provenance) -> dict[str, Any]:
    return {"name": found.name, "digest": found.digest, "rows": found.rows, "made": found.made}
