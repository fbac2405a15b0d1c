"""Readers of one list: who may be asking, what a page costs, and when nobody is answered."""

from __future__ import annotations

import itertools

import pytest

from scimbridge.lists.chains import CHAINS, TRAIL
from scimbridge.lists.marks import START, Mark
from scimbridge.lists.reading import ReadWindow
from scimbridge.lists.walk_progress import CLOSING, WalkProgress
from scimbridge.lists.walk_state import GLANCED, LIFETIME, MEMORY, WalkState
from scimbridge.lists.walks import SETTLING, Walks
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.paging import Window
from scimbridge.state.memory import MemoryState


class Counting(MemoryState):
    """A state that notes every round trip."""

    def __init__(self, clock):
        super().__init__(clock)
        self.trips = []


def counted(name):
    def verb(self, *arguments):
        self.trips.append(name)
        inner = self.trips
        self.trips = []  # what a verb is made of is no further trip
        try:
            return getattr(MemoryState, name)(self, *arguments)
        finally:
            self.trips = inner

    return verb


for _name in ("get", "set", "add", "delete", "incr", "get_many", "set_many", "take", "renew", "release"):
    setattr(Counting, _name, counted(_name))


class Bridge:
    """Walks over a state that may lose what it keeps; PingOne is a list of numbers."""

    def __init__(self, clock):
        self.clock = clock
        self.state = Counting(clock)
        self.lost_at = float("-inf")
        self.begun = []
        kept, keys = WalkState(self.state, clock.wall), itertools.count()
        self.walks = Walks(kept, clock.wall, lambda age: clock() - self.lost_at > age, self.begun.append)
        self.progress = WalkProgress(kept, clock.wall, lambda: f"c{next(keys)}")

    def find(self, position, count=100):
        """Look for a place."""
        return self.walks.find("w", Window(position + 1, count))

    def go(self, *positions, last=None, end=False, present=True):
        """Answer windows one after the other, the first from 0 or `last` on; `last` is where the reader really is."""
        start = last or 0
        for number, position in enumerate(positions):
            is_end = end and number == len(positions) - 1
            place = self.find(start, position - start if not is_end else 100)
            self.keep(place, position, end=is_end, present=present)
            start = position

    def keep(self, place, position, *, end=False, present=True):
        """Let a window end that was begun at a place."""
        start = place.position
        given = tuple(f"u{one}" for one in range(start, position))
        mark = Mark(position, f"/{position}", (f"u{position - 1}",), begun=start, given=given)
        found = ReadWindow([], position, None if end else mark, mark if end else None)
        self.progress.keep(place, Window(start + 1, position - start), found, present=present)

    def lose(self, *keys):
        """Lose all that is kept, or some of it; the state knows."""
        for key in keys or list(self.state._entries):
            self.state.delete(key)
        self.lost_at = self.clock()


@pytest.fixture
def bridge(clock):
    return Bridge(clock)


def refused(bridge, position):
    with pytest.raises(Unavailable, match="startIndex=1"):
        bridge.find(position)


# -- what a page costs -----------------------------------------------------------------------------------------------


def test_where_a_window_ended_the_next_one_starts(bridge):
    """Each window starts at the place where the one before it ended."""
    bridge.go(100, 200, 300)
    assert [bridge.find(position).mark.href for position in (100, 200, 300)] == ["/100", "/200", "/300"]
    assert bridge.find(0).mark == START
    assert set(bridge.begun) == {"waymark"}


def test_what_a_page_costs(bridge):
    """A page in the middle of a walk costs one look, one more that nobody else has come, and one write."""
    bridge.go(100, 200, 300)
    bridge.state.trips.clear()
    bridge.go(400, last=300)
    assert bridge.state.trips == ["get_many", "get_many", "set_many"]


def test_a_list_of_one_page(bridge):
    """Who was given all at once may ask for an empty page, which moves nobody who stands there by then."""
    bridge.go(100, end=True)
    bridge.go(100)
    bridge.go(150, last=100, end=True)
    assert bridge.find(100).keys == ("c1",)


