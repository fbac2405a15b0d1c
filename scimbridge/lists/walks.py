"""Where a request for a window may start reading: from the places of the readers that may be asking, or not at all.

A window is answered from a place at or before that of every reader that may stand where it begins. So a record may come
twice where several readers of one list cannot be told apart, and none is missed. A window that begins where a reader
may have stood whose place is not known any more is refused; where nobody can have stood, it is a jump, and counted.
Where a window ended is remembered in `walk_progress`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from scimbridge.lists.chains import Lost, Readers
from scimbridge.lists.marks import START, Mark, earliest, meet
from scimbridge.lists.walk_state import MEMORY, Seen, WalkState
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.paging import Window

SETTLING = 10.0  # seconds after a loss in which all readers are asked to start again

Vouches = Callable[[float], bool]
"""Whether all that was kept in the last so many seconds is still there."""


def always(_seconds: float) -> bool:
    """Vouch for everything: nothing that was kept is ever lost."""
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window may start reading.

    `marks` are the places of the readers `keys`, any of whom may be asking; of nobody where the window begins a walk.
    `seen` are all readers of the list as they were found, and `held` is how they were kept.
    """

    walk: str
    position: int
    marks: tuple[Mark, ...]
    keys: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    held: bytes | None = None

    @property
    def mark(self) -> Mark | None:
        """A place that is behind none of the marks; None where it has to be looked for."""
        return meet(self.marks)

    @property
    def name(self) -> str:
        """What this walk is called among all walks, as far as it has begun."""
        return ":".join((self.walk, *self.keys[:1]))

    @property
    def living(self) -> tuple[Seen, ...]:
        """The readers that were on the way."""
        return tuple(each for each in self.seen if not each.chain.over)

    @property
    def through(self) -> tuple[Seen, ...]:
        """The readers that had all of it."""
        return tuple(each for each in self.seen if each.chain.over)


