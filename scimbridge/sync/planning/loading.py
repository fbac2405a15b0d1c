"""The sources, read to their end into the store, and refused where they cannot be believed. Changes nothing.

What one source shows by itself is looked at where it is opened; here it is held against itself as a whole, against the
source that was applied last, and pairs against people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scimbridge.sync.planning.guards import key_type
from scimbridge.sync.planning.last_applied import AppliedSource, note_source
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.planning.store import PlanStore
from scimbridge.sync.planning.wanted import RowReader
from scimbridge.sync.rules.values import GroupRules
from scimbridge.sync.sources.rows import Provenance, RowSource, SourceRefused, SourceRow

_TOLD = 20  # faults of one kind
_STEP = 10_000  # rows between two words to who waits
Heard = Callable[[int], None]


@dataclass(slots=True)
class LoadedSource:
    """A source as it was read: what it was, what its keys look like, and how many rows fill each attribute."""

    provenance: Provenance
    applied: AppliedSource
    key_types: Counter[str] = field(default_factory=Counter)
    filled: dict[str, int] = field(default_factory=dict)

    @property
    def key_type(self) -> str:
        """What most keys look like."""
        return max(sorted(self.key_types), key=lambda each: self.key_types[each], default="")


def load_people(
    store: PlanStore, source: RowSource, rules: RulesInUse, last: AppliedSource | None, now: float, heard: Heard
) -> LoadedSource:
    """Read the people of the source. Raises `SourceRefused`."""
    reader, types = RowReader(rules), Counter[str]()
    filled = dict.fromkeys((each.name for each in rules.managed()), 0)
    keyless: list[int] = []
    uniques = tuple((rules.marks.index(name), name) for name in rules.uniques)

    def read() -> Iterator[tuple[object, ...]]:
        for number, row in enumerate(source.rows(), 1):
            person = reader.read(row)
            if not person.key:
                keyless.append(row.line)
            types[key_type(person.key)] += 1
            for name in (*person.values, *person.initial):
                filled[name] += person.values.get(name, person.initial.get(name)) is not None
            wanted = ((place, person.marks[place], number) for place, _name in uniques)
            store.insert("uniques", (each for each in wanted if each[1] is not None))
            store.insert("wanted", ((name, name, person.fold, person.key, row.line) for name in person.groups))
            if number % _STEP == 0:
                heard(number)
            yield store.keep_row(number, person)

    store.insert("rows", read())
    provenance = source.provenance()
    store.db.execute("CREATE INDEX rows_fold ON rows (fold)")
    of_lines = (*_name_keyless(keyless, rules), *_find_doubled(store, rules))
    faults = [*(f"{provenance.name}: {each}" for each in of_lines), *_find_older(provenance, last, "source")]
    if not provenance.rows:
        faults.append(f"{provenance.name}: the source is empty. A source of nobody is believed to be a mistake")
    if faults:
        raise SourceRefused(faults)
    return LoadedSource(provenance, _applied(provenance, source.columns, last, now), types, filled)


def load_pairs(
    store: PlanStore, source: RowSource, groups: GroupRules, rules: RulesInUse, last: AppliedSource | None, now: float
) -> LoadedSource:
    """Read which group holds whom. Raises `SourceRefused`, also for pairs that are not of these people."""
    reader, faults = RowReader(rules), list[str]()

    def read(row: SourceRow) -> tuple[object, ...] | None:
        group, member = (_text(row.values.get(name, "")) for name in (groups.group, groups.member))
        if not group or not member:
            faults.append(f"line {row.line:,}: a pair needs a {groups.group!r} and a {groups.member!r}")
            return None
        return group, group, reader.fold_key(member), member, row.line

    store.insert("wanted", (pair for row in source.rows() if (pair := read(row)) is not None))
    provenance = source.provenance()
    faults[_TOLD:] = []
    faults += _find_older(provenance, last, "memberships")
    if not provenance.rows:
        faults.append(f"{provenance.name}: the memberships are empty, and all groups would be. Write them whole")
    if rules.rules.people.complete and provenance.rows:
        faults += _find_foreign(store, provenance)
    if faults:
        raise SourceRefused(faults)
    return LoadedSource(provenance, _applied(provenance, source.columns, last, now))


def fold_groups(store: PlanStore, fold: Callable[[str], str]) -> None:
    """Give all names of groups the form in which equal ones are the same."""
    store.db.create_function("fold_name", 1, fold, deterministic=True)
    store.db.execute("UPDATE wanted SET grp = fold_name(name)")


def _text(held: str | tuple[str, ...]) -> str:
    return held.strip() if isinstance(held, str) else held[0].strip() if len(held) == 1 else ""


def _applied(provenance: Provenance, columns: tuple[str, ...], last: AppliedSource | None, now: float) -> AppliedSource:
    return note_source(last, AppliedSource(
        digest=provenance.digest, rows=provenance.rows, name=provenance.name, made=provenance.made,
        columns=tuple(columns), since=now,
    ))  # fmt: skip


def _name_keyless(lines: list[int], rules: RulesInUse) -> Iterator[str]:
    column = rules.rules.people.key
    for line in lines[:_TOLD]:
        yield f"line {line:,}: the key {column!r} is empty, or is not one text; each person needs one of their own"
    if len(lines) > _TOLD:
        yield f"... and {len(lines) - _TOLD:,} more lines without a key"


def _find_doubled(store: PlanStore, rules: RulesInUse) -> Iterator[str]:
    doubled = "SELECT fold FROM rows WHERE fold <> '' GROUP BY fold HAVING count(*) > 1"
    for (fold,) in store.each(f"{doubled} ORDER BY fold LIMIT {_TOLD}"):
        held = list(store.each("SELECT line, key FROM rows WHERE fold = ? ORDER BY n LIMIT 5", (fold,)))
        lines = ", ".join(f"{line:,}" for line, _key in held)
        column = rules.rules.people.key
        yield f"lines {lines}: the key {held[0][1]!r} ({column}) stands in each of these, and it names one person"
    number = store.number(f"SELECT count(*) FROM ({doubled})")  # noqa: S608 - a query of ours
    if number > _TOLD:
        yield f"... and {number - _TOLD:,} more keys that stand in several lines"


def _find_older(provenance: Provenance, last: AppliedSource | None, what: str) -> Iterator[str]:
    if last is not None and last.made is not None and provenance.made is not None and provenance.made < last.made:
        now, then = (
            datetime.fromtimestamp(each, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") for each in (provenance.made, last.made)
        )
        yield (
            f"{provenance.name}: the {what} was made at {now}, before what was applied last (made at {then}); an older"
            " one would undo what came since. Give the newest"
        )


def _find_foreign(store: PlanStore, provenance: Provenance) -> Iterator[str]:
    members = store.number("SELECT count(DISTINCT fold) FROM wanted")
    known = store.number("SELECT count(*) FROM (SELECT DISTINCT fold FROM wanted) JOIN rows USING (fold)")
    if 2 * known < members:
        yield (
            f"{provenance.name}: only {known:,} of its {members:,} members have a row in the source of people: these"
            " memberships are of others. Look whether it is the right file, and the right column"
        )
