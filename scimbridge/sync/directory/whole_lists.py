"""A list read whole: in parts where that is quicker, counted again at the end, and in doubt read on in one row.

Pure: says which pages it wants, and is told what came. Several may be wanted at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import NoPermission, PingOneError, Refused, Unreachable
from scimbridge.pingone.paging import Page
from scimbridge.pingone.partitions import HEAD, NAME, DivisionStep, PartAnswer, Partition, PartTerms
from scimbridge.sides import Native
from scimbridge.sync.directory.rows import ReadRow
from scimbridge.sync.directory.tally import Begun, Tally

LEAST = 1000
"""Records from which on a list is divided."""
LONGEST = 2000
"""Characters of a filter beside which conditions of parts still fit."""
SMALLEST = 3 * HEAD
WORKERS = 20
AGAIN = 2
"""How often a list is read in one row before PingOne's count is not believed any more."""


@dataclass(frozen=True, slots=True, eq=False)
class PageCall:
    """A page that is wanted: the first one of a filter, or the one that `href` leads to. Large `left` goes first."""

    text: str | None
    href: str | None
    left: float
    row: ReadRow | None = None
    asked: PartTerms | None = None


@dataclass(slots=True)
class Followed:
    """What follows from a page: pages that are wanted now, records that have not come before, and which parts ended.

    `old` is how many of these records were there when the list began to be read.
    """

    calls: list[PageCall] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    fresh: list[Native] = field(default_factory=list)
    old: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """How a list may be divided: for so many readers; `populations` gives the ids of all, () where nobody knows."""

    readers: int
    populations: Callable[[], Sequence[str]]


