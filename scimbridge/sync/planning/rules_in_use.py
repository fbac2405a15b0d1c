"""Rules held against the tables and populations of one environment: what planning asks them for each row and person.

Compiled once. What does not fit is refused here, before anybody is read. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.membership_questions import Questions
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import compile_answer, encode
from scimbridge.pingone.facets import ENABLED, POPULATION
from scimbridge.scim import dialects
from scimbridge.scim.errors import InvalidFilter, InvalidPath
from scimbridge.scim.filtering import trees
from scimbridge.scim.filtering.comparing import parse_instant
from scimbridge.scim.reading import Manner, is_empty, is_same
from scimbridge.sides import Resource
from scimbridge.sync.plans.managed_paths import ManagedPaths
from scimbridge.sync.rules.values import DELETE, KEEP, ManagedAttribute, Rules, ScopeRules

Keeps = Callable[[dict[str, Any]], bool]


class Unplannable(Exception):
    """Rules that do not fit this environment, a sentence each. Nothing was planned."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ScopeInUse:
    """Whom the rules are about: ids of populations (None: all), a filter, and those who are protected.

    `groups` are ids of groups of which a filter asks who is in them. `names` are the paths that filters look at, and
    `shields` those of memberships that protect, which cost a call to look at again.
    """

    populations: frozenset[str] | None
    where: Keeps
    protects: tuple[tuple[str, Keeps], ...]
    groups: tuple[str, ...]
    names: tuple[str, ...]
    shields: tuple[str, ...]

    def holds(self, resource: Mapping[str, Any], population: str | None) -> bool:
        """Whether somebody is in scope."""
        if self.populations is not None and population not in self.populations:
            return False
        return self.where(dict(resource))

    def protection(self, resource: Mapping[str, Any]) -> str:
        """Return the filter that protects somebody, "" for none."""
        return next((text for text, keeps in self.protects if keeps(dict(resource))), "")


class RulesInUse:
    """Rules with the table of users: names, ways to compare, and the whole scope.

    `by` are the paths that matches go by and `uniques` those of which PingOne has each value once; `marks` are all of
    these. `key` is the path of the key, `active` and `population` those that have lines of their own. `names` are all
    paths that are read of a person.
    """

    def __init__(self, rules: Rules, table: Table, populations: Mapping[str, str]) -> None:
        self.rules = rules
        self.table = table
        self.paths = ManagedPaths(table.type)
        self.answer = compile_answer(table)
        self.rows = {name: row for row in table.rows for name in self._names(row)}
        self._attributes = {
            name: (urn, attr)
            for (urn, attr), shape in table.shapes.items()
            for row in shape.rows
            for name in self._names(row)
        }
        self.scope = _compile_scope(rules.scope, self, populations)
        faults = [
            f"{rules.file}: {each.name} has no row in the table of users" for each in rules.attributes
            if each.name not in self.rows
        ]  # fmt: skip
        self.active = self._path_of(ENABLED.name)
        leaver, active = rules.leaver, self.rows.get(self.active)
        at_once = leaver.missing == DELETE and leaver.delete_after == 0
        if leaver.missing != KEEP and rules.people.complete and not at_once and (active is None or not active.writable):
            faults.append(
                f"{rules.file}: [leaver] missing = {leaver.missing!r}: no row of the table of users sets PingOne's"
                f' `{ENABLED.name}`, as active = {{ to = "enabled", via = "enabled" }}, so nobody could be disabled'
            )
        if faults:
            raise Unplannable(faults)
        self.key = rules.key_attribute.name
        self.by = rules.match.by
        managed = [each.name for each in rules.attributes]
        self.uniques = tuple(name for name in managed if self.rows[name].attribute.uniqueness != "none")
        self.marks = tuple(dict.fromkeys((*self.by, self.key, *self.uniques)))
        self.required = tuple(self.name_of(row) for row in table.rows if row.writable and row.attribute.required)
        self.population = self._path_of(POPULATION.name)
        whole = (*managed, *self.scope.names, *self.scope.shields, self.active)
        self.names = tuple(dict.fromkeys(name for name in whole if name))

    def name_of(self, row: Row) -> str:
        """Return the whole name of a row's path: URN and path in an extension, else the path."""
        return f"{row.urn}:{row.spelled}" if row.urn not in ("", self.table.type.schema.urn) else row.spelled

    def _names(self, row: Row) -> Iterator[str]:
        yield self.name_of(row)
        if row.urn == self.table.type.schema.urn:
            yield f"{row.urn}:{row.spelled}"

    def memberships(self, groups: Iterable[str]) -> Iterator[str]:
        """Yield the paths at which somebody has an id of these groups while a member of it."""
        row = next((row for row in self.table.rows if row.include), None)
        if row is None:
            return
        urn = "" if row.urn == self.table.type.schema.urn else f"{row.urn}:"
        for group in groups:
            yield f'{urn}{row.attr}[{row.sub} eq "{group}"].{row.sub}'

    def _path_of(self, facet: str) -> str:
        row = next((row for row in self.table.rows if row.via == facet), None)
        return "" if row is None else self.name_of(row)

    def new_resource(self, values: Mapping[str, Any]) -> Resource:
        """Return a resource of these values, none of them empty: as `paths.resource` does, for very many rows."""
        core = self.table.type.schema.urn
        resource: dict[str, Any] = {"schemas": [core]}
        for name, value in values.items():
            row, (urn, attr) = self.rows[name], self._attributes[name]
            place = resource if urn in ("", core) else resource.setdefault(urn, {})
            if row.sub is None:
                place[attr] = value
            elif row.selector is None and not isinstance(value, list):
                place.setdefault(attr, {})[row.sub] = value
            elif row.selector is None:
                place[attr] = [{row.sub: each} for each in value]
            else:
                elements = place.setdefault(attr, [])
                element = next((each for each in elements if each["type"] == row.selector), None)
                if element is None:
                    elements.append(element := {"type": row.selector})
                element[row.sub] = value
        resource["schemas"] += [each.urn for each in self.table.type.extensions if each.urn in resource]
        return Resource(resource)

    def fold(self, name: str, value: Any) -> str | None:
        """Return what two values of an attribute have in common that are the same there; None where there is none."""
        if is_empty(value) or isinstance(value, list | dict):
            return None
        attribute = self.rows[name].attribute
        if not isinstance(value, str) or (attribute.case_exact and attribute.profile is None):
            return str(value)
        return attribute.fold(value)

    def same(self, name: str, one: Any, other: Any) -> bool:
        """Whether two values of an attribute are one, as far as a change of it is concerned."""
        if is_empty(one) and is_empty(other):
            return True
        if self.rows[name].attribute.type == "dateTime" and isinstance(one, str) and isinstance(other, str):
            return parse_instant(one) == parse_instant(other)
        return is_same(one, other)

    def normal(self, name: str, value: Any) -> Any:
        """Return a value as it is given again once PingOne holds it. Raises `InvalidValue` for what it would refuse."""
        row, left_out = self.rows[name], list[str]()
        native = encode(row, value, Manner(False, left_out.append))
        if left_out:  # a forgiving codec leaves a value out, and rules that are not followed have to be heard of
            native = encode(row, value, Manner(True, left_out.append))
        return None if native is None else row.codec.to_scim(native)

    def stays(self, name: str) -> bool:
        """Whether a value cannot be taken away: that of a field with a call of its own, and what is set once."""
        row = self.rows[name]
        return row.via is not None or row.attribute.mutability == "immutable"

    def managed(self) -> Iterator[ManagedAttribute]:
        """Yield the attributes that the rules manage."""
        return iter(self.rules.attributes)