class Walks:
    """The readers of one resource type's lists, by query and client.

    `observe` is told where each window behind the first begins: at its "waymark", at one "before" it, at the "start".
    `vouches` tells whether all that was kept in the last so many seconds is still there.
    """

    def __init__(
        self,
        state: WalkState,
        wall: Callable[[], float],
        vouches: Vouches = always,
        observe: Callable[[str], None] = lambda _begun: None,
    ) -> None:
        self._state = state
        self._wall = wall
        self._vouches = vouches
        self._observe = observe

    @staticmethod
    def name(parts: Iterable[str]) -> str:
        """Return the key of a walk: what is asked, and by whom."""
        return "walk:" + blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()

    def find(self, walk: str, window: Window) -> Place:
        """Return where a window may start reading. Costs nothing at the start of a list, else a look at the state.

        Raises `Unavailable` where a reader may be asking whose place is not known.
        """
        position = window.offset
        if not position or not window.count:
            return Place(walk, 0, (START,))
        held, seen = self._state.arrive(walk, position)
        readers = Readers.load(held)
        place = Place(walk, position, (START,), (), tuple(seen), held)
        asking = self._asking(place)
        if not self._may_serve(readers, place, asking):
            raise self._refuse(walk, position)
        if not asking:
            return replace(place, marks=(self._nearest(place),))
        self._observe("waymark")
        marks = tuple(mark for each in asking for mark in each.marks)
        return replace(place, marks=marks, keys=tuple(each.chain.id for each in asking))

    # -- who may be asking ---------------------------------------------------------------------------------------------

    def _asking(self, place: Place) -> Sequence[Seen]:
        """Return the readers that may be asking, with their places."""
        standing = [each for each in place.living if each.is_placed and each.stands(place.position)]
        if standing:
            return standing
        # Who is through has had all of it, so the places of the last one serve for whoever asks again.
        through = [[each] for each in sorted(place.through, key=lambda each: -each.chain.over)]
        closing = [[each] for [each] in through if each.stands(place.position) or each.closes(place.position)]
        for some in (*closing, place.living, *through):
            passed = self._passed(place, some)
            if passed:
                return passed
        return ()

    def _passed(self, place: Place, seen: Sequence[Seen]) -> Sequence[Seen]:
        """Return those that were answered over a position before, with where that was in their windows."""
        position = place.position
        found = [each for each in seen if each.is_placed]
        for each in seen:
            inside = None if each.is_placed else self._inside(place.walk, position, each)
            if inside is not None:
                found.append(replace(each, placed=(inside,)))
        if found:
            return found
        for each in seen:
            if each.steps is not None and each.steps.end is not None and position >= each.steps.end:
                marks = self._state.marks(place.walk, each.chain, each.steps.end)
                found += [replace(each, placed=marks)] if marks else []
        return found

    def _inside(self, walk: str, position: int, seen: Seen) -> Mark | None:
        for begun, ended in () if seen.steps is None else seen.steps.around(position):
            behind = [mark for mark in self._state.marks(walk, seen.chain, ended) if mark.begun == begun]
            before = self._state.marks(walk, seen.chain, begun) if begun else (START,)
            if behind and before:
                return earliest(before)[0].inside(behind[0], position)
        return None

    # -- whether that is all that may ----------------------------------------------------------------------------------

    def _may_serve(self, readers: Readers, place: Place, asking: Sequence[Seen]) -> bool:
        """Whether nobody can be asking but these; or nobody who ever stood there, if there are none."""
        if self._state.is_cut_off:
            return False
        lost = readers.losses(place.position, self._wall())
        if not asking:
            return not lost and self._vouches(MEMORY) and not self._may_have_stood(place.living, place.position)
        is_through = bool(asking[0].chain.over)
        looked = place.seen if lost or is_through else ()
        there = [each for each in looked if each.steps is not None and each.steps.covers(place.position)]
        newest = max(each.chain.begun for each in (*asking, *there))
        # Whoever was refused was told to start again; a chain that began later is not older than his.
        if any(newest < each.number for each in lost if each.refused or is_through):
            return False
        later = [each for each in place.living if each.chain.begun > newest]
        if is_through and self._may_have_stood(later, place.position):
            return False
        if any(self._is_torn(each, place.position, lost) for each in place.living):
            return False
        # What was kept before these chains began may be lost, and its readers come until they know it.
        is_young = all(each.chain.since > self._wall() - SETTLING for each in asking)
        is_missed = any(each.steps is None for each in place.living)
        return not (is_young or is_missed) or self._vouches(SETTLING)

    @staticmethod
    def _is_torn(seen: Seen, position: int, lost: Iterable[Lost]) -> bool:
        """Whether the places of a reader are gone that stands there, and nobody was refused since."""
        if seen.is_placed or seen.steps is None or position not in seen.steps.at:
            return False
        return not any(each.refused and each.number > seen.chain.begun for each in lost)

    def _may_have_stood(self, seen: Iterable[Seen], position: int) -> bool:
        for each in seen:
            if each.steps is not None:
                if each.steps.covers(position):
                    return True
            elif each.chain.start < position <= (self._state.bound(each.chain) or 0):
                return True
        return False

    def _nearest(self, place: Place) -> Mark:
        """Return the last place before a position that the last reader came by, or the start."""
        for each in sorted(place.seen, key=lambda each: -each.chain.begun):
            ends = {ended for _begun, ended in each.steps.windows} if each.steps is not None else set()
            for ended in sorted((end for end in ends if end <= place.position), reverse=True):
                marks = self._state.marks(place.walk, each.chain, ended)
                if marks:
                    self._observe("before")
                    return earliest(marks)[0]
        self._observe("start")
        return START

    def _refuse(self, walk: str, position: int) -> Unavailable:
        """Remember that somebody was refused, so that he is refused again until others have started again."""
        with self._state.changing(walk) as readers:
            self._state.write(walk, readers.refuse(position, self._wall() + MEMORY))
        msg = (
            "it is not known any more where your walk stands, and records could be missing; "
            "start the walk again with startIndex=1"
        )
        return Unavailable(msg, retry_after=int(SETTLING))
