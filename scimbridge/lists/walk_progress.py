"""Where the windows of a list ended: which reader went on, which began, which is through.

Which of several readers went on is not known. One of them does, and the others keep the places of all that stood there:
so at each position there stand as many as there are, and none of them further on than its reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from scimbridge.lists.chains import Readers, Steps
from scimbridge.lists.marks import Mark, earliest
from scimbridge.lists.reading import ReadWindow
from scimbridge.lists.walk_state import Seen, WalkState
from scimbridge.lists.walks import Place
from scimbridge.scim.paging import Window
from scimbridge.state.base import new_owner

CLOSING = 60.0  # seconds in which a reader that is through asks for the empty page behind the end, if at all
_REFRESHED = 600.0  # seconds after which the list of readers is written again, so that it lives on


class WalkProgress:
    """Remembers where windows ended. `wall` is in seconds since 1970; `new_key` makes names that nobody has."""

    def __init__(self, state: WalkState, wall: Callable[[], float], new_key: Callable[[], str] = new_owner) -> None:
        self._state = state
        self._wall = wall
        self._new_key = new_key

    def keep(self, place: Place, window: Window, found: ReadWindow, *, present: bool) -> str:
        """Remember where the window that started at a place ended, and return what the walk is called from now on.

        Costs one look and one write where one reader goes on, and more where one begins or ends, or several may be
        asking. `present`: the client still waits for the answer, so that it will not ask for the end again.
        """
        mark = found.next or found.end
        if mark is None or not window.count:
            return place.name
        if not place.keys:
            return self._begin(place, window, found, mark)
        if self._is_told(place, mark):
            return place.name
        if found.next is None or not self._go_on(place, mark):
            with self._state.holding(place.walk):
                self._go_on_with_others(place, window, found, mark, present=present)
        return place.name

    def _begin(self, place: Place, window: Window, found: ReadWindow, mark: Mark) -> str:
        """Begin a chain. Where all was given at once its reader may still ask for the empty page behind the end."""
        walk, start = place.walk, window.offset
        if found.next is None and start:
            return place.name
        key = self._new_key()
        steps = Steps().step(start, mark.position)
        steps = replace(steps, came=()) if found.next is not None else steps.reach(start, mark.position, window.count)
        self._state.keep(f"{walk}:{key}", steps, steps, mark.position, (mark,))
        with self._state.changing(walk) as readers:
            after = readers.begin(key, start, self._wall())
            after = after.finish(key, self._wall()) if found.next is None else self._state.with_room(walk, after)
            self._state.write(walk, after, {key: steps.bound})
        return f"{walk}:{key}"

    def _is_told(self, place: Place, mark: Mark) -> bool:
        """Whether this window was answered before, and ended at the same place."""
        [first, *others] = [each for each in place.seen if each.chain.id in place.keys]
        if others or first.steps is None or (place.position, mark.position) not in first.steps.windows:
            return False
        if not first.chain.over and mark.position not in first.steps.at:
            return False  # its reader goes back, and will ask from there
        present = self._state.marks(place.walk, first.chain, mark.position)
        return any(mark.goes_on_like(other) and mark.begun == other.begun for other in present)

    def _go_on(self, place: Place, mark: Mark) -> bool:
        """Let the only reader that stands at a place go on; return whether it is the only one, and all as it was."""
        [first, *others] = [each for each in place.seen if each.chain.id in place.keys]
        before = first.steps
        if others or first.chain.over or before is None or place.position not in before.at:
            return False
        after = before.step(place.position, mark.position)
        is_new = after.bound == before.bound and all(ended != mark.position for _begun, ended in before.windows)
        is_fresh = self._wall() < Readers.load(place.held).written + _REFRESHED
        if not is_new or not is_fresh or self._is_doubtful(place):
            return False
        held, present = self._state.again(place.walk, place.living)
        for each, steps in zip(place.living, present, strict=True):
            now = Seen(each.chain, steps)
            if steps != before if each is first else now.stands(place.position):
                return False
        if held != place.held:
            return False
        self._state.keep(place.name, before, after, mark.position, (mark,))
        return True

    def _go_on_with_others(self, place: Place, window: Window, found: ReadWindow, mark: Mark, *, present: bool) -> None:
        """Let one of several readers go on; to be called while nobody else changes the list of readers."""
        held, look = self._state.arrive(place.walk, place.position, mark.position)
        readers = Readers.load(held)
        seen = [each for each in look if each.chain.id in place.keys]
        there = [each for each in look if _stays(each, place)]
        standing = [each for each in seen if each in there]
        if not standing and any(_stays(each, place) for each in place.seen if each.chain.id in place.keys):
            # Meanwhile another reader went on in place of this one, which now goes on in place of the other.
            standing = there
            seen = there or seen
        # Rather one that stands nowhere else, and of those the one that began last.
        ranked = sorted(standing, key=lambda each: (len(each.steps.at) if each.steps else 0, -each.chain.begun))
        moving = ranked[:1] or seen
        self._share(place, standing, moving)
        is_doubtful = self._is_doubtful(place)
        bounds: dict[str, int] = {}
        for each in moving:
            before = each.steps or Steps()
            if found.next is not None:
                after = before.step(
                    place.position, mark.position, alone=len(seen) == 1, doubtful=is_doubtful and not each.chain.over
                )
            elif each.chain.over or not standing:
                is_through = len(seen) == 1 and before.ends_at(place.position)
                after = replace(before, at=() if is_through else before.at, end=mark.position).closed(place.position)
            elif is_doubtful or not present:
                end = before.end if is_doubtful else mark.position
                after = replace(before, end=end, closing=(mark.position, place.position + window.count))
            else:
                after = before.reach(place.position, mark.position, window.count)
            marks = _with(each.marks_ahead, mark)
            self._state.keep(f"{place.walk}:{each.chain.id}", before, after, mark.position, marks)
            if found.next is None and not after.at and not each.chain.over:
                readers = readers.finish(each.chain.id, self._wall())
            if after.bound != before.bound:
                bounds[each.chain.id] = after.bound
        if bounds or found.next is None or self._wall() > readers.written + _REFRESHED:
            self._state.write(place.walk, readers, bounds)

    def _is_doubtful(self, place: Place) -> bool:
        """Whether a reader that is through may be asking for the empty page behind the end, where others stand."""
        recently = self._wall() - CLOSING
        return any(
            each.closes(place.position) and (not each.chain.over or each.chain.ended > recently) for each in place.seen
        )

    def _share(self, place: Place, standing: Sequence[Seen], moving: Sequence[Seen]) -> None:
        """Let those that stay keep the places of all that stood there, as far as they are before their own."""
        shared = earliest(mark for each in standing for mark in each.marks)
        for each in standing:
            more = [mark for mark in shared if not any(own.is_not_behind(mark) for own in each.marks)]
            if more and each not in moving:
                self._state.keep_marks(f"{place.walk}:{each.chain.id}", place.position, (*each.marks, *more))


def _stays(seen: Seen, place: Place) -> bool:
    """Whether the reader of a chain that is not through stands at a place."""
    return not seen.chain.over and seen.steps is not None and place.position in seen.steps.at


def _with(present: Sequence[Mark], mark: Mark) -> tuple[Mark, ...]:
    """Add a place to those of the same position, where it is not one of theirs."""
    if any(other.begun == mark.begun and other.is_not_behind(mark) for other in present):
        return tuple(present)
    return (*(other for other in present if other.begun != mark.begun or not mark.is_not_behind(other)), mark)
