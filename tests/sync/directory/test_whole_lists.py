"""A list read whole: whoever was there all the time is in it, whatever else happens meanwhile."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.pingone.errors import Refused, Unreachable
from scimbridge.pingone.paging import Page
from scimbridge.sandbox.lists import filters
from scimbridge.sync.directory import whole_lists
from scimbridge.sync.directory.tally import Begun, Tally
from scimbridge.sync.directory.whole_lists import Division, WholeList

PAGE = 3
START = 1_700_000_000.0


class Directory:
    """A PingOne in memory that changes: records in the order in which they were made, pages by a serial number."""

    def __init__(self, users):
        self.now = START
        self._serial = itertools.count(1)
        self.users = {}
        for name, home in users:
            self.make(name, home)
        self.now += 60

    def stamp(self):
        """Return the time as PingOne writes it."""
        return dt.datetime.fromtimestamp(self.now, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def make(self, name, home="a"):
        """Make a user, and return its id."""
        serial = next(self._serial)
        key = f"00000000-0000-4000-8000-{serial:012}"
        self.users[key] = {
            "id": key, "serial": serial, "username": name, "population": {"id": home},
            "createdAt": self.stamp(), "updatedAt": self.stamp(),
        }  # fmt: skip
        return key

    def change(self, key, **fields):
        """Change a user."""
        self.users[key] |= {**fields, "updatedAt": self.stamp()}

    def page(self, text, href):
        """Return the page that a call asks for."""
        found = [each for each in self.users.values() if text is None or _holds(filters.parse(text), each)]
        after = int(href.rpartition("#")[2]) if href else 0
        rest = sorted((each for each in found if each["serial"] > after), key=lambda each: each["serial"])
        here = [dict(each) for each in rest[:PAGE]]
        link = f"{text}#{here[-1]['serial']}" if len(rest) > PAGE else None
        return Page(here, link, len(found), full=len(here) == PAGE, at=float(int(self.now)))


def _holds(node, record):
    match node:
        case filters.AllOf(parts):
            return all(_holds(part, record) for part in parts)
        case filters.Comparison("population.id", "eq", value):
            return record["population"]["id"] == value
        case filters.Comparison(path, "eq", value):
            return record.get(path, "").lower() == str(value).lower()
        case filters.Comparison(path, "sw", value):
            return record.get(path, "").lower().startswith(str(value).lower())
    raise AssertionError(node)


def read(
    directory, text=None, *, between=lambda _number: None, choose=lambda _waiting: 0, populations=("a", "b"), **more
):
    """Return the ids that a walk gives, in order, and the list; `between` happens before each page."""
    division = Division(readers=4, populations=lambda: populations)
    tally = more.pop("tally", Tally("updatedAt" if text else "createdAt"))
    whole = WholeList(text, tally, division, clock=lambda: directory.now, **more)
    waiting, given_ids = whole.begin(), []
    for number in itertools.count():
        if not waiting:
            return given_ids, whole
        call = waiting.pop(choose(waiting))
        between(number)
        followed = whole.take(call, directory.page(call.text, call.href))
        given_ids += [each["id"] for each in followed.fresh]
        waiting += followed.calls
        assert number < 500
    raise AssertionError


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Let lists of a few records be divided."""
    monkeypatch.setattr(whole_lists, "LEAST", 12)
    monkeypatch.setattr(whole_lists, "SMALLEST", 9)


def company(number=40):
    """Return users whose names begin in many ways, in two populations."""
    return [(f"{'abcdef'[place % 6]}{place:02}", "ab"[place % 3 == 0]) for place in range(number)]


def test_quiet_directory():
    """Where nothing changes, all come once, in parts, and the pages are few more than those of one row."""
    directory = Directory(company())
    ids, whole = read(directory)
    assert sorted(ids) == sorted(directory.users)
    assert whole.how.endswith("parts side by side")
    assert whole.counted == 40


def test_move_behind_the_reader():
    """Who moves from a part that is not read yet to one that is read is found in one row, and that is said."""
    directory = Directory(company())
    late = [key for key, each in directory.users.items() if each["username"].startswith("f")][-1]

    def choose(waiting):
        """Read names with an f last, and let one of them become another when all else is read."""
        ranks = [2 if each.asked is None and 'sw "f' in str(each.text) else 1 for each in waiting]
        if min(ranks) > 1:
            directory.users[late]["username"] = "a-moved"
        return ranks.index(min(ranks))

    ids, whole = read(directory, choose=choose)
    assert sorted(ids) == sorted(directory.users)
    assert whole.how.endswith("and then in one row: 1 of 40 who were counted at the start did not come")


def test_names_that_cannot_be_divided():
    """What cannot be divided is read in one row, and that is said."""
    directory = Directory([("漢字" + str(place), "a") for place in range(20)] + [("x", "a")])
    ids, whole = read(directory, populations=())
    assert sorted(ids) == sorted(directory.users)
    assert len(ids) == 21
    assert "parts" in whole.how


