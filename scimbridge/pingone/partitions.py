"""Parts of a list of users that can be read side by side: by population, and by how user names begin.

A cursor of PingOne's gives one page a round trip, while its rate admits many (docs/pingone.md §6, §9). So a list is
divided by conditions that PingOne answers, and a division is believed only where the counts of its parts are the count
of the whole: what cannot be divided so stays one part. Pure: says what is to be asked, and is told what came.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field

from scimbridge.pingone.filters import Term

NAME, HOME = "username", "population.id"
COMMON = (string.ascii_lowercase, string.digits, "._-@+' ")
RARE = "".join(sorted({*string.punctuation} - {*"".join(COMMON)}))
TELLING = 10  # names that go on alike, from which on it is tried whether all do
LONGEST = 100  # characters of a beginning
HEAD = 100  # records on the page that comes with a count


@dataclass(frozen=True, slots=True)
class PartTerms:
    """What the users of a part have in common: all terms hold, none means everybody."""

    terms: tuple[Term, ...] = ()

    def beside(self, term: Term) -> PartTerms:
        """Return the condition with one term for the field of that term."""
        return PartTerms((*(each for each in self.terms if each.field != term.field), term))

    @property
    def beginning(self) -> str:
        """How the names of all its users begin."""
        return next((str(each.value) for each in self.terms if each.field == NAME and each.op == "sw"), "")


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """What came: how many PingOne counts, None where it does not say, and the names on the first page."""

    count: int | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPart:
    """What is read in one row; `whole`: it was to be divided, and could not be."""

    condition: PartTerms
    count: int
    whole: bool = False


@dataclass(slots=True)
class DivisionStep:
    """What is to be asked next, and which parts are certain by now."""

    asked: list[PartTerms] = field(default_factory=list)
    parts: list[ListPart] = field(default_factory=list)


DivisionSteps = Generator[tuple[PartTerms, ...], Sequence[PartAnswer | None], dict[PartTerms, PartAnswer] | None]
"""Yields what it asks, is sent the answers (None: PingOne refuses the filter), and returns the parts, if any."""


@dataclass(slots=True, eq=False)
class _Dividing:
    """A part that is being divided, and what it still waits for."""

    condition: PartTerms
    count: int
    steps: DivisionSteps
    wanted: tuple[PartTerms, ...]
    came: dict[PartTerms, PartAnswer | None]


class Partition:
    """One list on its way into parts, none of more than `most` users where that can be had.

    `populations` are the ids of all populations, () where they are not known; `budget` is how many questions may be
    asked in all.
    """

    def __init__(self, whole: PartAnswer, populations: Sequence[str], most: int, budget: int) -> None:
        self._whole = whole
        self._populations = tuple(populations)
        self._most = most
        self._budget = budget
        self._dividing: dict[PartTerms, _Dividing] = {}

    def begin(self) -> DivisionStep:
        """Return the first questions."""
        step = DivisionStep()
        self._divide(step, PartTerms(), self._whole, _by_both(self._whole, self._populations))
        return step

    def hear(self, condition: PartTerms, answer: PartAnswer | None) -> DivisionStep:
        """Take an answer, and return what is to be asked next and which parts are certain now."""
        step = DivisionStep()
        each = self._dividing.pop(condition)
        each.came[condition] = answer
        if len(each.came) == len(each.wanted):
            self._go_on(step, each)
        return step

    def _divide(self, step: DivisionStep, condition: PartTerms, known: PartAnswer, steps: DivisionSteps) -> None:
        count = known.count or 0
        each = _Dividing(condition, count, steps, (), {})
        self._go_on(step, each)

    def _go_on(self, step: DivisionStep, each: _Dividing) -> None:
        try:
            came = [each.came[wanted] for wanted in each.wanted]
            each.wanted = each.steps.send(came) if each.wanted else next(each.steps)
        except StopIteration as end:
            self._divided(step, each, end.value)
            return
        if len(each.wanted) > self._budget or any(wanted in self._dividing for wanted in each.wanted):
            step.parts.append(ListPart(each.condition, each.count, whole=True))
            return
        self._budget -= len(each.wanted)
        each.came = {}
        self._dividing.update(dict.fromkeys(each.wanted, each))
        step.asked += each.wanted

    def _divided(self, step: DivisionStep, each: _Dividing, parts: dict[PartTerms, PartAnswer] | None) -> None:
        if parts is None:
            step.parts.append(ListPart(each.condition, each.count, whole=True))
            return
        for condition, answer in parts.items():
            count = answer.count or 0
            if count > self._most and len(condition.beginning) < LONGEST and not _is_exact(condition):
                self._divide(step, condition, answer, _by_name(condition, answer))
            elif count:
                step.parts.append(ListPart(condition, count))


def _is_exact(condition: PartTerms) -> bool:
    return any(each.field == NAME and each.op == "eq" for each in condition.terms)


def _by_both(whole: PartAnswer, populations: Sequence[str]) -> DivisionSteps:
    """Divide all users: by population first, unless these would be hardly more than pages, else by name."""
    everybody, pages = PartTerms(), (whole.count or 0) // HEAD
    ways: list[Callable[[], DivisionSteps]] = []
    if 1 < len(populations) <= pages:
        ways.append(lambda: _by_population(whole, populations))
    ways.insert(len(populations) <= pages // 4, lambda: _by_name(everybody, whole))
    for divide in ways:
        found = yield from divide()
        if found is not None:
            return found
    return None


def _by_population(whole: PartAnswer, populations: Sequence[str]) -> DivisionSteps:
    """Divide by population: every user is in exactly one."""
    wanted = tuple(PartTerms((Term(HOME, "eq", key),)) for key in populations)
    found = dict(zip(wanted, (yield wanted), strict=True))
    return (yield from _believed(PartTerms(), whole.count, found))


def _by_name(condition: PartTerms, known: PartAnswer) -> DivisionSteps:
    """Divide by how names go on: first as those on the first page do, then by other characters, until it adds up."""
    begun = condition.beginning
    seen = _continuations(begun, known.names)
    short = {_begin(condition, begun + character) for character in seen}
    tries = [
        {_begin(condition, beginning) for beginning in seen.values()},
        short,
        *({_begin(condition, begun + character) for character in batch if character not in seen} for batch in COMMON),
        {condition.beside(Term(NAME, "eq", begun))} if begun else set(),
        {_begin(condition, begun + character) for character in RARE if character not in seen},
    ]
    found: dict[PartTerms, PartAnswer | None] = {}
    for number, batch in enumerate(tries):
        wanted = tuple(sorted(batch - found.keys(), key=_spelled))
        if number == 1:  # longer beginnings give way to the shorter ones that they are part of
            found = {each: answer for each, answer in found.items() if each in batch}
        if wanted:
            found |= dict(zip(wanted, (yield wanted), strict=True))
        total = _sum(found)
        if total is None or known.count is None:
            return None
        if total >= known.count:
            break
    return (yield from _believed(condition, known.count, found))


def _continuations(begun: str, names: Iterable[str]) -> dict[str, str]:
    """Return for each character that names go on with how far they go on alike, where enough do to tell."""
    same: dict[str, list[str]] = {}
    for name in names:
        folded = name.lower()
        if folded.startswith(begun) and len(folded) > len(begun):
            same.setdefault(folded[len(begun)], []).append(folded)
    return {
        character: _common_beginning(group) if len(group) >= TELLING else begun + character
        for character, group in same.items()
    }


def _common_beginning(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    length = next((place for place, character in enumerate(first) if not last.startswith(character, place)), len(first))
    return first[: min(length, LONGEST)]


def _begin(condition: PartTerms, beginning: str) -> PartTerms:
    return condition.beside(Term(NAME, "sw", beginning))


def _spelled(condition: PartTerms) -> str:
    return str(condition.terms[-1].value)


def _sum(found: dict[PartTerms, PartAnswer | None]) -> int | None:
    total = 0
    for answer in found.values():
        if answer is None or answer.count is None:
            return None
        total += answer.count
    return total


def _believed(condition: PartTerms, count: int | None, found: dict[PartTerms, PartAnswer | None]) -> DivisionSteps:
    """Return parts that add up to the whole; where they do not, it is counted again, since somebody may have come."""
    total = _sum(found)
    if total is None or count is None:
        return None
    if total != count:
        (again,) = yield (condition,)
        if again is None or again.count != total:
            return None
    return {each: answer for each, answer in found.items() if answer is not None}
