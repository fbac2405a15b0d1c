"""The ledger of one rate: what each process may send, and what all of them have learnt from PingOne's 429s.

Pure arithmetic over plain values: no clock, no threads, no I/O. Rates are calls per second.

The one law: the sum of what all entries hold is never above the rate. An entry holds the most that its process may have
sent in any second that is not over yet, so what is given up is free for others a second later and not before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

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
    """The entries by process, and the last 429 by number; number 0 means that there was none."""

    entries: Mapping[str, LedgerEntry] = field(default_factory=dict)
    limit: LearntRate | None = None
    news: int = 0

    def dump(self) -> bytes:
        """Return it as text."""
        limit = self.limit and [self.limit.rate, self.limit.ceiling, self.limit.pause]
        entries = {name: [entry.number, entry.held, entry.wanted, entry.later] for name, entry in self.entries.items()}
        return orjson.dumps({"entries": entries, "limit": limit, "news": self.news})

    @classmethod
    def load(cls, text: bytes | None) -> Ledger:
        """Read what `dump` wrote; nothing is an empty ledger."""
        if text is None:
            return cls()
        held = orjson.loads(text)
        entries = {name: LedgerEntry(*values) for name, values in held["entries"].items()}
        return cls(entries, held["limit"] and LearntRate(*held["limit"]), held["news"])


@dataclass(frozen=True, slots=True)
class Portion:
    """What a process may send from now on, what is its due, and whether more would be free if it wanted more."""

    share: float
    due: float
    more: bool


def divide(rate: float, others: Mapping[str, LedgerEntry], name: str, wanted: float, present: float) -> Portion:
    """Return the portion of the process `name`, which wants so much and holds a share of `present` now.

    Who wants little gets it and a part of what nobody wants; what is left is divided evenly. Nobody gets what another
    still holds.
    """
    total = rate * (1.0 - _KEPT_BACK)
    due = _level(total, {**{other: entry.wanted for other, entry in others.items()}, name: wanted}, name)
    spare = rate - sum(entry.held for entry in others.values())
    free = spare - rate * _KEPT_BACK
    if not present:
        # What is kept back is for those who come: half of it, so that there is some for the next one.
        free = max(free, _whole(spare / 2) or min(1.0, spare))
    share = max(0.0, min(due, max(free, min(present, spare))))
    share = _whole(share) or share
    return Portion(share, due, more=free - share >= 1.0)


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
