"""One window while pages come in: when it is full, and when it is known what is behind it."""

from __future__ import annotations

import pytest

from scimbridge.lists.marks import Mark
from scimbridge.lists.reading import Reading, Source
from scimbridge.pingone.paging import Page
from scimbridge.scim.paging import Window


def page(first, last, count=None, following="next"):
    """Return a page of the records from one number to another."""
    return Page([{"id": f"u{number}"} for number in range(first, last)], following, count, full=True)


def behind(offset, count):
    """Return the window of some records behind an offset."""
    return Window(offset + 1, count)


def read(window, pages, *, position=0, total=None, exact=True):
    """Read pages into a window that starts where a mark stands, and return the reading and the last page."""
    source = Source(None, exact=exact, keep=None, walk="w")
    reading = Reading(source, Mark(position, total=total), window)
    for each in pages:
        reading.take(None, each, len(each.records))
    return reading, pages[-1]


@pytest.mark.parametrize(
    ("window", "position", "pages", "settled"),
    [
        (behind(0, 5), 0, [page(0, 10, 100)], True),  # full, and more is counted
        (behind(0, 20), 0, [page(0, 10, 100)], False),  # not full
        (behind(0, 10), 0, [page(0, 10, 100)], True),  # full to the last record of the page
        (behind(0, 10), 0, [page(0, 10, 10)], False),  # all that are counted, and a next page: the count is too low
        (behind(0, 10), 0, [page(0, 12, 10)], False),
        (behind(10, 5), 10, [page(10, 20, 18)], True),  # later on what was deleted since counts as well
        (behind(1, 5), 1, [page(1, 12, 8)], True),
        (behind(10, 10), 10, [page(10, 20, 18)], False),  # nothing is known to follow
        (behind(10, 9), 10, [page(10, 20, 20)], True),
        (behind(0, 5), 0, [page(0, 10, None)], False),  # nobody knows how many there are
        (behind(50, 5), 0, [page(0, 10, 100)], False),
    ],
)
def test_a_window_is_settled_when_it_is_full_and_what_follows_is_known(window, position, pages, settled):
    """PingOne's count is believed where it says more than has come."""
    reading, last = read(window, pages, position=position)
    assert reading.settled(last) is settled


@pytest.mark.parametrize(
    ("offset", "position", "exact", "settled"),
    [(500, 100, True, True), (150, 100, True, False), (500, 0, False, False), (200, 100, True, True)],
)
def test_who_jumps_behind_the_end_finds_nothing(offset, position, exact, settled):
    """Where the count is the client's; without reading all that is before."""
    reading, last = read(behind(offset, 5), [page(100, 110, 200)], position=position, exact=exact)
    assert reading.settled(last) is settled


def test_where_a_walk_stands_its_position_says_more_than_a_count():
    """A window that begins where the last one ended is read, whatever is counted."""
    reading, last = read(behind(300, 50), [page(300, 310, 200)], position=300)
    assert not reading.settled(last)


def test_an_older_total_counts_where_pingone_does_not():
    """What was once read to the end is the total; a number of PingOne's does not replace it."""
    reading, last = read(behind(0, 5), [page(0, 10, None)], total=30)
    assert reading.settled(last)
    assert reading.stopped().total == 30


def test_only_a_total_is_asked_for():
    """A window of no records is settled by the count alone."""
    reading, last = read(behind(0, 0), [page(0, 10, 100)])
    assert reading.settled(last)
    assert reading.stopped().total == 100
