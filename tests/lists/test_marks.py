"""Places in PingOne's order: which of two is before the other, where several meet, and how they are kept."""

from __future__ import annotations

import uuid

import pytest

from scimbridge.lists.marks import START, Mark, earliest, meet, pack, unpack

A = Mark(4, "/1", ("a", "b", "c", "d"), ("x", "y"))
B = Mark(4, "/1", ("a", "c", "d", "e"), ("x", "y"))
C = Mark(4, "/2", ("g",), ("a", "d", "e", "f"))


def test_the_earlier_of_two_is_known_by_its_last_record():
    """A place whose last record is behind another place is before that, whatever was deleted in between."""
    assert earliest((B, A)) == (A,) == earliest((A, B))
    assert meet((B, A)) == A
    assert meet((C, B, A)) == A


def test_a_last_record_that_is_gone():
    """Where neither knows the other's last record the place is behind the last one that both have passed."""
    one = Mark(3, "/1", ("a", "b", "c"))
    other = Mark(3, "/1", ("a", "b", "d"))
    assert earliest((one, other)) == (one, other)
    assert meet((one, other)) == Mark(3, "/1", ("a", "b"))


def test_a_whole_page_that_is_passed():
    """A place at the end of a page leads to the next one; going back from there leads to the page itself."""
    whole = Mark(3, "/1", ("a", "b", "c"), next="/2")
    other = Mark(3, "/1", ("a", "b", "d"), next="/2b")
    assert whole.start == ("/2", ())
    assert meet((whole, other)).start == ("/1", ("a", "b"))


def test_places_far_apart_have_to_be_looked_for():
    """Where no record is known that both have passed, or no link to its page, nobody guesses."""
    assert meet((Mark(2, "/1", ("a", "b")), Mark(2, "/2", ("c", "d")))) is None
    assert meet((Mark(2, "/1", ("b",), ("a",)), Mark(2, "/2", ("c",), ("a",)))) is None


def test_inside_of_a_window():
    """A place inside of a window goes by the records that were given there, not by their number on the page."""
    before = Mark(2, "/1", ("a", "b"))
    behind = Mark(5, "/2", ("e",), begun=2, given=("c", "d", "e"), total=9)
    assert before.inside(behind, 4) == Mark(4, "/1", ("a", "b", "c", "d"), total=9)
    assert START.inside(Mark(2, "/1", ("a", "b"), given=("a", "b")), 1) == Mark(1, None, ("a",))


@pytest.mark.parametrize(
    "make", [str, lambda _n: str(uuid.uuid4()), lambda n: f"{uuid.uuid4()}".upper() if n else "x" * 36]
)
def test_what_is_kept_comes_back(make):
    """Marks come back from their bytes, whether PingOne's ids are UUIDs or anything else."""
    ids = tuple(make(number) for number in range(100))
    marks = (Mark(100, "/1", ids, ids[:3], 450, "q", "/2", 0, ids[20:]), Mark(100, None, ids, given=ids[:4]), START)
    assert unpack(pack(marks)) == marks


def test_ids_of_many_pages_take_half_their_room():
    """A mark of a window over ten pages takes little more than half of its ids' text."""
    ids = tuple(str(uuid.uuid4()) for _ in range(1000))
    assert len(pack([Mark(1000, "/1", ids[-100:], given=ids)])) < 0.75 * 36 * 1000
