"""The trial that an operator allows: what is made in the named population, in which order, and that it all goes again.

Everything is written through the bridge's own tables and writers. No user and no group of anybody else is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from scimbridge.bridge import Bridge
from scimbridge.mapping.tables.rows import MEMBERSHIPS
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, Probe, fault, not_tried, note, ok, refused
from scimbridge.ops.checking.patience import Patience
from scimbridge.ops.checking.rights import check_groups
from scimbridge.ops.checking.trying.limits import learn_need, try_lengths, try_patterns, try_unique
from scimbridge.ops.checking.trying.rows import Workbench, cause_of
from scimbridge.ops.checking.trying.throwaways import Signature, Throwaways
from scimbridge.ops.checking.trying.values import Values, tried_rows
from scimbridge.ops.explaining.samples import make_patch
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.facets import ENABLED
from scimbridge.pingone.kinds import GROUPS, POPULATIONS, USERS, Kind
from scimbridge.pingone.schema import Declared
from scimbridge.resources.enforced import Findings
from scimbridge.scim.errors import ScimError
from scimbridge.state.base import State

CallOperations = Callable[[Bridge | None, str | None, str | None], Iterator[Finding]]

_WRITING, _VALUES = "writing", "values in question"


@dataclass(frozen=True, slots=True)
class Trial:
    """What an operator allows: throw-aways in `population` (id or name).

    `open_bridge` opens a bridge of its own, whose users go to the population of an id. `call_operations` tries
    operations of one, on the user and with the group of an id, None where there is none. `findings` is where the
    bridges look for what is found; `shared`: the running ones see the same. `tell` is given a sentence where nobody
    reads findings any more. `wall` is seconds since 1970.
    """

    population: str
    open_bridge: Callable[[str], Bridge]
    call_operations: CallOperations
    findings: State
    shared: bool
    signature: Signature
    patience: Patience
    wall: Callable[[], float]
    tell: Callable[[str], None]

    def run(self, probe: Probe, tables: Mapping[str, Table], declared: Mapping[str, Declared]) -> Iterator[Finding]:
        """Make, change and delete. Whatever happens in between, what was made is deleted at the end."""
        try:
            population = _find_population(probe, self.population)
        except PingOneError as error:
            yield refused(_WRITING, "the populations cannot be listed", error)
            yield from self.call_operations(None, None, None)
            return
        if population is None:
            told = f"PingOne has no population of the id or name {self.population!r}"
            yield fault(_WRITING, told, "name one that is there")
            yield from self.call_operations(None, None, None)
            return
        made = Throwaways(probe, population, self.signature, self.wall)
        bridge = self.open_bridge(population)
        ended = False
        try:
            yield from self._try(probe, bridge, tables, declared, made)
            ended = True
        finally:
            self.patience.lasting = True
            left = made.remove()
            self.patience.lasting = False
            bridge.close()
            for finding in () if ended else left:
                self.tell(finding.what)
        yield from left
        if not self.shared:
            yield note(_VALUES, "with SCIMBRIDGE_STATE_URL=memory:// bridges do not see this; each learns by itself")

    def _try(
        self,
        probe: Probe,
        bridge: Bridge,
        tables: Mapping[str, Table],
        declared: Mapping[str, Declared],
        made: Throwaways,
    ) -> Iterator[Finding]:
        try:
            yield from made.tidy_up(kind.collection for kind in (USERS, GROUPS) if kind.name in tables)
            benches = {
                name: Workbench(probe, table, bridge.registry.whole.endpoints[table.type.endpoint],
                                declared if name == USERS.name else {})
                for name, table in tables.items() if name in (USERS.name, GROUPS.name)
            }  # fmt: skip
            yield from _Run(benches, made, Findings(self.findings), partial(self.call_operations, bridge)).carry_out()
        except PingOneError as error:
            yield refused(_WRITING, "it cannot be tried to the end", error)
        if POPULATIONS.name in tables and tables[POPULATIONS.name].allow:
            yield note(_WRITING, "no population is made or changed to try it; the role is the same as for users")


@dataclass(frozen=True, slots=True)
class _Made:
    """A throw-away and the values it was made with; `needed` are those that not every environment wants."""

    name: str
    key: str
    needed: frozenset[str]
    values: Values


@dataclass(frozen=True, slots=True)
class _Run:
    """One trial under way."""

    benches: Mapping[str, Workbench]
    made: Throwaways
    findings: Findings
    call_operations: Callable[[str | None, str | None], Iterator[Finding]]

    def carry_out(self) -> Iterator[Finding]:
        user = yield from self._make(USERS)
        group = yield from self._make(GROUPS)
        yield from self._join(user, group)
        if user is not None:
            yield from self._try_user(user)
        if group is not None:
            yield from self._try_group(group)
        yield from self.call_operations(*(None if each is None else each.key for each in (user, group)))
        done = []
        for kind, one in ((GROUPS, group), (USERS, user)):
            if one is not None and self._delete(kind, one):
                done.append(f"a {kind.name.lower()}")
        if done:
            yield ok(_WRITING, f"{' and '.join(reversed(done))} could be made, changed and deleted")

    def _make(self, kind: Kind) -> Generator[Finding, None, _Made | None]:
        """Make a throw-away and return it."""
        bench, word = self.benches.get(kind.name), kind.name.lower()
        if bench is None:
            yield not_tried(_WRITING, f"{kind.name} is not served, so no {word} was made", f"serve {kind.name}")
            return None
        rows = {row.native: row for row in bench.table.rows}
        home = rows.get(kind.home or "")
        if kind.unique not in rows or (kind is GROUPS and (home is None or not home.writable)):
            told = f"{bench.table.file} has no row that says the population, so no {word} was made"
            yield not_tried(_WRITING, told, f'add population.id = {{ to = "{kind.home}" }}')
            return None
        name = self.made.plan(kind.collection)
        values: Values = {row: bench.choose(row, name) for row in bench.table.rows if row.attribute.required}
        values |= {rows[kind.unique]: name}
        if home is not None and home.writable:
            values[home] = self.made.population
        if ENABLED.field in rows and rows[ENABLED.field].writable:
            values[rows[ENABLED.field]] = False
        try:
            key, needed = bench.create(values, name)
        except PingOneError as error:
            yield refused(_WRITING, f"no {word} can be made to try what is taken", error)
            yield _untried(kind)
            return None
        except ScimError as error:
            cure = "add a row for what is missing, or look at [[population]]"
            yield fault(_WRITING, f"no {word} can be made to try what is taken: {error.detail}", cure)
            yield _untried(kind)
            return None
        self.made.note(name, key)
        if kind is USERS:
            yield from learn_need(self.findings, bench.table, needed)
        return _Made(name, key, needed, values)

    def _try_user(self, one: _Made) -> Iterator[Finding]:
        bench = self.benches[USERS.name]
        yield from bench.try_rows(one.key, tried_rows(bench.table, one.values), one.name, one.values)
        record = bench.probe.target.users.read(bench.probe.call(), one.key)
        yield from try_unique(self.made, bench.table, bench.declared, record, one.needed)
        yield from try_patterns(bench.probe, self.findings, bench.table, one.key)
        yield from try_lengths(bench.probe, bench.table, one.key, bench.declared)

    def _try_group(self, one: _Made) -> Iterator[Finding]:
        bench = self.benches[GROUPS.name]
        yield from bench.try_rows(one.key, tried_rows(bench.table, one.values), one.name, one.values)

    def _join(self, user: _Made | None, group: _Made | None) -> Iterator[Finding]:
        """Put the user into the group, look at both, and take it out again."""
        bench = self.benches.get(GROUPS.name)
        links = next((row for row in bench.table.rows if row.via == MEMBERSHIPS), None) if bench else None
        if bench is None or user is None or group is None or links is None:
            return
        try:
            bench.patch(group.key, make_patch("add", links.attr, [{"value": user.key}]))
            yield from check_groups(bench.probe, {"id": group.key}, {"id": user.key})
            bench.patch(group.key, make_patch("remove", f'{links.attr}[value eq "{user.key}"]'))
        except ScimError as error:
            cause = cause_of(error)
            if cause is None:
                raise
            yield refused("memberships", "nobody can be put into a group and taken out again", cause)
        else:
            yield ok("memberships", "a user could be put into a group and taken out again")

    def _delete(self, kind: Kind, one: _Made) -> bool:
        try:
            self.benches[kind.name].delete(one.key)
        except (PingOneError, ScimError):
            return False  # the tidying up that comes next tries again and says why
        self.made.forget(one.name)
        return True


def _untried(kind: Kind) -> Finding:
    told = f"which values of {kind.collection} the environment refuses, and which it takes and drops"
    return not_tried("values", told, "mend the fault above, then run check again")


def _find_population(probe: Probe, wanted: str) -> str | None:
    for page in probe.target.populations.pages(probe.call(), limit=probe.page_size):
        for record in page.records:
            if wanted in (record["id"], record.get("name")):
                return str(record["id"])
    return None
