"""Whom a plan is about, read once more before it is believed: a directory goes on while it is walked.

Who has a line is asked for by name, thirty in one call; who would be made is asked for by all that rows are matched by.
What is found otherwise goes into the store, and the plan is made again. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from scimbridge.pingone.filters import Term, render
from scimbridge.pingone.kinds import USERS
from scimbridge.sync.planning.directory_reading import DirectoryReader
from scimbridge.sync.planning.persons import PersonReader
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.planning.store import PlanStore, read_line
from scimbridge.sync.plans.lines import CREATE, USER

_TERMS = 30
_LENGTH = 3_000  # characters of an encoded filter: the whole head of a request has to stay below 6 KB
_OR = "%20or%20"
_ABOUT = "SELECT DISTINCT id FROM lines WHERE id <> '' AND target = 'User' AND NOT idle"
_CHANGED = f"{_ABOUT} AND do NOT IN ('join', 'leave')"


class Rereading:
    """Reads people again; `store` is what is known of them."""

    def __init__(self, store: PlanStore, rules: RulesInUse, people: PersonReader, directory: DirectoryReader) -> None:
        self._store = store
        self._rules = rules
        self._people = people
        self._directory = directory
        self._seen: set[str] = set()
        self._asked: list[str] = []

    def read_again(self, *, members: bool) -> bool:
        """Read everybody again whom lines are about, once each. Returns whether anything is otherwise.

        `members`: also those who only join or leave groups.
        """
        changed = self._read_unknown_members()
        changed |= self._read_changed(_ABOUT if members else _CHANGED)
        return self._look_for_new() or changed

    def _read_unknown_members(self) -> bool:
        """Read the members of groups whom the walk did not meet: they came since."""
        query = "SELECT DISTINCT m.user FROM members m LEFT JOIN users u ON u.id = m.user WHERE u.n IS NULL"
        changed = False
        for (key,) in list(self._store.each(query)):
            changed |= self._keep(key)
            if self._store.person(key) is None:
                self._store.db.execute("DELETE FROM members WHERE user = ?", (key,))
        return changed

    def _read_changed(self, query: str) -> bool:
        changed = False
        for terms in _gather(self._terms(key for (key,) in list(self._store.each(f"{query} ORDER BY id")))):
            asked = [term for each in terms for term in each]
            found = {each["id"]: each for each in self._directory.find(asked)} if asked else {}
            keys, self._asked = self._asked[: len(terms)], self._asked[len(terms) :]
            for key in keys:
                record = found.get(key)
                if record is None:
                    changed |= self._keep(key)
                else:
                    changed |= self._store.keep_person(self._people.read(record), record)
        return changed

    def _terms(self, keys: Iterable[str]) -> Iterator[list[Term]]:
        """Yield what each person is asked for by, those once who were not asked for yet."""
        for key in keys:
            known = self._store.person(key)
            if key not in self._seen and known is not None:
                self._seen.add(key)
                self._asked.append(key)
                yield [Term(str(USERS.unique), "eq", known[1].user_name)] if known[1].user_name else []

    def _keep(self, key: str) -> bool:
        record = self._directory.person(key)
        if record is None:
            return self._store.drop_person(key)
        return self._store.keep_person(self._people.read(record), record)

    # -- people who would be made ----------------------------------------------------------------------------------

    def _look_for_new(self) -> bool:
        """Ask for people who would be made: one who came since the walk, or whom it missed, must not come twice."""
        changed = False
        for terms in _gather(self._new()):
            changed |= self._find([term for each in terms for term in each])
        return changed

    def _new(self) -> Iterator[list[Term]]:
        rows = [(name, self._rules.rows[name]) for name in self._rules.by if "eq" in self._rules.rows[name].operators]
        query = "SELECT body FROM lines WHERE do = ? AND target = ? ORDER BY one"
        for (body,) in self._store.db.execute(query, (CREATE, USER)):
            line = read_line(body)
            if line.key in self._seen:
                continue
            self._seen.add(line.key)
            values = ((row.native, line.after.get(name)) for name, row in rows)
            yield [Term(native, "eq", value) for native, value in values if isinstance(value, str)]

    def _find(self, terms: list[Term]) -> bool:
        changed = False
        for record in self._directory.find(terms) if terms else ():
            if self._store.person(record["id"]) is None:
                changed |= self._store.keep_person(self._people.read(record), record)
        return changed


def _gather(asked: Iterable[list[Term]]) -> Iterator[list[list[Term]]]:
    """Yield what is asked for in one call each: no more terms than may be, and no longer filter."""
    block: list[list[Term]] = []
    terms = length = 0
    for each in asked:
        more = sum(len(quote(render(term))) + len(_OR) for term in each)
        if block and (terms + len(each) > _TERMS or length + more > _LENGTH):
            yield block
            block, terms, length = [], 0, 0
        block.append(each)
        terms, length = terms + len(each), length + more
    if block:
        yield block
