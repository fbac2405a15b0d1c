"""A directory and sources in memory, so that plans are made of them without a call; and what carries a plan out."""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from scimbridge.mapping.plan import plan_change, plan_create
from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.mapping.translate import silent
from scimbridge.resources.tables import Tables
from scimbridge.scim.reading import Manner
from scimbridge.sync.directory.walking import DirectoryWalk
from scimbridge.sync.planning.heading import PlannedEnvironment
from scimbridge.sync.planning.last_applied import LastApplied
from scimbridge.sync.planning.making import PlanMaking
from scimbridge.sync.planning.rules_in_use import RulesInUse, Unplannable
from scimbridge.sync.planning.store import read_person
from scimbridge.sync.plans.lines import PlanLine
from scimbridge.sync.rules.values import (
    GroupRules,
    GuardRules,
    LeaverRules,
    ManagedAttribute,
    MatchRules,
    PeopleRules,
    Rules,
    ScopeRules,
    SourceRules,
)
from scimbridge.sync.sources.rows import Provenance, SourceRefused, SourceRow
from tests.conftest import shipped_tables

POPULATION = "urn:pingidentity:schemas:extension:2.0:PingOneUser:population.id"
EXACT = Manner(True, silent)
DAY = 86_400.0


@dataclass
class ListSource:
    """A source of rows that are there."""

    people: list[dict[str, Any]]
    made: float | None = None
    name: str = "people.csv"
    header: tuple[str, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.header if self.header is not None else tuple(self.people[0]) if self.people else ()

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows, from line 2 on, as a CSV file has them."""
        for line, values in enumerate(self.people, 2):
            yield SourceRow(line, values)

    def provenance(self) -> Provenance:
        """Return what it was."""
        digest = hashlib.sha256(repr(self.people).encode()).hexdigest()
        return Provenance(self.name, digest, len(self.people), self.made)


@dataclass
class ModelDirectory:
    """A directory in memory: PingOne's records, and who is directly in which group.

    `while_walked` is called once in the middle of a walk.
    """

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    group_records: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: dict[str, set[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=lambda: {"p1": "Employees", "p2": "Partners"})
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    while_walked: Any = None
    first_count: int | None = None
    calls: list[str] = field(default_factory=list)

    # -- as planning reads it --------------------------------------------------------------------------------------

    def populations(self) -> list[dict[str, Any]]:
        """Return every population."""
        return [{"id": key, "name": name} for key, name in self.places.items()]

    def groups(self) -> list[dict[str, Any]]:
        """Return every group."""
        return [self.group(key) for key in self.group_records]

    def group(self, key: str) -> dict[str, Any] | None:
        """Return a group with the number of its members."""
        record = self.group_records.get(key)
        counts = {"users": len(self.edges.get(key, ())), "groups": 0}
        return None if record is None else {**record, "directMemberCounts": counts}

    def walk_users(self, tell: Any) -> DirectoryWalk:
        """Begin a walk, two people a page."""

        def pages() -> Iterator[list[Any]]:
            self.calls.append("walk")
            keys = sorted(self.users)
            total = len(keys) if self.first_count is None else self.first_count
            for start in range(0, max(len(keys), 1), 2):
                page = [copy.deepcopy(self.users[key]) for key in keys[start : start + 2] if key in self.users]
                tell(min(start + 2, total), total)
                yield page
                if self.while_walked is not None:
                    change, self.while_walked = self.while_walked, None
                    change()

        return DirectoryWalk(pages())

    def count(self) -> int:
        """Return how many people there are."""
        return len(self.users)

    def members(self, group: str, *, direct: bool) -> Iterator[list[str]]:
        """Yield who is in a group."""
        yield sorted(self.edges.get(group, ()))

    def walk_members(self, groups: Iterable[Any]) -> Iterator[tuple[str, list[str]]]:
        """Yield the direct members of groups."""
        for group in groups:
            for page in self.members(group["id"], direct=True):
                yield group["id"], page

    def find(self, terms: Iterable[Any]) -> list[Any]:
        """Return the people for whom any term holds."""
        asked = list(terms)
        self.calls.append(f"find {len(asked)}")
        return [copy.deepcopy(each) for each in self.users.values() if any(_holds(each, term) for term in asked)]

    def person(self, key: str) -> dict[str, Any] | None:
        """Return a person."""
        self.calls.append("person")
        return copy.deepcopy(self.users.get(key))

    # -- as tests fill it ------------------------------------------------------------------------------------------

    def add(self, username: str, population: str = "p1", **fields: Any) -> str:
        """Put somebody in, and return the id."""
        key = f"00000000-0000-4000-8000-{next(self.numbers):012}"
        base = {"id": key, "username": username, "enabled": True, "population": {"id": population}}
        self.users[key] = {**base, **{name: value for name, value in fields.items() if value is not None}}
        return key

    def add_group(self, name: str, *members: str, **fields: Any) -> str:
        """Put a group in, and return the id."""
        key = f"10000000-0000-4000-8000-{next(self.numbers):012}"
        self.group_records[key] = {"id": key, "name": name, **fields}
        self.edges[key] = set(members)
        return key


def _holds(record: dict[str, Any], term: Any) -> bool:
    held: Any = record
    for name in term.field.split("."):
        held = held.get(name) if isinstance(held, dict) else None
    return isinstance(held, str) and held.casefold() == str(term.value).casefold()


def shipped():
    """Return the tables that ship."""
    return shipped_tables().whole


@cache
def placed():
    """Return the table of users with a rule: bosses belong to the partners."""
    text = default_mappings().joinpath("users.toml").read_text()
    rule = '\n[[population]]\nwhen = \'title eq "boss"\'\nuse = "Partners"\n'
    return Tables({"users.toml": text + rule}).whole["User"]


def table_of(text: str):
    """Return the table of users whose file has this text."""
    return Tables({"users.toml": text}).whole["User"]


ROWS = (
    ManagedAttribute(urn="", path="externalId", column="employee_id"),
    ManagedAttribute(urn="", path="userName", column="mail", codec="lower"),
    ManagedAttribute(urn="", path="name.familyName", column="last"),
    ManagedAttribute(urn="", path="title", column="job", empty="clear"),
    ManagedAttribute(urn="", path="nickName", column="nick"),
    ManagedAttribute(urn="", path="preferredLanguage", column="lang", only_at_creation=True),
    ManagedAttribute(urn="", path='emails[type eq "work"].value', column="mail"),
    ManagedAttribute(
        urn="", path="active", column="status", type="boolean", values={"A": True, "L": True, "T": False}
    ),
)  # fmt: skip


def rules_of(**changes: Any) -> Rules:
    """Return rules as the design has them, with what a test changes."""
    base = Rules(
        file="people.toml", digest="d" * 64,
        people=PeopleRules(source=SourceRules(kind="csv", place="people.csv"), key="employee_id"),
        match=MatchRules(by=("externalId", "userName")),
        attributes=ROWS,
    )  # fmt: skip
    return replace(base, **changes)


def row(key: str, mail: str | None = None, **columns: str) -> dict[str, str]:
    """Return a row of the source."""
    mail = f"{key}@example.com" if mail is None else mail
    base = {"employee_id": key, "mail": mail, "last": "Doe", "job": "", "nick": "", "lang": "", "status": "A"}
    return {**base, **columns}


def plan(
    directory: ModelDirectory, people: Any, rules: Rules | None = None, last: LastApplied | None = None,
    pairs: Any = None, now: float = 1_000 * DAY, table: Any = None, **more: Any,
):  # fmt: skip
    """Make a plan, and return its head, its lines and what is kept of it."""
    source = people if isinstance(people, ListSource) else ListSource(people)
    groups = pairs if pairs is None or isinstance(pairs, ListSource) else ListSource(pairs, name="memberships.csv")
    environment = PlannedEnvironment(
        id="env", tables="tables", users=table or shipped()["User"], groups=shipped()["Group"],
        default_population="p1",
    )  # fmt: skip
    making = PlanMaking(environment, directory, rules or rules_of(), last or LastApplied(), now)
    options = {name: frozenset(value) for name, value in more.items()}
    with making.make(source, groups, lambda: "plan-1", **options) as made:
        lines = list(made.lines())
        assert lines == list(made.lines())
        seen = [read_person(body) for (body,) in making._store.each("SELECT body FROM users ORDER BY id")]
        return SimpleNamespace(head=made.head, lines=lines, applied=made.applied, people=seen)


def carry_out(directory: ModelDirectory, lines: Iterable[PlanLine], rules: Rules, table: Any = None) -> None:
    """Carry out the lines of a plan in their order, each held against what is there as it says."""
    table = table or shipped()["User"]
    in_use = RulesInUse(rules, table, directory.places)
    made: dict[str, str] = {}
    groups = {record["name"]: key for key, record in directory.group_records.items()}
    for line in lines:
        if line.faults:
            continue
        if line.on == "Group":
            level = next((value for path, value in line.after.items() if path.endswith("population.id")), None)
            fields = {} if level is None else {"population": {"id": level}}
            groups[line.key] = directory.add_group(line.after["displayName"], **fields)
            continue
        if line.do == "create":
            made[line.key] = _make(directory, in_use, line)
            continue
        key = line.id or made[line.key]
        record = directory.users[key]
        before = in_use.answer(record, "")
        for path, value in {**line.condition, **line.before}.items():
            assert in_use.paths.value(before, path) == value, (line, path)
        if line.user_name and line.id:
            assert record["username"] == line.user_name, line
        if line.do in ("join", "leave"):
            change = set.add if line.do == "join" else set.remove
            change(directory.edges[line.group["id"] or groups[line.group["name"]]], key)
        elif line.do == "delete":
            del directory.users[key]
            for each in directory.edges.values():
                each.discard(key)
        else:
            changes = plan_change(table, record, before, in_use.paths.lay(before, line.after), EXACT)
            assert changes, line
            _write(directory, record, changes)


def _make(directory: ModelDirectory, rules: RulesInUse, line: PlanLine) -> str:
    changes = plan_create(rules.table, rules.paths.resource(line.after), EXACT)
    record = directory.users[directory.add("", "p1")]
    _write(directory, record, changes)
    return record["id"]


def _write(directory: ModelDirectory, record: dict[str, Any], changes: Any) -> None:
    for name, value in changes.body.items():
        if value is None:
            record.pop(name, None)
        else:
            record[name] = {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value
    if "enabled" in changes.facets:
        record["enabled"] = changes.facets["enabled"]
    if "population" in changes.facets:
        old = record["population"]["id"]
        record["population"] = {"id": changes.facets["population"]}
        for group, held in directory.group_records.items():
            if held.get("population") == {"id": old}:
                directory.edges[group].discard(record["id"])


@pytest.fixture(scope="session")
def model():
    """All of the above, by name."""
    return SimpleNamespace(
        ListSource=ListSource, Directory=ModelDirectory, rules=rules_of, row=row, plan=plan, carry_out=carry_out,
        placed=placed, table=table_of, POPULATION=POPULATION, rows=ROWS, day=DAY, Scope=ScopeRules, Leaver=LeaverRules,
        Groups=GroupRules, Guards=GuardRules, Match=MatchRules, Last=LastApplied, Refused=SourceRefused,
        Unplannable=Unplannable, replace=replace,
        in_use=lambda rules: RulesInUse(rules, shipped()["User"], ModelDirectory().places),
    )  # fmt: skip
