"""What is remembered of walks through lists, and under which keys of the state.

For each list the readers of it, under its name; for each chain its steps, and a position that it has not passed; for
each position that a chain was answered to, the places where that was. Decides nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cachetools import LRUCache

from scimbridge.lists.chains import CHAINS, Chain, Readers, Steps
from scimbridge.lists.marks import Mark, pack, unpack
from scimbridge.scim.errors import Unavailable
from scimbridge.state.base import State

LIFETIME = 3600.0  # seconds that a walk may rest
MEMORY = 12 * 3600.0  # seconds that it is remembered that there was one
# Seconds a window in which a forgotten reader that began in the middle of a list may come for more.
GLANCED = 10.0
KNOWN = 1000  # lists whose readers a process remembers
_BUSY, _HELD = 10.0, 5.0  # seconds to wait for the others that write, and to write


@dataclass(frozen=True, slots=True)
class Seen:
    """One chain as a request found it: its steps, None where they are gone, and its places at the position, if any.

    `kept` are the places as they are kept, and `ahead` those at the end of the window that starts there, if they were
    asked for; most are never read. `placed` are others in place of `kept`.
    """

    chain: Chain
    steps: Steps | None
    kept: bytes | None = None
    placed: tuple[Mark, ...] = ()
    ahead: bytes | None = None

    @property
    def is_placed(self) -> bool:
        """Whether it has a place at the position."""
        return bool(self.placed) or self.kept is not None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Its places at the position."""
        return self.placed or _unpack(self.kept)

    @property
    def marks_ahead(self) -> tuple[Mark, ...]:
        """Its places at the end of the window."""
        return _unpack(self.ahead)

    def stands(self, position: int) -> bool:
        """Whether its reader may ask there next, or has asked there last and got no answer; yes where nobody knows."""
        return self.steps is None or position in (*self.steps.at, *self.steps.came)

    def closes(self, position: int) -> bool:
        """Whether a reader that is through may ask there for an empty page."""
        return self.steps is not None and position in self.steps.closing


