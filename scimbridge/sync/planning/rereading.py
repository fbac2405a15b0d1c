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
_ABOUT = "SELECT DISTINCT id FROM lines WHERE id <> '' AND target = 'User' AND do <> 'conflict'"
_CHANGED = f"{_ABOUT} AND do NOT IN ('join', 'leave')"


class Rereading:
    """Reads people again; `store` is what is known of them."""

    def __init__(self, store: PlanStore, rules: RulesInUse, people: PersonReader, directory: DirectoryReader) -> None:
        self._store = store
        self._rules = rules
        self._people = people
        self._directory = directory
        self._seen: set[str] = set()

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
        for block in self._blocks(key for (key,) in list(self._store.each(f"{query} ORDER BY id"))):
            found = {each["id"]: each for each in self._directory.find(term for _key, term in block)}
            for key, _term in block:
                record = found.get(key)
                if record is None:
                    changed |= self._keep(key)
                else:
                    changed |= self._store.keep_person(self._people.read(record), record)
        return changed

    def _blocks(self, keys: Iterable[str]) -> Iterator[list[tuple[str, Term]]]:
        block: list[tuple[str, Term]] = []
        for key in keys:
            known = self._store.person(key)
            if key in self._seen or known is None or not known[1].user_name:
                continue
            self._seen.add(key)
            term = Term(str(USERS.unique), "eq", known[1].user_name)
            if block and not _fits([each for _key, each in block], [term]):
                yield block
                block = []
            block.append((key, term))
        if block:
            yield block

    def _keep(self, key: str) -> bool:
        record = self._directory.person(key)
        if record is None:
            return self._store.drop_person(key)
        return self._store.keep_person(self._people.read(record), record)

    # -- people who would be made ----------------------------------------------------------------------------------

    def _look_for_new(self) -> bool:
        """Ask for people who would be made: one who came since the walk, or whom it missed, must not come twice."""
        changed, terms = False, list[Term]()
        for new in self._new():
            if terms and not _fits(terms, new):
                changed |= self._find(terms)
                terms = []
            terms += new
        return self._find(terms) or changed

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


def _fits(terms: list[Term], more: list[Term]) -> bool:
    both = terms + more
    return len(both) <= _TERMS and len(quote(" or ".join(map(render, both)))) <= _LENGTH
