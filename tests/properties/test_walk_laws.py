"""Laws of walks by startIndex: whatever happens between two windows, nobody is missed, and clean walks are exact."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.access.caller import Caller
from scimbridge.lists.pages import Pages
from scimbridge.lists.reading import Source
from scimbridge.lists.walk_progress import WalkProgress
from scimbridge.lists.walk_state import WalkState
from scimbridge.lists.walks import SETTLING, Walks
from scimbridge.lists.windows import Windows
from scimbridge.pingone.collections import Page
from scimbridge.pingone.errors import Fault, Refused
from scimbridge.pingone.send import Call
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.paging import Window
from scimbridge.scim.reading import Manner
from scimbridge.state.memory import MemoryState


@dataclass
class Directory:
    """A PingOne of numbers: records in an order of its own, pages by cursor, a count that may be wrong."""

    name: str = "users"
    size: int = 3
    counting: str = "right"
    order: list[float] = field(default_factory=list)
    ids: dict[float, str] = field(default_factory=dict)
    generation: int = 0

    def add(self, place: float) -> str:
        """Put a record somewhere in the order, and return its id."""
        self.order = sorted({*self.order, place})
        self.ids.setdefault(place, f"{len(self.ids):08x}-0000-4000-8000-000000000000")
        return self.ids[place]

    def drop(self, key: str) -> None:
        """Take a record out."""
        self.order = [place for place in self.order if self.ids[place] != key]

    def page(self, call, *, filter=None, limit, next=None):  # noqa: A002 - PingOne's words
        """Return the first page, or the one behind a cursor of this generation."""
        after = float("-inf")
        if next is not None:
            generation, _, text = next.partition(":")
            if int(generation) != self.generation:
                raise Refused("the cursor is invalid", status=400, faults=(Fault("INVALID_VALUE", "cursor"),))
            after = float(text)
        rest = [place for place in self.order if place > after]
        here = rest[: self.size]
        link = f"{self.generation}:{here[-1]}" if len(rest) > len(here) else None
        count = {"right": len(self.order), "low": len(self.order) // 2, "none": None}[self.counting]
        return Page([{"id": self.ids[place]} for place in here], link, count)


class World:
    """A bridge in front of a directory; its processes come and go, and its state may be lost."""

    def __init__(self, directory: Directory, keep=None) -> None:
        self.directory = directory
        self.keep = keep
        self.now = 1000.0
        self.lost_at = float("-inf")
        self.keys = itertools.count()
        self.state = MemoryState(self.clock)
        self.restart()

    def clock(self) -> float:
        """Return the time, in seconds of any clock."""
        return self.now

    def restart(self) -> None:
        """Begin with new processes over the same state."""
        kept = WalkState(self.state, self.clock)
        walks = Walks(kept, self.clock, lambda seconds: self.now - self.lost_at > seconds)
        progress = WalkProgress(kept, self.clock, lambda: f"c{next(self.keys)}")
        self.windows = Windows(Pages(ReachableRecords(self.directory), self.directory.size), walks, progress, 10_000)

    def lose(self, share: int) -> None:
        """Lose all that is kept, or some of it; the state knows."""
        for number, key in enumerate(sorted(self.state._entries)):
            if share == 1 or number % share == 0:
                self.state.delete(key)
        self.lost_at = self.now

    def read(self, start: int, count: int):
        """Answer one window."""
        context = RequestContext(Caller("hr"), Call(), Manner(strict=False, notice=lambda _name: None))
        source = Source(None, self.keep is None, self.keep, "walk:w")
        return self.windows.at(context, source, Window(start, count))

    def present(self) -> set[str]:
        """Return the ids that the filter holds for now."""
        keep = self.keep or (lambda _record: True)
        return {self.directory.ids[place] for place in self.directory.order if keep({"id": self.directory.ids[place]})}


@dataclass
class Reader:
    """Reads until the empty page or until the latest total, in windows of any sizes."""

    world: World
    until_empty: bool
    fixed: int = 0
    start: int = 1
    got: list[str] = field(default_factory=list)
    throughout: set[str] | None = None
    totals: list[int] = field(default_factory=list)
    walks: int = 0

    def step(self, count: int) -> None:
        """Read one window; after a refusal the walk starts again."""
        count = self.fixed or count
        if self.throughout is None:
            self.throughout, self.got, self.totals, self.start = self.world.present(), [], [], 1
        try:
            found = self.world.read(self.start, count)
        except Unavailable:
            self.throughout = None
            return
        self.got += [record["id"] for record in found.records]
        self.totals.append(found.total)
        self.start += count if self.fixed else len(found.records)
        if not found.records or (not self.until_empty and self.start > found.total):
            missed = self.throughout & self.world.present() - set(self.got)
            assert not missed, f"{len(missed)} missed"
            self.throughout = None
            self.walks += 1

    def gone(self, key: str) -> None:
        """Be told that a record is not there any more."""
        if self.throughout is not None:
            self.throughout.discard(key)


SPOTS = st.integers(0, 30)
READ = st.tuples(st.just("read"), st.integers(0, 3), st.integers(1, 5))
CHANGE = st.tuples(st.sampled_from(["delete", "delete", "insert"]), SPOTS, st.integers(0, 99))
TROUBLE = st.tuples(st.sampled_from(["restart", "forget cursors"]), st.just(0), st.just(0))
LOSS = st.tuples(st.sampled_from(["lose", "wait"]), st.integers(1, 3), st.just(0))
OPERATIONS = st.one_of(READ, READ, READ, CHANGE, CHANGE, TROUBLE)
KEEPS = st.sampled_from([None, None, lambda record: int(record["id"][:8], 16) % 3 > 0])


class Play:
    """Lets things happen to a world and its readers; each is named as in the scripts."""

    def __init__(self, world: World, readers: list[Reader]) -> None:
        self.world, self.readers = world, readers

    def happen(self, script) -> None:
        """Let one thing happen after the other, and then every reader come to an end."""
        for what, which, more in script:
            getattr(self, what.replace(" ", "_"))(which, more)
        self.wait(0, 0)
        for reader in self.readers:
            walks = reader.walks
            for _window in range(400):
                if reader.walks > walks:
                    break
                reader.step(3)
                self.world.now += 1
            else:
                pytest.fail("a reader comes to no end")

    def read(self, which, count):
        """Let a reader read on."""
        self.readers[which % len(self.readers)].step(count)

    def delete(self, which, _more):
        """Delete one, if there is any."""
        directory = self.world.directory
        if directory.order:
            key = directory.ids[directory.order[which % len(directory.order)]]
            directory.drop(key)
            for reader in self.readers:
                reader.gone(key)

    def insert(self, which, more):
        """Add one anywhere in the order."""
        self.world.directory.add(which + (more + 1) / 101)

    def restart(self, _which, _more):
        """Begin with new processes."""
        self.world.restart()

    def forget_cursors(self, _which, _more):
        """Let all of PingOne's cursors die."""
        self.world.directory.generation += 1

    def lose(self, share, _more):
        """Lose what is kept, or a part of it."""
        self.world.lose(share)

    def wait(self, _which, _more):
        """Let time pass; nobody who is on the way rests for so long."""
        for reader in self.readers:
            if reader.throughout is not None:
                reader.step(2)
        self.world.now += SETTLING + 1