CHANGES = st.one_of(
    st.tuples(st.just("make"), st.sampled_from("abcdefx"), st.sampled_from("ab")),
    st.tuples(st.just("rename"), st.integers(0, 29), st.sampled_from("abcdefx")),
    st.tuples(st.just("move"), st.integers(0, 29), st.sampled_from("ab")),
    st.tuples(st.just("delete"), st.integers(0, 29), st.just("")),
    st.tuples(st.just("title"), st.integers(0, 29), st.sampled_from(["boss", "clerk"])),
)
STORM = st.dictionaries(st.integers(0, 40), st.lists(CHANGES, max_size=3), max_size=12)


def cause(directory, what, key, value):
    """Let a user be made, by its name, or be changed or deleted."""
    match what:
        case "make":
            directory.make(key, value)
        case "delete":
            del directory.users[key]
        case "rename":
            directory.change(key, username=f"{value}-{key}")
        case "move":
            directory.change(key, population={"id": value})
        case "title":
            directory.change(key, title=value)


@settings(max_examples=40)
@given(STORM, st.lists(st.integers(0, 50), min_size=60, max_size=60), st.sampled_from([0.0, 0.4, 1.7]), st.booleans())
def test_whoever_was_there_all_the_time(storm, order, pace, is_filtered):
    """Whatever is made, renamed, moved and deleted, and in whatever order pages come, nobody is missing or twice."""
    directory = Directory(company(30))
    keys = list(directory.users)
    for key in keys:
        directory.users[key]["title"] = "boss"
    always = set(keys)

    def happen(number):
        directory.now += pace
        for place, (what, where, value) in enumerate(storm.get(number, ())):
            key = f"{where}-new{number}-{place}" if what == "make" else keys[where]
            if what == "make" or key in directory.users:
                cause(directory, what, key, value)
            if what == "delete" or (what == "title" and is_filtered):
                always.discard(key)

    picks = itertools.cycle(order)
    text = 'title eq "boss"' if is_filtered else None
    try:
        ids, _whole = read(directory, text, between=happen, choose=lambda waiting: next(picks) % len(waiting))
    except Unreachable:
        return  # refused is allowed, short is not
    assert len(ids) == len(set(ids))
    assert always <= set(ids)


def test_gone_on_with():
    """Parts that an earlier walk has finished are not read again, and what was seen is not given again."""
    directory = Directory(company())
    _ids, whole = read(directory)
    began = whole.begun
    assert began is not None
    half = [key for key, each in directory.users.items() if each["population"]["id"] == "b"]
    tally = Tally("createdAt", half, len(half))
    tally.begin(began.at)
    done = frozenset({'population.id eq "b" and username sw "a"', 'population.id eq "b"'})
    ids, again = read(directory, tally=tally, begun=began, done=done)
    assert sorted(ids) == sorted(set(directory.users) - set(half))
    assert again.how == whole.how


def test_short_of_what_was_counted_before():
    """Who went missing between two runs of one walk is looked for in one row."""
    directory = Directory(company())
    tally = Tally("createdAt")
    tally.begin(directory.now)
    ids, whole = read(directory, tally=tally, begun=Begun(41, directory.now, 5))
    assert len(ids) == 40
    assert whole.how.endswith("and then in one row: 1 of 41 who were counted at the start did not come")


def test_count_that_stays_too_high():
    """Where PingOne goes on to count more than come, also in one row, the walk is refused."""
    directory = Directory(company(8))
    page = directory.page
    directory.page = lambda text, href: _with_count(page(text, href), 9)
    with pytest.raises(Unreachable, match="PingOne counts 9, and 8 came, also when the list was read again in one row"):
        read(directory)


def test_count_that_is_too_low():
    """A count that is too low leaves a list in one row, and nobody out."""
    directory = Directory(company())
    page = directory.page
    directory.page = lambda text, href: _with_count(page(text, href), 15)
    ids, _whole = read(directory)
    assert len(ids) == 40


def _with_count(page, count):
    return Page(page.records, page.next, count, page.full, page.linked, page.at)


def test_dead_cursor():
    """Where a link to a next page is dead, the row begins anew, and nobody comes twice; four times is too often."""
    directory = Directory(company(10))
    whole = WholeList(None, Tally("createdAt"), clock=lambda: START)
    (call,) = whole.begin()
    (call,) = whole.take(call, directory.page(call.text, call.href)).calls
    for _time in range(3):
        (again,) = whole.refuse(call, Refused("no such cursor", status=400)).calls
        assert again.href is None
        (call,) = whole.take(again, directory.page(again.text, again.href)).calls
        assert call.href is not None
    with pytest.raises(Refused):
        whole.refuse(call, Refused("no such cursor", status=400))