def test_what_is_kept_is_bounded(bridge):
    """Of a long walk only the last windows are kept, so that a walk of any length takes no more room."""
    bridge.go(*range(10, 10 * (TRAIL + 20), 10))
    assert len(bridge.state._entries) < TRAIL + 10
    assert bridge.find(10 * TRAIL).mark.position == 10 * TRAIL
    assert bridge.state.get("w:c0:20") is None


def side_by_side(bridge, first, last):
    """Answer pages of 100, four of them at a time."""
    for begun in range(first, last, 400):
        for place in [bridge.find(position) for position in range(begun, begun + 400, 100)]:
            bridge.keep(place, place.position + 100)


def test_pages_side_by_side_are_answered_however_many(bridge, clock):
    """Who fetches all pages of a list side by side, one run after the other, is refused none of them."""
    for _run in range(3):
        bridge.go(100)
        side_by_side(bridge, 100, 400 * CHAINS)
        clock.offset += 3 * GLANCED


def test_a_forgotten_reader_that_began_in_the_middle_is_refused_for_a_while(bridge, clock):
    """It may be on the way to its next window, which is not counted; later its position is anybody's."""
    for position in range(1000, 1000 + 20 * (CHAINS + 2), 20):
        bridge.go(position + 10, last=position)
    clock.offset += GLANCED
    assert bridge.find(1010).mark == START
    clock.offset -= GLANCED
    refused(bridge, 1010)


def test_who_began_at_the_start_is_forgotten_last(bridge):
    """However many pages others fetch side by side, a walk from the start goes on."""
    bridge.go(100)
    side_by_side(bridge, 1000, 400 * CHAINS)
    assert bridge.find(100).mark.href == "/100"


def test_readers_are_bounded(bridge, clock):
    """Of many that begin and do not go on the first are forgotten, and never the one that has come far."""
    bridge.go(100, 200, 300, 400)
    for _ in range(3 * CHAINS):
        bridge.go(1)
    assert bridge.find(400).mark.position == 400
    bridge.go(500, last=400)
    assert len(bridge.find(500).seen) <= CHAINS


# -- who may be asking -----------------------------------------------------------------------------------------------


def test_places_of_all_that_stand_there(bridge):
    """Two readers that stand at one position: either may be asking, and the one that stays keeps both places."""
    bridge.go(100)
    bridge.go(100)
    assert len(bridge.find(100).marks) == 2
    bridge.go(200, last=100)
    assert len(bridge.find(100).marks) == 2  # the other one, and the first if its answer was lost
    bridge.go(200, last=100)
    assert len(bridge.find(200).marks) == 2


@pytest.mark.parametrize("first", ["one", "other"])
def test_windows_at_the_same_time(bridge, first):
    """One asks while another comes to the same position and asks too: both stand behind then, and none stays."""
    bridge.go(50)
    bridge.go(100)
    one = bridge.find(100)
    bridge.go(100, last=50)
    other = bridge.find(100)
    for place in (one, other) if first == "one" else (other, one):
        bridge.keep(place, 200)
    assert [each.steps.at for each in bridge.find(200).seen] == [(200,), (200,)]


def test_who_is_through_stands_nowhere(bridge):
    """The marks of a walk that was read to its end serve nobody who walks later."""
    bridge.go(100, 200, 250, end=True)
    bridge.go(100)
    assert len(bridge.find(100).keys) == 1
    bridge.go(200, last=100)
    assert bridge.find(200).keys == ("c1",)


def test_an_end_that_did_not_arrive(bridge):
    """Who hangs up while the end is sent may ask again, and finds his place beside those that walk later."""
    bridge.go(100, 200, 250, end=True, present=False)
    bridge.go(100, 200)
    assert set(bridge.find(200).keys) == {"c0", "c1"}


