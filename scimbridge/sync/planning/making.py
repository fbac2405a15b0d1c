"""How a plan is made: sources and directory into the store, decisions out of it, and guards over what these come to.

The one place that knows the order. Reads PingOne and writes nothing there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing

from scimbridge.pingone.errors import Unreachable
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.planning import guards
from scimbridge.sync.planning.deciding import Decisions, Lines
from scimbridge.sync.planning.directory_reading import BridgeDirectory, DirectoryReader
from scimbridge.sync.planning.guards import GuardCount
from scimbridge.sync.planning.heading import PlanHeading, PlanInputs, PlannedEnvironment, count_changes, people_in_scope
from scimbridge.sync.planning.last_applied import LastApplied
from scimbridge.sync.planning.loading import LoadedSource, fold_groups, load_pairs, load_people
from scimbridge.sync.planning.memberships import GroupPlanning
from scimbridge.sync.planning.persons import PersonReader
from scimbridge.sync.planning.placing import PopulationRules
from scimbridge.sync.planning.plan import MadePlan
from scimbridge.sync.planning.rereading import Rereading
from scimbridge.sync.planning.rules_in_use import RulesInUse, Unplannable, find_population
from scimbridge.sync.planning.store import PlanStore
from scimbridge.sync.rules.values import Rules
from scimbridge.sync.sources.rows import RowSource

_ROUNDS = 4
_WALKS = 2
Told = Callable[[str, int, int | None], None]
"""Told what is being done, how far it is, and of how much, None where that is not known."""


def untold(_stage: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


def make_plan(  # noqa: PLR0913 - what a plan is made of, each by its name
    desk: SyncDesk,
    rules: Rules,
    people: RowSource,
    pairs: RowSource | None,
    last: LastApplied,
    *,
    now: float,
    new_id: Callable[[], str],
    only: Iterable[str] = (),
    just: Iterable[str] = (),
    tell: Told = untold,
) -> MadePlan:
    """Make a plan against the environment of a bridge; `now` is seconds since 1970.

    `only` are keys and `just` kinds that the plan is about, none for all. Raises `SourceRefused`, `Unplannable`,
    PingOne's errors, and `Unreachable` for a directory that changes faster than it is read.
    """
    tables, settings = desk.bridge.tables, desk.bridge.settings
    environment = PlannedEnvironment(
        id=settings.pingone_environment_id,
        tables=tables.digest,
        users=tables.whole["User"],
        groups=tables.whole["Group"],
        default_population=settings.default_population_id,
    )
    making = PlanMaking(environment, BridgeDirectory(desk), rules, last, now, tell)
    return making.make(people, pairs, new_id, frozenset(only), frozenset(just))


class PlanMaking:
    """One plan in the making."""

    def __init__(
        self,
        environment: PlannedEnvironment,
        directory: DirectoryReader,
        rules: Rules,
        last: LastApplied,
        now: float,
        tell: Told = untold,
    ) -> None:
        self._environment = environment
        self._directory = directory
        self._last = last.same_environment(environment.id)
        self._now = now
        self._tell = tell
        populations = list(directory.populations())
        names = {each["id"]: str(each.get("name", each["id"])) for each in populations}
        own = next((each["id"] for each in populations if each.get("default") is True), None)
        self._rules = RulesInUse(rules, environment.users, names)
        self._places = PopulationRules(environment.users, names, environment.default_population, own)
        self._level = _find_level(rules, names)
        self._store = PlanStore()
        self._people = PersonReader(self._rules, self._groups_of)
        self._heading = PlanHeading(environment, self._rules, self._places, self._store, self._last, now)
        self._counted: tuple[int | None, ...] = ()
        self._missing: dict[str, float] = {}

    def make(
        self,
        people: RowSource,
        pairs: RowSource | None,
        new_id: Callable[[], str],
        only: frozenset[str] = frozenset(),
        just: frozenset[str] = frozenset(),
    ) -> MadePlan:
        """Make it."""
        try:
            loaded, loaded_pairs = self._load(people, pairs)
            how = self._read_directory()
            lines = Lines(self._store, only, just)
            groups = self._read_groups(lines)
            self._store.index()
            self._check_only(only)
            found = self._decide_until_still(lines, groups, loaded)
            inputs = PlanInputs(
                people=loaded,
                pairs=loaded_pairs,
                how=how,
                counted=self._counted,
                missing=self._missing,
                is_part=bool(only or just),
            )
            head = self._heading.head(new_id(), inputs, found)
        except BaseException:
            self._store.close()
            raise
        return MadePlan(head, self._heading.applied(inputs), self._store)

    # -- reading ---------------------------------------------------------------------------------------------------

    def _load(self, people: RowSource, pairs: RowSource | None) -> tuple[LoadedSource, LoadedSource | None]:
        heard: Callable[[int], None] = lambda rows: self._tell("source", rows, None)  # noqa: E731
        loaded = load_people(self._store, people, self._rules, self._last.people, self._now, heard)
        groups = self._rules.rules.groups
        if pairs is None or groups is None:
            return loaded, None
        return loaded, load_pairs(self._store, pairs, groups, self._rules, self._last.groups, self._now)

    def _read_directory(self) -> str:
        """Read everybody, once more where their number does not come out. Returns how they were read."""
        for group in self._rules.scope.groups:
            members = (user for page in self._directory.members(group, direct=False) for user in page)
            self._store.insert("asked", ((group, user) for user in members))
        self._store.index_people()
        how = self._walk()
        for _again in range(_WALKS - 1):
            if self._directory_guard().stops:
                self._store.forget_people()
                how = self._walk()
        return how

    def _walk(self) -> str:
        totals: list[int | None] = []

        def heard(read: int, total: int | None) -> None:
            totals.append(total)
            self._tell("directory", read, total)

        walk = self._directory.walk_users(heard)
        with closing(walk.pages) as pages:
            for page in pages:
                for record in page:
                    self._store.keep_person(self._people.read(record), record)
        counted = self._directory.count() if walk.counted is None else walk.counted
        self._counted = (totals[0] if totals else None, counted)
        return walk.how

    def _directory_guard(self) -> GuardCount:
        walked = self._store.number("SELECT count(*) FROM users")
        return guards.compare_directory(walked, self._counted[0], self._counted[-1])

    def _groups_of(self, user: str) -> Iterator[str]:
        for (group,) in self._store.each("SELECT grp FROM asked WHERE user = ? ORDER BY grp", (user,)):
            yield group

    def _read_groups(self, lines: Lines) -> GroupPlanning | None:
        groups = self._rules.rules.groups
        if groups is None:
            return None
        planning = GroupPlanning(self._store, self._rules, groups, self._environment.groups, self._level, lines)
        fold_groups(self._store, planning.fold)
        planning.note_groups(self._directory.groups())
        planning.read_members(self._directory, lambda done, total: self._tell("groups", done, total))
        return planning

    def _check_only(self, only: frozenset[str]) -> None:
        known = "SELECT (SELECT count(*) FROM rows WHERE key = ?1) + (SELECT count(*) FROM users WHERE label = ?1)"
        unknown = [key for key in sorted(only) if not self._store.number(known, (key,))]
        if unknown:
            named = ", ".join(map(repr, unknown))
            raise Unplannable([f"--only {named}: neither the source nor the directory has anybody of that key"])

    # -- deciding --------------------------------------------------------------------------------------------------

    def _decide_until_still(self, lines: Lines, groups: GroupPlanning | None, loaded: LoadedSource) -> list[GuardCount]:
        """Decide, read again whom it is about, and decide again until nothing is otherwise. Returns the guards.

        What a guard stops is not read again: nothing of it is carried out as it is.
        """
        reading = Rereading(self._store, self._rules, self._people, self._directory)
        for _round in range(_ROUNDS):
            found = self._decide(lines, groups, loaded)
            if any(guard.stops for guard in found):
                return found
            self._tell("reading again", 0, None)
            if not reading.read_again(members=len(set(self._counted)) > 1):
                return found
            self._store.forget_decisions()
        raise Unreachable("the directory changes faster than it can be read; make the plan again at a quieter time")

    def _decide(self, lines: Lines, groups: GroupPlanning | None, loaded: LoadedSource) -> list[GuardCount]:
        rows, is_whole = loaded.provenance.rows, self._rules.rules.people.complete
        decisions = Decisions(self._store, self._rules, self._places, self._people, lines)
        decisions.match_rows()
        decisions.plan_rows(lambda done: self._tell("comparing", done, rows))
        self._missing = {}
        if is_whole:
            self._missing = decisions.plan_leavers(lambda key: self._last.missing.get(key, self._now), self._now)
        if groups is not None:
            if not is_whole:
                decisions.note_rowless()
            groups.plan()
        return list(self._guards(decisions, groups, loaded))

    def _guards(self, decisions: Decisions, groups: GroupPlanning | None, loaded: LoadedSource) -> Iterator[GuardCount]:
        rules, last, rows = self._rules.rules, self._last, loaded.provenance.rows
        limits, people = rules.guards.limits, people_in_scope(self._store)
        yield from guards.count_kinds(count_changes(self._store), limits, people)
        if groups is not None:
            yield from guards.count_leaves(groups.numbers(), limits)
        if rules.people.complete:
            yield from guards.compare_rows(loaded.applied, last.people, limits)
        yield guards.count_conflicts(decisions.conflicts, rows)
        yield guards.count_emptied(decisions.cleared, people, rows, loaded.filled, last)
        for guard in (
            guards.compare_header(loaded.applied, last.people),
            guards.compare_digest(loaded.applied, last.people, self._now, rules.guards.full_every),
            guards.compare_keys(loaded.key_types, last),
        ):
            if guard is not None:
                yield guard
        yield self._directory_guard()


def _find_level(rules: Rules, populations: Mapping[str, str]) -> str | None:
    """Return the population that managed groups are in, None for the environment. Raises `Unplannable`."""
    if rules.groups is None or rules.groups.population is None:
        return None
    found = find_population(rules.groups.population, populations)
    if found is None:
        named = rules.groups.population
        raise Unplannable([f"{rules.file}: [groups] population = {named!r}: the environment has no such population"])
    return found
