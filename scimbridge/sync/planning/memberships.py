"""Groups and who is in them: what is made, who joins, who leaves. Managed groups only, and people in scope only.

Memberships are joined in the store and streamed: a group may have tens of thousands.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from scimbridge.mapping.tables.rows import read_field
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import encode, silent
from scimbridge.pingone.bodies import direct_members, is_dynamic
from scimbridge.pingone.errors import Unreachable
from scimbridge.scim.errors import ScimError
from scimbridge.scim.reading import Manner
from scimbridge.sides import Native
from scimbridge.sync.planning.deciding import SETTLED, WITHOUT_ROW, Lines
from scimbridge.sync.planning.directory_reading import DirectoryReader
from scimbridge.sync.planning.line_making import conflict
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.planning.store import PlanStore, read_person
from scimbridge.sync.plans.lines import CONFLICT, CREATE, GROUP, JOIN, LEAVE, PlanLine
from scimbridge.sync.rules.values import MANAGED, REMOVE, GroupRules

_TRIES = 3
_JOINS = """
SELECT t.id, t.name, t.grp, p.key, p.user, p.population, p.body, u.id, min(w.line),
       EXISTS (SELECT 1 FROM members m WHERE m.grp = t.grp AND m.user = u.id)
FROM wanted w JOIN targets t ON t.grp = w.grp JOIN people p ON p.fold = w.fold LEFT JOIN users u ON u.n = p.user
WHERE p.settled <> 0 GROUP BY t.grp, p.fold ORDER BY t.grp, p.fold
"""
_UNKNOWN = """
SELECT w.name, w.member, min(w.line) FROM wanted w JOIN targets t ON t.grp = w.grp LEFT JOIN people p ON p.fold = w.fold
WHERE p.fold IS NULL GROUP BY w.grp, w.fold ORDER BY w.grp, w.fold
"""
_LEAVES = """
SELECT t.id, t.name, u.body, p.key, p.settled, l.user,
       EXISTS (SELECT 1 FROM lines d WHERE d.user = u.n AND d.do = 'disable')