def find_population(named: str, populations: Mapping[str, str]) -> str | None:
    """Return the id of a population that is named by id or by name, None where there is none, or several."""
    if named in populations:
        return named
    found = [key for key, name in populations.items() if name == named]
    return found[0] if len(found) == 1 else None


def _compile_scope(scope: ScopeRules, rules: RulesInUse, populations: Mapping[str, str]) -> ScopeInUse:
    faults: list[str] = []
    ids = set()
    for named in scope.populations:
        found = find_population(named, populations)
        if found is None:
            known = ", ".join(sorted(map(repr, populations.values()))[:12])
            faults.append(
                f"{rules.rules.file}: [scope] populations: the environment has no population {named!r}, or several of"
                f" that name (it has {known})"
            )
        else:
            ids.add(found)
    words = list(_compile_filters(scope, rules, faults))
    if faults:
        raise Unplannable(faults)
    where, *protects = words
    return ScopeInUse(
        frozenset(ids) if scope.populations else None,
        where.keeps,
        tuple((each.text, each.keeps) for each in protects),
        tuple(dict.fromkeys(key for each in words for key in each.groups)),
        tuple(dict.fromkeys((*(name for each in words for name in each.names), *rules.memberships(where.groups)))),
        tuple(rules.memberships(dict.fromkeys(key for each in protects for key in each.groups))),
    )


@dataclass(frozen=True, slots=True)
class _ScopeWord:
    text: str
    keeps: Keeps
    groups: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def _compile_filters(scope: ScopeRules, rules: RulesInUse, faults: list[str]) -> Iterator[_ScopeWord]:
    for word, text in (("where", scope.where), *(("protect", each) for each in scope.protect)):
        where = f"{rules.rules.file}: [scope] {word} = {text!r}"
        if text is None:
            yield _ScopeWord("", lambda _resource: True)
            continue
        try:
            node = dialects.rename_country_codes(trees.parse(text), rules.table.type)
            check = Questions(rules.table).compile(node)
        except (InvalidFilter, InvalidPath) as error:
            faults.append(f"{where}: {error.detail}")
            continue
        if check.bounds is not None:
            faults.append(
                f"{where}: PingOne tells the groups of one user at a time; name a group by its id, as"
                ' groups.value eq "5c2d…"'
            )
            continue
        links = tuple(each.lower() for each in check.links)  # as PingOne writes ids
        yield _ScopeWord(text, check.keeps, links, tuple(_names_in(node, rules)))


def _names_in(node: trees.Node, rules: RulesInUse) -> Iterable[str]:
    """Yield the paths of a filter that a change of somebody is held against when it is applied."""
    for path in trees.paths_of(node):
        found = rules.table.type.find(trees.AttrPath(path.urn, path.attr))
        shape = None if found is None else rules.table.shape_of(found)
        for row in () if shape is None else shape.rows:
            is_meant = path.sub is None or row.sub is None or row.sub.casefold() == path.sub.casefold()
            if is_meant and row.include is None and row.read is None:
                yield rules.name_of(row)