def test_an_empty_page_is_nobody_elses(bridge, clock):
    """Who asks for the empty page behind the end moves no other reader who stands there, within a minute."""
    bridge.go(100)
    bridge.go(100, 150, end=True)
    bridge.go(200, 250, last=100)
    bridge.go(290, last=250, end=True)
    assert bridge.find(250).keys == ("c0",)


# -- when nobody is answered -------------------------------------------------------------------------------------------


def test_a_jump_is_counted(bridge):
    """Where nobody can have stood, it is counted from the last place before, or from the start."""
    assert bridge.find(500).mark == START
    bridge.go(100, 200)
    assert bridge.find(5000).mark.position == 200
    assert bridge.begun == ["start", "waymark", "before"]


def test_all_is_lost(bridge, clock):
    """After a loss a walk is refused, and refused again; who starts again is answered once all others know."""
    bridge.go(100, 200)
    bridge.lose()
    refused(bridge, 200)
    bridge.go(100)
    refused(bridge, 100)
    clock.offset += SETTLING + 1
    refused(bridge, 100)
    refused(bridge, 200)
    bridge.go(100, 200)
    assert bridge.find(200).mark.href == "/200"


def test_a_client_that_repeats_for_a_day(bridge, clock):
    """Who repeats the page that was refused is refused as long as he does."""
    bridge.go(100, 200)
    bridge.lose()
    for _ in range(30):
        refused(bridge, 200)
        clock.offset += MEMORY - 60
    clock.offset += MEMORY
    assert bridge.find(200).mark == START


def test_a_walk_that_rested_too_long(bridge, clock):
    """Places that are over are not guessed; a walk that began later has its own."""
    bridge.go(100, 200)
    clock.offset += LIFETIME + 1
    refused(bridge, 200)
    refused(bridge, 150)
    assert bridge.find(1000).mark == START
    bridge.go(100, 200)
    assert bridge.find(200).mark.href == "/200"


@pytest.mark.parametrize("gone", [["w:c0:200"], ["w:c0:200", "w:c0:100"], ["w:c0", "w:c0:100", "w:c0:200"]])
def test_places_that_are_gone(bridge, gone):
    """Where what is kept of a reader is gone and the list of readers is not, his walk is refused."""
    bridge.go(100, 200)
    for key in gone:
        bridge.state.delete(key)
    refused(bridge, 200)


def test_steps_that_are_gone(bridge):
    """Where only the steps of a reader are gone he may stand wherever he has a place."""
    bridge.go(100, 200)
    bridge.go(100, 200)
    bridge.state.delete("w:c0")
    assert set(bridge.find(200).keys) == {"c0", "c1"}
    assert set(bridge.find(100).keys) == {"c0", "c1"}


def test_a_reader_whose_place_is_gone_is_not_taken_for_another(bridge):
    """Where two stand and the place of one is gone, neither is answered before the walk starts again."""
    bridge.go(100)
    bridge.go(100)
    bridge.state.delete("w:c0:100")
    refused(bridge, 100)
    bridge.go(100)
    assert bridge.find(100).mark.href == "/100"


def test_a_loss_of_some_of_it(bridge, clock):
    """Where what is missed of one reader was lost a moment ago, a reader beside it is not answered in its place."""
    bridge.go(100, 200)
    bridge.go(100, 200)
    clock.offset += 10 * SETTLING
    bridge.lose("w:c0", "w:c0:200")
    refused(bridge, 200)


def test_a_node_that_is_cut_off(bridge, monkeypatch):
    """While others may walk unseen nobody goes on by index here."""
    bridge.go(100)
    monkeypatch.setattr(MemoryState, "is_cut_off", True)
    refused(bridge, 100)
    assert bridge.find(0).mark == START


def test_after_a_minute_the_empty_page_is_not_awaited(bridge, clock):
    """A walk that stands where another ended long ago ends there as any does."""
    bridge.go(100, 150, end=True)
    clock.offset += CLOSING
    bridge.go(100, 150)
    bridge.go(190, last=150, end=True)
    bridge.go(100)
    assert bridge.find(100).keys == ("c2",)
