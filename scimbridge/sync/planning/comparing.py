"""What has to change of one person so that it is what its row wants, as lines. Pure.

Compared as `mapping.plan` compares: the present resource against itself with the managed values laid over it. What no
row of the rules names is equal on both sides and never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scimbridge.mapping.plan import plan_change
from scimbridge.mapping.translate import silent
from scimbridge.scim.errors import ScimError
from scimbridge.scim.reading import Manner
from scimbridge.sides import Native, Resource
from scimbridge.sync.planning.line_making import PersonLines, conflict
from scimbridge.sync.planning.persons import DirectoryPerson
from scimbridge.sync.planning.placing import PopulationRules
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.planning.wanted import WantedPerson
from scimbridge.sync.plans.lines import ADOPT, CREATE, DISABLE, ENABLE, MOVE, UPDATE, PlanLine

Values = dict[str, Any]
Taken = Callable[[str, str], bool]
"""(path, folded value) -> whether somebody else has or wants that value."""
_EXACT = Manner(True, silent)


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """What is planned for one row: its lines, and what the person is like behind them.

    `settled`: it is known who that is and what becomes of them, so that memberships can be planned. `cleared` are
    attributes that lose their value.
    """

    lines: tuple[PlanLine, ...]
    settled: bool = False
    population: str | None = None
    condition: Values = field(default_factory=dict)
    user_name: str = ""
    cleared: tuple[str, ...] = ()


class _Unfit(Exception):
    """Why a row cannot be carried out: a sentence, and its kind without a value."""

    def __init__(self, fault: str, reason: str) -> None:
        super().__init__(fault)
        self.reason = reason


class PersonComparison:
    """Compares rows with people. `just` are the kinds of lines that the plan has, none for all."""

    def __init__(self, rules: RulesInUse, places: PopulationRules, just: frozenset[str]) -> None:
        self._rules = rules
        self._places = places
        self._just = just

    # -- somebody new ----------------------------------------------------------------------------------------------

    def create(self, wanted: WantedPerson, taken: Taken) -> PlannedPerson:
        """Return what makes a person that the directory does not have."""
        values = {name: value for name, value in {**wanted.values, **wanted.initial}.items() if value is not None}
        try:
            self._check_unique(values, taken)
            self._check_required(values)
            resource = self._rules.new_resource(values)
            population = self._places.new(resource)
            self._check_new(resource, population)
        except _Unfit as unfit:
            return _unfit(wanted, unfit)
        if population is not None and self._rules.population:
            values[self._rules.population] = population
        line = PlanLine(
            do=CREATE, key=wanted.key, why=f"is in the source (line {wanted.line:,}) and not in the directory",
            after=values,
        )  # fmt: skip
        is_made = not self._just or CREATE in self._just
        return PlannedPerson((line,) if is_made else (), is_made, population)

    def _check_required(self, values: Values) -> None:
        """Raise `_Unfit` for what nobody is made without; each value by itself was held to PingOne's limits."""
        missing = [name for name in self._rules.required if name not in values]
        if missing:
            raise _Unfit(f"{', '.join(missing)}: nobody is made without a value", "no value where one is required")

    def _check_new(self, resource: Resource, population: str | None) -> None:
        born = Resource({"active": True, **resource})
        if not self._rules.scope.holds(born, population):
            raise _Unfit(
                "the person would be outside of [scope], and nobody would look after them then"
                f" (population {self._places.name(population) or 'unknown'!r})",
                "would be made outside of the scope",
            )

    def _check_unique(self, values: Mapping[str, Any], taken: Taken) -> None:
        for name in self._rules.uniques:
            fold = self._rules.fold(name, values.get(name))
            if fold is not None and taken(name, fold):
                raise _Unfit(
                    f"{name}: somebody else has this value, or wants it too; PingOne has each value once",
                    f"{name} is somebody else's",
                )

    # -- somebody who is there -------------------------------------------------------------------------------------

    def change(
        self,
        wanted: WantedPerson,
        person: DirectoryPerson,
        record: Native,
        resource: Resource,
        taken: Taken,
        *,
        adopted: str = "",
    ) -> PlannedPerson:
        """Return what makes a person what the row wants; `adopted` is the path by which it was found, "" by its key."""
        values = {name: value for name, value in wanted.values.items() if self._differs(person, name, value)}
        if not (person.in_scope or values or adopted) and wanted.values.get(self._rules.active) is False:
            return PlannedPerson(())  # who was disabled may have left the scope by that, and nothing is left to do
        if not person.in_scope:
            return _unfit(wanted, _Unfit(
                "the person is outside of [scope], and nobody there is changed", "outside of the scope"
            ), person)  # fmt: skip
        if adopted:
            values.setdefault(self._rules.key, wanted.values.get(self._rules.key, wanted.initial.get(self._rules.key)))
        try:
            self._check_unique(values, taken)
            place, rest = self._check_change(person, record, resource, values)
        except _Unfit as unfit:
            if adopted:
                return _unfit(wanted, unfit, person)
            return self.refuse(wanted, person, (str(unfit),), unfit.reason)
        if adopted and not self._rules.rules.match.adopt:
            return self._not_adopted(wanted, person, rest, adopted)
        made = self._lines(wanted, person, values, rest, place, adopted)
        moved = place if any(line.do == MOVE for line in made.lines) else person.population
        is_ours = not adopted or not self._just or ADOPT in self._just
        return PlannedPerson(
            tuple(made.lines) if is_ours else (),
            is_ours, moved, made.condition, made.user_name,
            tuple(name for name, value in rest.items() if value is None),
        )  # fmt: skip

    def refuse(
        self, wanted: WantedPerson, person: DirectoryPerson, faults: tuple[str, ...], reason: str
    ) -> PlannedPerson:
        """Return what is done for a row of this key that cannot be carried out: no more than a disable.

        Whom the source wants disabled must not stay signed on because the rest of the row is wrong.
        """
        made, active = PersonLines(self._rules, wanted.key, person, self._just), self._rules.active
        is_off = wanted.values.get(active) is False
        if is_off and person.in_scope and not person.protected and self._differs(person, active, False):
            why = f"line {wanted.line:,} of the source says so, whatever else is wrong with it"
            made.add(DISABLE, why, _held(person, [active]), {active: False})
        made.conflict(f"line {wanted.line:,} of the source cannot be carried out", faults, reason)
        return PlannedPerson(tuple(made.lines))

    def _differs(self, person: DirectoryPerson, name: str, value: Any) -> bool:
        return not self._rules.same(name, person.held[name], value)

    def _check_change(
        self, person: DirectoryPerson, record: Native, resource: Resource, values: Values
    ) -> tuple[str | None, Values]:
        """Return where the person belongs, and what of the values an update writes. Raises `_Unfit`."""
        rest = {name: value for name, value in values.items() if name != self._rules.active}
        try:
            after = self._rules.paths.lay(resource, rest) if rest else resource
            changes = plan_change(self._rules.table, record, resource, after, _EXACT) if rest else None
            still_on = after
            if len(rest) < len(values):
                after = self._rules.paths.lay(after, values)
                # Who is disabled may leave a scope of active people: who has to go does not stay for that.
                still_on = after if values[self._rules.active] else still_on
        except ScimError as error:
            raise _Unfit(str(error), "PingOne would refuse a value") from None
        ruled = self._places.ruled(after)
        place = person.population if ruled is None else ruled.population
        if not self._rules.scope.holds(still_on, place):
            raise _Unfit(
                f"the change would take the person out of [scope], where nobody looks after them"
                f" (population {self._places.name(place)!r})",
                "would leave the scope",
            )
        return place, rest if changes else {}

    def _not_adopted(self, wanted: WantedPerson, person: DirectoryPerson, rest: Values, path: str) -> PlannedPerson:
        lines = PersonLines(self._rules, wanted.key, person, self._just)
        fault = f"[match] adopt = false: found by {path} and not by the key, so it is reported and skipped"
        lines.add(ADOPT, f"is found by {path}, and has no key yet", _held(person, rest), rest, (fault,))
        return PlannedPerson(tuple(lines.lines))

    def _lines(
        self,
        wanted: WantedPerson,
        person: DirectoryPerson,
        values: Values,
        rest: Values,
        place: str | None,
        adopted: str,
    ) -> PersonLines:
        made, active = PersonLines(self._rules, wanted.key, person, self._just), self._rules.active
        off, on = values.get(active) is False, values.get(active) is True
        if off and person.protected:
            _protect(made, person, "disabled")
        elif off:
            made.add(DISABLE, f"line {wanted.line:,} of the source says so", _held(person, [active]), {active: False})
        if adopted:
            why = f"is found by {adopted}, and gets the key of line {wanted.line:,}"
            made.add(ADOPT, why, _held(person, rest), rest)
        elif rest:
            why = f"{', '.join(rest)}: line {wanted.line:,} of the source says otherwise"
            made.add(UPDATE, why, _held(person, rest), rest)
        if place != person.population and place is not None and self._rules.population:
            if person.protected:
                _protect(made, person, "moved")
            else:
                path = self._rules.population
                why = f"belongs to the population {self._places.name(place)!r} by its rule"
                made.add(MOVE, why, {path: person.population}, {path: place})
        if on:
            made.add(ENABLE, f"line {wanted.line:,} of the source says so", _held(person, [active]), {active: True})
        return made


def _held(person: DirectoryPerson, names: Mapping[str, Any] | list[str]) -> Values:
    return {name: person.held[name] for name in names}


def _protect(made: PersonLines, person: DirectoryPerson, what: str) -> None:
    made.conflict(
        f"is protected, and is not {what}",
        (f"[scope] protect = {person.protected!r} holds, so the person is not {what}",),
        f"protected, not {what}",
    )


def _unfit(wanted: WantedPerson, unfit: _Unfit, person: DirectoryPerson | None = None) -> PlannedPerson:
    why = f"line {wanted.line:,} of the source cannot be carried out"
    return PlannedPerson((conflict(wanted.key, why, (str(unfit),), unfit.reason, person),))
