"""Who walks through a list: one chain for each reader that began, and what is remembered of those that are gone.

A bridge sees requests, not readers: many may walk through one list under one token. So nothing here says who asks; it
says at which positions the reader of each chain may stand. Pure values, and how they are written in the state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import orjson

TRAIL = 2048  # windows of one chain that are remembered
CHAINS = 32  # readers of one list that are told apart
OVER = 3  # chains of readers that are through, for those that ask once more
REFUSALS = 64  # refused positions, and ranges of forgotten chains, that are remembered
_PLACES = 16  # positions at which one reader may stand


@dataclass(frozen=True, slots=True)
class Steps:
    """How far one chain has come.

    `at`: where its reader may ask next, the likeliest first. `came`: where it asked last, and asks again if the answer
    was lost. `windows`: from where to where it was answered, by age. `end` is where its list ended, and `closing` where
    a reader that is through may still ask for an empty page. `bound` is a position that it has not passed, for the time
    when all this is forgotten. `shared`: an answer of it may have gone to a reader of another chain, so that there may
    be somebody at each place where it stands.
    """

    at: tuple[int, ...] = ()
    came: tuple[int, ...] = ()
    windows: tuple[tuple[int, int], ...] = ()
    end: int | None = None
    closing: tuple[int, ...] = ()
    bound: int = 0
    shared: bool = False

    def step(self, begun: int, ended: int, *, alone: bool = True, doubtful: bool = False) -> Steps:
        """Return the steps after an answer from `begun` to `ended`.

        `alone`: to nobody but the reader of this chain. `doubtful`: perhaps to one that is through.
        """
        stood = begun in self.at
        rest = tuple(place for place in self.at if place != begun)
        at = (ended,) if stood and alone and not self.shared else _first(ended, rest)
        came = (begun,) if stood else _first(begun, self.came)
        window = (begun, ended)
        windows = (*(each for each in self.windows if each != window), window)[-TRAIL:]
        bound = self.bound if ended <= self.bound else 2 * ended
        after = replace(self, at=at, came=came, windows=windows, bound=bound)
        return replace(after, at=(*at, begun), shared=True) if doubtful else after

    def reach(self, begun: int, ended: int, count: int) -> Steps:
        """Return the steps after the answer that reached the end."""
        windows = (*self.windows, (begun, ended))[-TRAIL:] if begun < ended else self.windows
        rest = tuple(place for place in self.at if place != begun) if self.shared else ()
        return replace(self, at=rest, windows=windows, end=ended, closing=(ended, begun + count))

    def ends_at(self, position: int) -> bool:
        """Whether only the reader of this chain can ask there for the empty page behind the end."""
        return self.end is not None and position in self.closing and not self.shared

    def closed(self, position: int) -> Steps:
        """Return the steps after the empty page was given."""
        return replace(self, closing=tuple(place for place in self.closing if place != position))

    @property
    def reached(self) -> int:
        """The last position that its reader may stand at."""
        return max((ended for _begun, ended in self.windows), default=0)

    def around(self, position: int) -> list[tuple[int, int]]:
        """Return the windows that a position is inside of, the last one first."""
        return [each for each in reversed(self.windows) if each[0] < position < each[1]]

    def covers(self, position: int) -> bool:
        """Whether the reader was answered up to this position or over it."""
        return (
            position in self.at
            or (self.end is not None and position >= self.end)
            or any(begun < position <= ended for begun, ended in self.windows)
        )

    def forgotten(self, after: Steps) -> set[int]:
        """Return the ends of windows that are not among the steps after these any more."""
        return {ended for _begun, ended in self.windows} - {ended for _begun, ended in after.windows}

    def dump(self) -> bytes:
        """Return the steps as bytes."""
        flat = [place for window in self.windows for place in window]
        return orjson.dumps([self.at, self.came, flat, self.end, self.closing, self.bound, self.shared])

    @classmethod
    def load(cls, held: bytes | None) -> Steps | None:
        """Read what `dump` wrote."""
        return None if held is None else cls._load(held)

    @classmethod
    @lru_cache(maxsize=32)  # each page of a walk reads the same twice, and they grow with it
    def _load(cls, held: bytes) -> Steps:
        at, came, flat, end, closing, bound, shared = orjson.loads(held)
        windows = tuple(zip(flat[::2], flat[1::2], strict=True))
        return cls(tuple(at), tuple(came), windows, end, tuple(closing), bound, shared)


def _first(position: int, others: tuple[int, ...]) -> tuple[int, ...]:
    return (position, *(each for each in others if each != position))[:_PLACES]


@dataclass(frozen=True, slots=True)
class Chain:
    """One reader's walk: from which position on, since when and until when (seconds since 1970).

    `begun` and `over` are numbers in the order of what happened to this list; `over` 0: its reader is on the way.
    """

    id: str
    start: int
    begun: int
    since: float
    over: int = 0
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Lost:
    """Positions whose reader was refused or else forgotten: behind `start`, up to `reach`, until a time (since 1970).

    `number` says when it was, in the order of what happened to this list.
    """

    start: int
    reach: int
    number: int
    until: float
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Readers:
    """All that is known of who walks through one list. `number` counts what happened to it."""

    number: int = 0
    written: float = 0.0
    chains: tuple[Chain, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def living(self) -> tuple[Chain, ...]:
        """The chains whose readers are on the way."""
        return tuple(chain for chain in self.chains if not chain.over)

    @property
    def through(self) -> tuple[Chain, ...]:
        """The chains that were read to their ends, the last one first."""
        return tuple(sorted((chain for chain in self.chains if chain.over), key=lambda chain: -chain.over))

    def begin(self, key: str, start: int, now: float) -> Readers:
        """Add a reader."""
        number = self.number + 1
        return replace(self, number=number, chains=(*self.chains, Chain(key, start, number, now)))

    def finish(self, key: str, now: float) -> Readers:
        """Note that a reader is through; of those before it only the last ones are remembered."""
        number = self.number + 1
        chains = tuple(replace(chain, over=number, ended=now) if chain.id == key else chain for chain in self.chains)
        ended = replace(self, number=number, chains=chains)
        kept = {chain.id for chain in (*ended.living, *ended.through[:OVER])}
        return replace(ended, chains=tuple(chain for chain in chains if chain.id in kept))

    def refuse(self, position: int, until: float) -> Readers:
        """Note that somebody was refused at a position, and may come again."""
        return self._lose(Lost(position - 1, position, self.number + 1, until, refused=True))

    def forget(self, chain: Chain, reach: int | None, until: float) -> Readers:
        """Take a reader out who has come as far as `reach`; None: nobody knows that he was there."""
        known = self if reach is None else self._lose(Lost(chain.start, reach, self.number + 1, until))
        return replace(known, chains=tuple(each for each in self.chains if each.id != chain.id))

    def _lose(self, lost: Lost) -> Readers:
        others = (each for each in self.lost if replace(each, number=lost.number, until=lost.until) != lost)
        return replace(self, number=lost.number, lost=(*others, lost)[-REFUSALS:])

    def losses(self, position: int, now: float) -> list[Lost]:
        """Return what was lost at a position."""
        return [each for each in self.lost if each.start < position <= each.reach and each.until > now]

    def dump(self) -> bytes:
        """Return all of it as bytes."""
        return orjson.dumps([
            self.number, self.written,
            [[each.id, each.start, each.begun, each.since, each.over, each.ended] for each in self.chains],
            [[each.start, each.reach, each.number, each.until, each.refused] for each in self.lost],
        ])  # fmt: skip

    @classmethod
    def load(cls, held: bytes | None) -> Readers:
        """Read what `dump` wrote; nobody where nothing is."""
        return cls() if held is None else cls._load(held)

    @classmethod
    @lru_cache(maxsize=256)  # most pages of a walk leave it as it is
    def _load(cls, held: bytes) -> Readers:
        number, written, chains, lost = orjson.loads(held)
        return cls(number, written, tuple(Chain(*each) for each in chains), tuple(Lost(*each) for each in lost))