class WholeList:
    """One list. `text` is what PingOne is asked; without `division` it is read in one row.

    `done` are filters of parts that an earlier walk has finished, and `begun` how that one began.
    """

    def __init__(
        self,
        text: str | None,
        tally: Tally,
        division: Division | None = None,
        *,
        begun: Begun | None = None,
        done: frozenset[str] = frozenset(),
        clock: Callable[[], float],
    ) -> None:
        self.text = text
        self.tally = tally
        self.begun = begun
        self.counted: int | None = None
        self.doubt = ""
        self._division = division if len(text or "") <= LONGEST else None
        self._done = done
        self._clock = clock
        self._partition: Partition | None = None
        self._rows: set[ReadRow] = set()
        self._heads: dict[PartTerms, tuple[str | None, int]] = {}
        self._asked = 0
        self._parts: list[tuple[int, bool]] = []
        self._times = 0

    def begin(self) -> list[PageCall]:
        """Return the first page that is wanted."""
        return [PageCall(self.text, None, float("inf"))]

    @property
    def how(self) -> str:
        """How it was read, in words."""
        if not self._parts:
            return "in one row"
        stuck = sum(whole for _count, whole in self._parts)
        text = f"in {len(self._parts)} parts side by side"
        if len(self._parts) == 1 and stuck:
            text = "in one row, since it could not be divided"
        elif stuck:
            text += f", {stuck} of which could not be divided further"
        if self._times:
            text += f", and then in one row: {self.doubt}"
        return text

    # -- what comes ------------------------------------------------------------------------------------------------

    def take(self, call: PageCall, page: Page) -> Followed:
        """Take a page. Raises `Unreachable` where pages do not fit together, again and again."""
        if self.begun is None:
            self._note_beginning(page)
        before = self.tally.old
        fresh = self.tally.take(page.records)
        followed = self._take(call, page)
        followed.fresh, followed.old = fresh, self.tally.old - before
        return followed

    def _take(self, call: PageCall, page: Page) -> Followed:
        if call.asked is not None and self._partition is not None:
            self._heads[call.asked] = page.next, len(page.records)
            return self._step(self._partition.hear(call.asked, _read_answer(page)), heard=True)
        if call.row is not None:
            return self._follow(call.row, page)
        self.counted = page.count
        if self._times:
            return self._in_one_row(page) if self.tally.find_surplus(page.count) else Followed()
        if self._partition is None:
            return self._open(page)
        self.doubt = self.tally.find_doubt(None if self.begun is None else self.begun.count, page.count)
        return self._in_one_row(page) if self.doubt else Followed()

    def refuse(self, call: PageCall, error: Refused) -> Followed:
        """Take a refusal: of a part's filter, which is then no part, or of a link that is dead. Raises any other."""
        if call.asked is not None and self._partition is not None and error.has("INVALID_FILTER"):
            return self._step(self._partition.hear(call.asked, None), heard=True)
        if call.href is None or call.row is None or isinstance(error, NoPermission) or error.has("INVALID_FILTER"):
            raise error
        return self._restart(call.row, error)

    def _open(self, page: Page) -> Followed:
        """Decide how to read it, by the first page of all."""
        division, count, most = self._division, page.count, 0 if self.begun is None else self.begun.most
        if division is None or not most or count is None or count < LEAST or page.next is None:
            return self._in_one_row(page)
        budget = max(4 * WORKERS, count // HEAD // 2)
        self._partition = Partition(_read_answer(page), division.populations(), most, budget)
        return self._step(self._partition.begin())

    def _note_beginning(self, page: Page) -> None:
        at = self._clock() if page.at is None else page.at
        readers = 1 if self._division is None else self._division.readers
        most = max(SMALLEST, (page.count or 0) // max(readers, WORKERS)) if readers > 1 else 0
        self.begun = Begun(page.count, at, most)
        self.tally.begin(at)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _step(self, step: DivisionStep, *, heard: bool = False) -> Followed:
        followed = Followed()
        self._asked += len(step.asked) - heard
        followed.calls += [PageCall(self._spell(each), None, float("inf"), asked=each) for each in step.asked]
        for part in step.parts:
            self._parts.append((part.count, part.whole))
            self._read_part(followed, part.condition, part.count)
        if not self._asked and not self._rows:
            followed.calls.append(PageCall(self.text, None, float("inf")))
        return followed

    def _read_part(self, followed: Followed, condition: PartTerms, count: int) -> None:
        text = self._spell(condition)
        if text is not None and text in self._done:
            return
        row = ReadRow(text, count)
        if condition not in self._heads:
            self._rows.add(row)
            followed.calls.append(PageCall(text, None, count, row))
            return
        href, came = self._heads.pop(condition)  # its first page has come with its count
        if href is None:
            followed.finished.append(text or "")
            return
        row.skip(came)
        self._rows.add(row)
        followed.calls.append(PageCall(text, href, row.left, row))

    def _spell(self, condition: PartTerms) -> str | None:
        if not condition.terms:
            return self.text
        terms = native.render(condition.terms[0] if len(condition.terms) == 1 else native.All(condition.terms))
        return terms if self.text is None else f"({self.text}) and {terms}"

    # -- rows ------------------------------------------------------------------------------------------------------

    def _in_one_row(self, page: Page) -> Followed:
        self._times += 1
        row = ReadRow(self.text, page.count)
        self._rows = {row}
        return self._follow(row, page)

    def _follow(self, row: ReadRow, page: Page) -> Followed:
        try:
            href = row.follow(page)
        except Unreachable as error:  # what came in between may have shifted the others
            return self._restart(row, error)
        if href is not None:
            return Followed([PageCall(row.text, href, row.left, row)])
        self._rows.discard(row)
        if self._times:
            return self._end_of_all(page)
        followed = Followed(finished=[row.text or ""])
        if not self._rows and not self._asked:
            followed.calls.append(PageCall(self.text, None, float("inf")))
        return followed

    def _restart(self, row: ReadRow, error: PingOneError) -> Followed:
        row.restart(error)
        return Followed([PageCall(row.text, None, row.left, row)])

    def _end_of_all(self, page: Page) -> Followed:
        """End a row over everything; where PingOne then counts more than have come, read it once more."""
        self.counted = page.count if page.count is not None else self.counted
        surplus = self.tally.find_surplus(page.count)
        if not surplus:
            return Followed()
        if self._times >= AGAIN:
            raise Unreachable(f"{surplus}, also when the list was read again in one row")
        return Followed([PageCall(self.text, None, float("inf"))])


def _read_answer(page: Page) -> PartAnswer:
    names: tuple[Any, ...] = tuple(record.get(NAME) for record in page.records)
    return PartAnswer(page.count, tuple(name for name in names if isinstance(name, str)))