@st.composite
def plays(draw, most=4, counting=("right", "right", "low", "none")):
    """Return worlds with readers."""
    directory = Directory(counting=draw(st.sampled_from(counting)), size=draw(st.integers(2, 5)))
    for place in range(draw(st.integers(0, 24))):
        directory.add(place)
    world = World(directory, draw(KEEPS))
    ways = draw(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=most))
    return Play(world, [Reader(world, *way) for way in ways])


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(plays(), st.lists(OPERATIONS, max_size=70))
def test_nobody_is_missed(play, script):
    """Any number of readers of one list, any sizes, deletions, inserts, restarts: who stayed is given to each."""
    play.happen(script)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(plays(), st.lists(st.one_of(OPERATIONS, LOSS), max_size=70))
def test_nobody_is_missed_after_a_loss(play, script):
    """The same where what is kept is lost in between: a reader is given all who stayed, or is refused."""
    play.happen(script)


def walk(world, sizes, *, until_empty):
    """Read a list once, in windows of these sizes again and again; return what was given, and the totals."""
    found, totals, start = [], [], 1
    for size in itertools.cycle(sizes):
        answer = world.read(start, size)
        found += [record["id"] for record in answer.records]
        totals.append(answer.total)
        start += len(answer.records)
        if not answer.records or (not until_empty and start > answer.total):
            return found, totals
    return None


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=4)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(plays(most=1, counting=("right", "none")), st.booleans(), SIZES, SIZES, st.sets(st.integers(0, 23)))
def test_clean_walks_are_exact(play, until_empty, first, then, gone):
    """A walk beside which nothing changes has each record once and one total, also after another one and deletions."""
    world = play.world
    for sizes in (first, then, first):
        found, totals = walk(world, sizes, until_empty=until_empty)
        assert len(found) == len(set(found))
        assert set(found) == world.present()
        assert set(totals) == {len(found)}
        for place in sorted(gone, reverse=True)[:8]:
            play.delete(place, 0)