FROM members m JOIN targets t ON t.grp = m.grp JOIN users u ON u.id = m.user
LEFT JOIN people p ON p.user = u.n LEFT JOIN leavers l ON l.user = u.n
WHERE u.scope AND NOT EXISTS (
    SELECT 1 FROM wanted w WHERE w.grp = m.grp AND loosely(w.fold) = loosely(p.fold)
    AND (w.fold = p.fold OR NOT EXISTS (SELECT 1 FROM rows r WHERE r.fold = w.fold))
)
ORDER BY t.grp, u.id
"""


@dataclass(frozen=True, slots=True)
class ManagedGroup:
    """A group of the directory at the level of the rules whose name they manage."""

    record: Native
    name: str

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.record["id"])

    @property
    def is_dynamic(self) -> bool:
        """Whether its members come from its own filter."""
        return is_dynamic(self.record)

    @property
    def direct(self) -> int | None:
        """How many people are directly in it, None where PingOne does not say."""
        return direct_members(self.record)[0]


class GroupPlanning:
    """Plans the groups of one rule file. `level` is the population that they are in, None: the environment's."""

    def __init__(
        self, store: PlanStore, rules: RulesInUse, groups: GroupRules, table: Table, level: str | None, lines: Lines
    ) -> None:
        self._store = store
        self._rules = rules
        self._groups = groups
        self._table = table
        self._level = level
        self._lines = lines
        self._name = next(row for row in table.rows if row.native == "name")
        self._held: dict[str, list[ManagedGroup]] = {}
        self._elsewhere = set[str]()  # names that a group of another level keeps from being given at this one
        self._patterns = tuple(map(self.fold, groups.manage))

    def fold(self, name: str) -> str:
        """Return what equal names of groups have in common."""
        return self._name.attribute.fold(name)

    # -- reading ---------------------------------------------------------------------------------------------------

    def note_groups(self, records: Iterable[Native]) -> None:
        """Hear of all groups that there are."""
        for record in records:
            name = record.get("name")
            if not isinstance(name, str):
                continue
            level = read_field(record, ("population", "id"))
            if level == self._level:
                self._held.setdefault(self.fold(name), []).append(ManagedGroup(record, name))
            elif None in (level, self._level):
                self._elsewhere.add(self.fold(name))

    def read_members(self, directory: DirectoryReader, heard: Callable[[int, int], None]) -> None:
        """Read who is in the managed groups. Raises `Unreachable` where their numbers do not come out."""
        named = {grp for (grp,) in self._store.each("SELECT DISTINCT grp FROM wanted")}
        managed = {group.id: (fold, group) for fold, group in self._existing(named)}
        read = Counter[str]()
        for key, members in directory.walk_members(group.record for _fold, group in managed.values()):
            self._store.insert("members", ((managed[key][0], user) for user in members))
            read[key] += len(members)
            heard(len(read), len(managed))
        for key, (fold, group) in managed.items():
            if group.direct is not None and group.direct != read[key]:
                self._store.db.execute("DELETE FROM members WHERE grp = ?", (fold,))
                self._store.insert("members", ((fold, user) for user in _read(directory, group)))
        self._store.db.execute("CREATE INDEX members_all ON members (grp, user)")
        self._store.db.execute("CREATE INDEX members_user ON members (user)")

    def _is_managed(self, fold: str, named: Collection[str]) -> bool:
        if not self._patterns:
            return fold in named
        return any(fnmatch.fnmatchcase(fold, pattern) for pattern in self._patterns)

    def _existing(self, named: Collection[str]) -> Iterator[tuple[str, ManagedGroup]]:
        """Yield the groups that are there, are managed, and that people can join and leave."""
        for fold, groups in sorted(self._held.items()):
            if self._is_managed(fold, named) and len(groups) == 1 and not groups[0].is_dynamic:
                yield fold, groups[0]

    # -- deciding --------------------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Make the lines of groups, joins and leaves."""
        self._lines.add(self._plan_groups())
        self._lines.add(self._plan_joins())
        self._lines.add(self._plan_leaves())

    def _plan_groups(self) -> Iterator[PlanLine]:
        wanted = list(self._store.each("SELECT grp, min(name), min(line) FROM wanted GROUP BY grp ORDER BY grp"))
        named = {grp for grp, _name, _line in wanted}
        targets: list[tuple[str, str | None, str]] = [
            (fold, group.id, group.name) for fold, group in self._existing(named)
        ]
        for grp, name, line in wanted:
            found = self._judge(grp, name, line, named)
            if found is None:
                continue
            yield found
            if found.do == CREATE and self._lines.has(found):
                targets.append((grp, None, name))
        self._store.insert("targets", targets)

    def _judge(self, grp: str, name: str, line: int, named: Collection[str]) -> PlanLine | None:
        """Return the line about a group that the source names, None where it is there and can be managed."""
        held = self._held.get(grp, [])
        if not self._is_managed(grp, named):
            return _refused(
                name, f"line {line:,}: no pattern of [groups] manage has this name; its members stay", "not managed"
            )
        if len(held) > 1:
            return _refused(
                name,
                "several groups of that name are there; which one is meant nobody knows",
                "several groups of one name",
            )
        if held and held[0].is_dynamic:
            return _refused(
                name,
                "its members come from its own filter (userFilter), and nobody joins or leaves it",
                "dynamic group",
            )
        if held:
            return None
        if not self._groups.create:
            return _refused(
                name, f"line {line:,}: there is no such group, and [groups] create = false", "no such group"
            )
        if grp in self._elsewhere:
            return _refused(
                name,
                f"line {line:,}: a group of this name is "
                f"{'in a population' if self._level is None else 'in the environment'}, and PingOne makes no other of"
                " that name beside it; [groups] population says where managed groups are",
                "name of a group elsewhere",
            )
        after: dict[str, Any] = {self._path(self._name.native): name}
        if self._level is not None:
            after[self._path("population.id")] = self._level
        try:
            encode(self._name, name, Manner(True, silent))
        except ScimError as error:
            return _refused(name, f"line {line:,}: {error}", "PingOne would refuse the name")
        return PlanLine(
            do=CREATE, on=GROUP, key=name, why=f"is in the source (line {line:,}) and not in the directory", after=after
        )

    def _path(self, native: str) -> str:
        row = next(row for row in self._table.rows if row.native == native)
        return row.spelled if row.urn in ("", self._table.type.schema.urn) else f"{row.urn}:{row.spelled}"

    def _plan_joins(self) -> Iterator[PlanLine]:
        for id_, name, _grp, key, user, population, body, person, line, is_member in self._store.each(_JOINS):
            if self._level is not None and population != self._level:
                yield conflict(key, f"cannot be in the group {name!r}", (
                    f"line {line:,}: the group is one of a population, and the person is not in that one",
                ), "group of another population")  # fmt: skip
            elif not is_member:
                condition, user_name = orjson.loads(body)
                yield PlanLine(
                    do=JOIN, key=key, id=person, user_name=user_name, why=f"line {line:,} of the memberships says so",
                    condition=condition if user is not None else {}, group={"id": id_, "name": name},
                )  # fmt: skip
        for name, member, line in self._store.each(_UNKNOWN):
            yield conflict(member, f"cannot be in the group {name!r}", (
                f"line {line:,}: the memberships name this key, and no row of the source has it",
            ), "membership of nobody")  # fmt: skip

    def _plan_leaves(self) -> Iterator[PlanLine]:
        leaver = self._rules.rules.leaver.groups == MANAGED
        active = self._rules.active
        self._store.db.execute("CREATE INDEX IF NOT EXISTS lines_off ON lines (user) WHERE do = 'disable'")
        for id_, name, body, key, settled, left, is_disabled in self._store.each(_LEAVES):
            is_extra = settled == SETTLED and self._groups.extra == REMOVE
            if not (is_extra or (left is not None and leaver)) or settled == WITHOUT_ROW:
                continue
            person = read_person(body)
            condition = person.condition(self._rules)
            if is_disabled and active in condition:  # by a line that is carried out before this one
                condition[active] = False
            yield PlanLine(
                do=LEAVE, key=key or person.label, id=person.id, user_name=person.user_name,
                why="is missing in the source" if left is not None else "the memberships do not name this person",
                condition=condition, group={"id": id_, "name": name},
            )  # fmt: skip

    # -- numbers ---------------------------------------------------------------------------------------------------

    def numbers(self) -> Iterator[tuple[str, int, int]]:
        """Yield of each managed group its name, how many leave it, and how many people are in it."""
        leaving: dict[str, int] = dict(
            self._store.each("SELECT one, count(*) FROM lines WHERE do = 'leave' GROUP BY one")
        )
        query = "SELECT t.name, count(*) FROM targets t JOIN members m ON m.grp = t.grp GROUP BY t.grp ORDER BY t.grp"
        yield from ((name, leaving.get(name, 0), members) for name, members in self._store.each(query))


def _read(directory: DirectoryReader, group: ManagedGroup) -> list[str]:
    """Return the ids of a group's direct members, as many as the group as it is now says that there are."""
    expected, found = group.direct, set[str]()
    for _try in range(_TRIES):
        record = directory.group(group.id)
        if record is None:
            raise Unreachable(f"the group {group.name!r} was deleted while the plan was made. Make the plan again")
        expected = direct_members(record)[0]
        found = {user for page in directory.members(group.id, direct=True) for user in page}
        if expected in (None, len(found)):
            return sorted(found)
    raise Unreachable(
        f"the group {group.name!r} has {expected} direct members, and PingOne lists {len(found)}: it changes while it"
        " is read. Make the plan again"
    )


def _refused(name: str, fault: str, reason: str) -> PlanLine:
    return PlanLine(do=CONFLICT, on=GROUP, key=name, why="the group is left as it is", faults=(fault,), reason=reason)