class WalkState:
    """Reads and writes; `wall` is in seconds since 1970."""

    def __init__(self, state: State, wall: Callable[[], float]) -> None:
        self._state = state
        self._wall = wall
        self._known: LRUCache[str, tuple[str, ...]] = LRUCache(KNOWN)  # the chains of a list, as they were found last
        self._guard = threading.Lock()

    @property
    def is_cut_off(self) -> bool:
        """Whether others may walk where this node does not see them."""
        return self._state.is_cut_off

    def arrive(self, walk: str, position: int, end: int | None = None) -> tuple[bytes | None, list[Seen]]:
        """Return how the readers of a list are kept, and what is kept of them, with their places at a position.

        With those at the `end` of a window too, where that is given. One look where this process knows already who
        they are, else two.
        """
        places = (position,) if end is None else (position, end)
        with self._guard:
            known = self._known.get(walk, ())
        held, *rest = self._state.get_many([walk, *_keys(walk, known, *places)])
        chains = Readers.load(held).chains
        new = [chain.id for chain in chains if chain.id not in known]
        if new:
            rest += self._state.get_many(_keys(walk, new, *places))
        self._remember(walk, tuple(chain.id for chain in chains))
        size = 1 + len(places)
        found = {key: rest[size * number : size * (number + 1)] for number, key in enumerate((*known, *new))}
        return held, [_seen(chain, *found[chain.id]) for chain in chains]

    def _remember(self, walk: str, chains: tuple[str, ...]) -> None:
        """Remember who walks through a list, so as to look for them at once; it is no more than a guess."""
        with self._guard:
            self._known[walk] = chains

    def look(self, walk: str, chains: Sequence[Chain], position: int) -> list[Seen]:
        """Return what is kept of chains, with their places at a position; one look for all of them."""
        if not chains:
            return []
        held = self._state.get_many(_keys(walk, [chain.id for chain in chains], position))
        return [_seen(chain, steps, marks) for chain, steps, marks in zip(chains, held[::2], held[1::2], strict=True)]

    def marks(self, walk: str, chain: Chain, position: int) -> tuple[Mark, ...]:
        """Return the places of one chain at a position."""
        return _unpack(self._state.get(f"{walk}:{chain.id}:{position}"))

    def bound(self, chain: Chain) -> int | None:
        """Return a position that a chain has not passed, for the time when its steps are gone."""
        held = self._state.get(f"{chain.id}:bound")
        return None if held is None else int(held)

    def again(self, walk: str, seen: Sequence[Seen]) -> tuple[bytes | None, list[Steps | None]]:
        """Return how the readers of a list are kept now, and the steps of some of them; one look."""
        held, *steps = self._state.get_many([walk, *(f"{walk}:{each.chain.id}" for each in seen)])
        return held, [Steps.load(each) for each in steps]

    def keep(self, name: str, before: Steps, after: Steps, position: int, marks: Sequence[Mark]) -> None:
        """Remember the steps of a chain, `name` being its walk's and its own, and its places at a position."""
        self._state.set_many({f"{name}:{position}": pack(marks), name: after.dump()}, LIFETIME)
        for passed in before.forgotten(after):  # so that what is kept of a walk does not grow with it
            self._state.delete(f"{name}:{passed}")

    def keep_marks(self, name: str, position: int, marks: Sequence[Mark]) -> None:
        """Remember the places of a chain at a position."""
        self._state.set(f"{name}:{position}", pack(marks), LIFETIME)

    @contextmanager
    def changing(self, walk: str) -> Iterator[Readers]:
        """Hold the list of readers for a `with`, and read it. Raises as `holding` does."""
        with self.holding(walk):
            yield Readers.load(self._state.get(walk))

    @contextmanager
    def holding(self, walk: str) -> Iterator[None]:
        """Hold the list of readers for a `with`, so that nobody else changes it. Raises `Unavailable` where many do."""
        with self._state.lock(walk, _HELD, _BUSY) as taken:
            if not taken:
                msg = "too many requests walk through this list at once; send the request again"
                raise Unavailable(msg, retry_after=1)
            yield

    def write(self, walk: str, readers: Readers, bounds: dict[str, int] | None = None) -> None:
        """Remember the readers of a list, and positions that chains have not passed."""
        values = {f"{key}:bound": b"%d" % bound for key, bound in (bounds or {}).items()}
        self._state.set_many({**values, walk: replace(readers, written=self._wall()).dump()}, MEMORY)

    def with_room(self, walk: str, readers: Readers) -> Readers:
        """Forget readers where there are too many: those that are gone first, then those that came least far.

        Of those that came as far, one that began in the middle goes first.
        """
        if len(readers.living) <= CHAINS:
            return readers
        older = readers.living[:-1]
        steps = [each.steps for each in self.look(walk, older, 0)]
        ranked = sorted(
            zip(older, steps, strict=True),
            key=lambda each: (0 if each[1] is None else len(each[1].windows), each[0].start == 0, each[0].begun),
        )
        for chain, known in ranked[: len(readers.living) - CHAINS]:
            if chain.start and known is not None:
                # Where pages are fetched side by side each begins a chain in the middle, and few of these go on.
                readers = readers.forget(chain, known.reached, chain.since + GLANCED * len(known.windows))
            else:
                readers = readers.forget(chain, self.bound(chain), self._wall() + MEMORY)
        return readers


def _keys(walk: str, chains: Iterable[str], *positions: int) -> list[str]:
    """Return the keys of chains: for each of them the one of its steps, and those of its places."""
    return [key for chain in chains for key in (f"{walk}:{chain}", *(f"{walk}:{chain}:{each}" for each in positions))]


def _seen(chain: Chain, steps: bytes | None, kept: bytes | None, ahead: bytes | None = None) -> Seen:
    return Seen(chain, Steps.load(steps), kept, ahead=ahead)


def _unpack(held: bytes | None) -> tuple[Mark, ...]:
    return () if held is None else unpack(held)
