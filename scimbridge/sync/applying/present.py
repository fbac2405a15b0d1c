"""Present records of the people in a block of lines: one call for all of them, in the words that PingOne documents.

PingOne documents filters of users by name and by external id, and none by id (docs/pingone.md §7.1). So a block is
read by the names that its people had; who is not found like that, since he was renamed or deleted, is read alone. What
is believed of an answer is its records, each of which names itself; that one is missing is never believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.kinds import USERS
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.request.ids import is_id
from scimbridge.sides import Native
from scimbridge.sync.plans.lines import PlanLine

LONGEST = 3000
"""Bytes of a filter as it goes out: PingOne's headers end at 6 KB (docs/pingone.md §1.4), and a token takes 1.5."""
PAGE = 100
NAME, EXTERNAL, ID = USERS.unique or "username", "externalId", "id"
Each = Callable[[Callable[[str], Native | None], Sequence[str]], list[Native | None]]
"""Does the same for several ids, side by side, and gives what comes of it in their order."""


class PresentRecords:
    """Reads users of one environment."""

    def __init__(
        self,
        users: ReachableRecords,
        context: Callable[[], RequestContext],
        each: Each,
        memberships: tuple[str, str] | None = None,
    ) -> None:
        """`memberships` are how a path of a user's groups begins, and what PingOne has to include for it."""
        self._users = users
        self._memberships = memberships
        self._context = context
        self._each = each
        self._takes_ids = True
        self._takes_external = True

    def read(self, lines: Iterable[PlanLine]) -> dict[str, Native | None]:
        """Return the present records of lines that have ids, by id; None for those that are not there.

        Raises PingOne's errors.
        """
        wanted = {line.id: line.user_name for line in lines if line.id is not None}
        found: dict[str, Native | None] = {}
        named = {key: native.Term(NAME, "eq", name) for key, name in wanted.items() if name}
        for terms in _parts(named.values()):
            found |= self._ask(terms)
        if self._takes_ids:
            others = [native.Term(ID, "eq", key) for key, name in wanted.items() if not name and is_id(key)]
            for terms in _parts(others):
                found |= self._ask_by_id(terms)
        missing = [key for key in wanted if key not in found]
        found |= zip(missing, self._each(self.read_one, missing), strict=True)
        return {key: found[key] for key in wanted}

    def read_one(self, key: str) -> Native | None:
        """Return one present record, None where there is none. Raises PingOne's errors."""
        try:
            return self._users.read(self._context(), key)
        except NotThere:
            return None

    def with_groups(self, line: PlanLine, record: Native | None) -> Native | None:
        """Return a record with the groups of its person where the line has a condition on them: a call more.

        Raises PingOne's errors.
        """
        begin, include = self._memberships or ("", "")
        if record is None or not begin or not any(path.startswith(begin) for path in line.condition):
            return record
        try:
            return self._users.read(self._context(), record["id"], (include,))
        except NotThere:
            return None

    def holders(self, wanted: Iterable[tuple[str, str | None]]) -> list[Native]:
        """Return the users that hold any of these names or external ids. Raises PingOne's errors."""
        pairs = list(wanted)
        names = [native.Term(NAME, "eq", name) for name, _external in pairs]
        externals = [native.Term(EXTERNAL, "eq", external) for _name, external in pairs if external]
        found: dict[str, Native] = {}
        for terms in _parts(names):
            found |= self._all(terms)
        for terms in _parts(externals) if self._takes_external else ():
            try:
                found |= self._all(terms)
            except Refused:
                self._takes_external = False  # an environment of narrow filters (§7.1): names are unique, and do
                break
        return list(found.values())

    def _ask_by_id(self, terms: list[native.Term]) -> dict[str, Native]:
        if not self._takes_ids:
            return {}
        try:
            return self._ask(terms)
        except Refused:
            self._takes_ids = False
            return {}

    def _ask(self, terms: list[native.Term]) -> dict[str, Native]:
        """Return what the first page has: where PingOne minds the filter, that is all."""
        page = self._users.page(self._context(), filter=native.render(_any(terms)), limit=PAGE)
        return {record["id"]: record for record in page.page.records}

    def _all(self, terms: list[native.Term]) -> dict[str, Native]:
        """Return the users of every page: many may have one external id."""
        asked = native.render(_any(terms))
        pages = self._users.pages(self._context(), filter=asked, limit=PAGE)
        return {record["id"]: record for page in pages for record in page.page.records}


def _any(terms: list[native.Term]) -> native.Node:
    return terms[0] if len(terms) == 1 else native.Any_(tuple(terms))


def _parts(terms: Iterable[native.Term]) -> Iterator[list[native.Term]]:
    """Yield the terms in parts that one call can ask for."""
    part: list[native.Term] = []
    length = 0
    for term in terms:
        size = len(quote(f" or {native.render(term)}", safe=""))
        if part and (length + size > LONGEST or len(part) == PAGE):
            yield part
            part, length = [], 0
        part.append(term)
        length += size
    if part:
        yield part
