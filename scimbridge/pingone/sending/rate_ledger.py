"""The ledger of one rate: what each process may send, and what all of them have learnt from PingOne's 429s.

Pure arithmetic over plain values: no clock, no threads, no I/O. Rates are calls per second.

The one law: the sum of what all entries hold is never above the rate. An entry holds the most that its process may have
sent in any second that is not over yet, so what is given up is free for others a second later and not before.

Processes in the background, for whose answers nobody waits, share what the others leave: of the whole rate a ninth at
least, so that they get on whatever the others do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import orjson

_BACKGROUND = 1.0 / 9.0  # of the rate, whatever the others want: one call after eight of theirs
_FOREGROUND = 0.25  # ... and what the background never has while others are there, who may want it in a moment
_ROOM = 2.0  # calls per second beside what one of the others wants
_KEPT_BACK = 0.05  # of the rate, so that who joins can make a call at once


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What one process holds and what it could use. `number` grows with every renewal.

    `later` is what it holds once the second after this renewal is over.
    """

    number: int
    held: float
    wanted: float
    later: float


@dataclass(frozen=True, slots=True)
class LearntRate:
    """What a 429 has taught: the pace of all together, the one that was too fast, seconds that all shall pause."""

    rate: float
    ceiling: float
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries by process, and the last 429 by number; number 0 means that there was none.

    `background` names those for whose answers nobody waits.
    """

    entries: Mapping[str, LedgerEntry] = field(default_factory=dict)
    limit: LearntRate | None = None
    news: int = 0
    background: frozenset[str] = frozenset()

    def dump(self) -> bytes:
        """Return it as text."""
        limit = self.limit and [self.limit.rate, self.limit.ceiling, self.limit.pause]
        entries = {name: [entry.number, entry.held, entry.wanted, entry.later] for name, entry in self.entries.items()}
        held = {"entries": entries, "limit": limit, "news": self.news, "background": sorted(self.background)}
        return orjson.dumps(held)

    @classmethod
    def load(cls, text: bytes | None) -> Ledger:
        """Read what `dump` wrote; nothing is an empty ledger."""
        if text is None:
            return cls()
        held = orjson.loads(text)
        entries = {name: LedgerEntry(*values) for name, values in held["entries"].items()}
        limit = held["limit"] and LearntRate(*held["limit"])
        return cls(entries, limit, held["news"], frozenset(held.get("background", ())))  # older nodes write none


@dataclass(frozen=True, slots=True)
class Portion:
    """What a process may send from now on, what is its due, and whether more would be free if it wanted more."""

    share: float
    due: float
    more: bool


def divide(
    rate: float,
    others: Mapping[str, LedgerEntry],
    name: str,
    wanted: float,
    present: float,
    background: AbstractSet[str] = frozenset(),
) -> Portion:
    """Return the portion of the process `name`, which wants so much and holds a share of `present` now.

    Who wants little gets it and a part of what nobody wants; what is left is divided evenly. Nobody gets what another
    still holds. Those named in `background` come last.
    """
    total = rate * (1.0 - _KEPT_BACK)
    due = _due(total, {**{other: entry.wanted for other, entry in others.items()}, name: wanted}, name, background)
    spare = rate - sum(entry.held for entry in others.values())
    free = spare - rate * _KEPT_BACK
    if not present:
        # What is kept back is for those who come: half of it, so that there is some for the next one.
        free = max(free, _whole(spare / 2) or min(1.0, spare))
    share = max(0.0, min(due, max(free, min(present, spare))))
    share = _whole(share) or share
    return Portion(share, due, more=free - share >= 1.0)


def _due(total: float, wanted: Mapping[str, float], name: str, background: AbstractSet[str]) -> float:
    """Return one's due: those in the background have what the others leave of it, and these what is then left."""
    last = {other: want for other, want in wanted.items() if other in background}
    others = {other: want for other, want in wanted.items() if other not in background}
    if not last or not others:
        return min(_level(total, wanted, name), wanted[name] if last else total)
    # Who is left no more than it needs finds its next calls waiting, and takes that for a need of all.
    needed = sum(want + _ROOM for want in others.values())
    left = max(total * _BACKGROUND, min(total * (1.0 - _FOREGROUND), total - needed))
    theirs = min(left, sum(last.values()))
    if name in background:
        return min(_level(theirs, last, name), max(wanted[name], theirs / len(last)))
    return _level(total - theirs, others, name)


def _level(total: float, wanted: Mapping[str, float], name: str) -> float:
    """Return one's part: whole calls per second as long as there is one for each, so that nothing is lost by rounding.

    Those who want least come first and leave the rest to the others.
    """
    even = total / len(wanted)
    # Above an even part the name gives the place, and half of one is everybody's: demand that goes up and down by a
    # little would else move shares to and fro, and each move costs a second in which nobody has what is moved.
    wants = {other: max(want, even / 2) for other, want in wanted.items()}
    row = sorted(wants.items(), key=lambda each: (min(each[1], even + 1.0), each[0]))
    whole = total >= len(row)
    rest: float = math.floor(total) if whole else total
    mine = 0.0
    for place, (other, want) in enumerate(row):
        part = rest / (len(row) - place)
        got = min(math.ceil(want), math.floor(part)) if whole else min(want, part)
        rest -= got
        if other == name:
            mine = got
    left = rest / (len(row) + 1)
    return mine + (math.floor(left) if whole else left)


def _whole(share: float) -> float:
    return float(math.floor(share + 1e-9))
