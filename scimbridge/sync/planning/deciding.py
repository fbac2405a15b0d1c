"""Each row and each person in turn: who is meant, and which lines that makes. Knows the store, and no call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

import orjson

from scimbridge.sync.planning.comparing import PersonComparison, PlannedPerson
from scimbridge.sync.planning.leaving import plan_leaver, tell_protected
from scimbridge.sync.planning.line_making import conflict, place_of
from scimbridge.sync.planning.matching import ADOPTED, BY_KEY, NOBODY, UNCLEAR, PathHit, RowMatch, match
from scimbridge.sync.planning.persons import PersonReader
from scimbridge.sync.planning.placing import PopulationRules
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.planning.store import PlanStore, read_person, read_wanted
from scimbridge.sync.planning.wanted import WantedPerson
from scimbridge.sync.plans.lines import CONFLICT, JOIN, LEAVE, PlanLine

NOT_SETTLED, SETTLED, WITHOUT_ROW = 0, 1, 2
"""Of a person, what is known: not what becomes of it; all; or that it has no row, in a source of changes only."""
_REMEMBERED = 1_024
_OTHERWISE = """
SELECT m.row, u.n FROM matches m JOIN rows r ON r.n = m.row JOIN users u ON loosely(u.key) = loosely(r.fold)
WHERE m.how <> ? AND u.n NOT IN (SELECT user FROM claims) ORDER BY m.row, u.n
"""
_KEYLESS_HOLDERS = """
INSERT OR IGNORE INTO claims SELECT u.n FROM matches m JOIN uniques w ON w.row = m.row
JOIN marks k ON k.path = w.path AND k.fold = w.fold JOIN users u ON u.n = k.user WHERE m.how = ? AND u.key IS NULL
"""
"""Who has the user name of a row that finds nobody, and no key, is perhaps its person: no rule looks there."""
_OTHERWISE_WRITTEN = (
    "somebody of the directory who has no row has this key written otherwise: in capitals or small letters, with or"
    " without leading zeros, or in another form of Unicode; write it as it is there, or give that person another one"
)

_SHARED = RowMatch(
    UNCLEAR,
    fault="several rows mean the same person of the directory; each row needs one of its own",
    reason="several rows mean one person",
)


class Lines:
    """The lines of a plan, as far as it is about these keys and has these kinds; all where there are none."""

    def __init__(self, store: PlanStore, only: frozenset[str], just: frozenset[str]) -> None:
        self._store = store
        self.only = only
        self.just = just

    def add(self, lines: Iterator[PlanLine] | tuple[PlanLine, ...], user: int | None = None) -> None:
        """Put lines in their places."""
        self._store.insert("lines", (self._row(line, user) for line in lines if self.has(line)))

    def has(self, line: PlanLine) -> bool:
        """Whether the plan has a line."""
        of_kind = not self.just or line.do in self.just or line.do == CONFLICT
        return of_kind and (not self.only or line.key in self.only)

    @staticmethod
    def _row(line: PlanLine, user: int | None) -> tuple[object, ...]:
        linked = line.do in (JOIN, LEAVE) and line.group is not None
        one, two = (str(line.group["name"]), line.key) if linked and line.group else (line.key, "")
        return place_of(line), one, two, line.id or "", line.do, line.on, user, bool(line.faults), orjson.dumps(line)


class Decisions:
    """What becomes of rows and people. `conflicts` are rows; `cleared` people who lose a value, by attribute."""

    def __init__(
        self,
        store: PlanStore,
        rules: RulesInUse,
        places: PopulationRules,
        people: PersonReader,
        lines: Lines,
    ) -> None:
        self._store = store
        self._rules = rules
        self._people = people
        self._lines = lines
        self._comparison = PersonComparison(rules, places, lines.just)
        self._turns = tuple((rules.marks.index(path), path) for path in rules.by)
        self._blind = False
        self._with_groups = rules.rules.groups is not None
        self.conflicts = 0
        self.cleared: Counter[str] = Counter()

    # -- who is meant ----------------------------------------------------------------------------------------------

    def match_rows(self) -> None:
        """Find out whom each row means."""
        self._store.insert("matches", self._matches())
        self._store.db.execute("CREATE INDEX IF NOT EXISTS matches_user ON matches (user)")
        self._doubt_writing()
        self._store.db.execute(_KEYLESS_HOLDERS, (NOBODY,))

    def _doubt_writing(self) -> None:
        """Let no row make or adopt anybody where its key, written otherwise, is that of somebody without a row.

        Such keys may be of two people; but that a key was typed anew is no reason to disable anybody.
        """
        for row, user in list(self._store.each(_OTHERWISE, (BY_KEY,))):
            self._store.db.execute("INSERT OR IGNORE INTO claims VALUES (?)", (user,))
            body = orjson.dumps([self._rules.key, _OTHERWISE_WRITTEN, "the key is written otherwise"])
            self._store.db.execute(
                "UPDATE matches SET how = ?, user = NULL, body = ? WHERE row = ? AND how <> ?",
                (UNCLEAR, body, row, UNCLEAR),
            )

    def _matches(self) -> Iterator[tuple[object, ...]]:
        claim = lru_cache(_REMEMBERED)(self._store.claim)  # a value that many people have comes in many rows too
        for number, wanted in self._store.wanted_rows():
            found = match(wanted.fold, self._rules.key, self._hits(wanted))
            self._blind = self._blind or (wanted.blind and found.how != BY_KEY)
            for path in found.claims:
                place = self._rules.marks.index(path)
                claim(place, wanted.marks[place])
            if found.how == NOBODY:
                yield number, found.how, None, None
            else:
                yield number, found.how, found.user, orjson.dumps([found.path, found.fault, found.reason])

    def _hits(self, wanted: WantedPerson) -> Iterator[tuple[str, list[PathHit]]]:
        for place, path in self._turns:
            fold = wanted.marks[place]
            yield path, [] if fold is None else self._store.hits(place, fold)

    # -- what becomes of rows --------------------------------------------------------------------------------------

    def plan_rows(self, heard: Callable[[int], None]) -> None:
        """Make the lines of all rows."""
        several = {
            user for (user,) in self._store.each(
                "SELECT user FROM matches WHERE user IS NOT NULL GROUP BY user HAVING count(*) > 1"
            )
        }  # fmt: skip
        query = "SELECT r.n, r.body, m.how, m.user, m.body FROM rows r JOIN matches m ON m.row = r.n ORDER BY r.n"
        people = []
        for number, body, how, user, found in self._store.each(query):
            wanted = read_wanted(body)
            path, fault, reason = orjson.loads(found) if found else ("", "", "")
            meant = _SHARED if user in several else RowMatch(how, user, path, fault, reason)
            planned = self._plan(number, wanted, meant)
            self.conflicts += any(line.do == CONFLICT for line in planned.lines)
            self.cleared.update(planned.cleared)
            self._lines.add(planned.lines, user)
            if self._with_groups:
                people.append(self._person(wanted, user, planned))
            if number % 1_000 == 0:
                heard(number)
                self._store.insert("people", people)
                people.clear()
        self._store.insert("people", people)

    def _plan(self, number: int, wanted: WantedPerson, found: RowMatch) -> PlannedPerson:
        person, record = (None, None) if found.user is None else self._store.numbered(found.user)
        why = f"line {wanted.line:,} of the source cannot be carried out"
        faults = wanted.faults or ((f"line {wanted.line:,}: {found.fault}",) if found.how == UNCLEAR else ())
        if faults and found.how == BY_KEY and person is not None:
            return self._comparison.refuse(wanted, person, faults, wanted.reason)
        if faults:
            return PlannedPerson((conflict(wanted.key, why, faults, wanted.reason or found.reason, person),))

        def taken(path: str, fold: str) -> bool:
            return self._taken(path, fold, number, found.user)

        if found.how in (BY_KEY, ADOPTED) and person is not None and record is not None:
            adopted = found.path if found.how == ADOPTED else ""
            resource = self._people.resource(record)
            return self._comparison.change(wanted, person, record, resource, taken, adopted=adopted)
        return self._comparison.create(wanted, taken)

    def _taken(self, path: str, fold: str, row: int, user: int | None) -> bool:
        place = self._rules.marks.index(path)
        held = "SELECT count(*) FROM marks WHERE path = ? AND fold = ? AND user IS NOT ?"
        wanted = "SELECT count(*) FROM uniques WHERE path = ? AND fold = ? AND row <> ?"
        return bool(self._store.number(held, (place, fold, user)) or self._store.number(wanted, (place, fold, row)))

    @staticmethod
    def _person(wanted: WantedPerson, user: int | None, planned: PlannedPerson) -> tuple[object, ...]:
        body = orjson.dumps([planned.condition, planned.user_name])
        settled = SETTLED if planned.settled else NOT_SETTLED
        return wanted.fold, wanted.key, user, settled, planned.population, body

    # -- who is missing --------------------------------------------------------------------------------------------

    def plan_leavers(self, since: Callable[[str], float], now: float) -> dict[str, float]:
        """Make the lines of who has no row, and return since when each is missing.

        Whoever may be meant by a row that cannot be read is not missing; nor is who is protected.
        """
        missing: dict[str, float] = {}
        query = "SELECT n, body FROM users WHERE scope AND n NOT IN (SELECT user FROM claims) ORDER BY id"
        for number, body in self._store.each(query):
            person = read_person(body)
            if person.protected:
                if person.key is not None:
                    self._lines.add((tell_protected(person),), number)
                continue
            if self._blind and person.key is None:
                continue
            missing[person.id] = since(person.id)
            self._store.db.execute("INSERT INTO leavers VALUES (?)", (number,))
            self._lines.add(plan_leaver(self._rules, person, missing[person.id], now, self._lines.just), number)
        return missing

    def note_rowless(self) -> None:
        """Let people of the directory without a row be found by their keys: the source has changes only.

        A key that several people have, in scope or not, finds none of them.
        """
        query = """
            SELECT n, body FROM users WHERE scope AND n NOT IN (SELECT user FROM claims)
            AND key IN (SELECT key FROM users WHERE key IS NOT NULL GROUP BY key HAVING count(*) = 1)
        """
        for number, body in self._store.each(query):
            person = read_person(body)
            state = orjson.dumps([person.condition(self._rules), person.user_name])
            self._store.db.execute(
                "INSERT OR IGNORE INTO people VALUES (?, ?, ?, ?, ?, ?)",
                (person.key, person.label, number, WITHOUT_ROW, person.population, state),
            )
