"""Lines in words: what changes is said in one line, and nothing is invisible in it."""

from __future__ import annotations

import pytest

from scimbridge.sync.plans.lines import (
    CONFLICT,
    CREATE,
    DELETE,
    DISABLE,
    GROUP,
    JOIN,
    LEAVE,
    MOVE,
    UPDATE,
    PlanLine,
)
from scimbridge.sync.printing.describing import (
    changed_values,
    counted,
    duration,
    moment,
    reason_of,
    subject,
    summary,
    value_text,
    visible,
)
from tests.sync.printing.conftest import POPULATION


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Müller-石井 🙂", "Zoë Müller-石井 🙂"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\x1b[2J", "\\x1b[2J"),
        ("nnA\u202eboB", "nnA\\u202eboB"),
        ("a\u00a0b", "a\\xa0b"),
        ("a\u200bb", "a\\u200bb"),
    ],
)
def test_what_has_no_ink_is_shown_as_its_escape(text, shown):
    """A name that looks like another one because of what cannot be seen does not."""
    assert visible(text) == shown
    assert visible(shown) == shown


def test_values_are_json_and_none_is_a_word():
    """A text `none`, a number and no value at all are told apart; what is long is cut where it has to be."""
    assert [value_text(each) for each in (None, "none", 1, True, [1, "a"], {"b": 1, "a": 2})] == [
        "none", '"none"', "1", "true", '[1,"a"]', '{"a":2,"b":1}',
    ]  # fmt: skip
    assert value_text("x" * 100, 10) == f'"{"x" * 8}…'
    assert len(value_text("x" * 100, 10)) == 10


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"do": UPDATE, "before": {"title": None}, "after": {"title": "Head"}}, 'title none → "Head"'),
        ({"do": UPDATE, "after": {f"p{n}": n for n in range(6)}}, "p0 0, p1 1, p2 2, p3 3, and 2 more"),
        ({"do": DISABLE, "before": {"active": True}, "after": {"active": False}}, "active true → false"),
        ({"do": MOVE, "before": {POPULATION: "p1"}, "after": {POPULATION: "p2"}}, 'population.id Staff → "p2"'),
        ({"do": JOIN, "group": {"id": "g", "name": "HR"}}, "into HR"),
        ({"do": LEAVE, "group": {"id": "g", "name": None}}, "out of g"),
        ({"do": DELETE, "before": {"active": False}}, "because"),
        ({"do": CREATE, "on": GROUP, "after": {"displayName": "HR"}}, "because"),
        ({"do": CONFLICT, "faults": ("one", "two")}, "one; two"),
        ({"do": UPDATE, "after": {"title": "x"}, "faults": ("not adopted",)}, "not adopted"),
        ({"do": CONFLICT}, "because"),
        ({"do": "else"}, "because"),
    ],
)
def test_a_line_says_in_short_what_it_does(words, told):
    """What changes, of what and to what; where that is not it, why."""
    assert summary(PlanLine(key="1", why="because", **words), {"p1": "Staff"}) == told


def test_changed_values_are_whole():
    """Every path of before and after comes once, with the id beside a population's name."""
    line = PlanLine(
        do=MOVE, key="1", why="", before={POPULATION: "p1", "b": None}, after={POPULATION: "p2", "a": "x" * 99}
    )
    found = [(each.path, each.before, each.after) for each in changed_values(line, {"p1": "Staff"})]
    assert found == [("a", None, f'"{"x" * 99}"'), ("b", "none", None), (POPULATION, 'Staff ("p1")', '"p2"')]


def test_who_it_is_is_named_where_it_is_known():
    """By the user name of the directory, else by that of a create."""
    assert subject(PlanLine(do=UPDATE, key="1", why="", user_name="ann", before={"userName": "bo"})) == "ann"
    assert subject(PlanLine(do=CREATE, key="1", why="", after={"userName": "cy"})) == "cy"
    assert subject(PlanLine(do=CREATE, key="1", why="", after={"userName": 5})) == ""


def test_conflicts_without_a_reason_are_counted_by_their_sentence_without_values():
    """Lines that differ in a value alone are of one kind."""
    told = ("line 7: 'Q' is no status of ann@example.org", "line 81: 'X' is no status of bo@example.org")
    assert len({reason_of(PlanLine(do=CONFLICT, key="1", why="", faults=(each,))) for each in told}) == 1
    assert reason_of(PlanLine(do=CONFLICT, key="1", why="", faults=told, reason="no status")) == "no status"


def test_times_and_numbers():
    """Times are in UTC, durations in two units at most, and numbers have their word."""
    assert moment(0) == "1970-01-01 00:00 UTC"
    assert moment(None) == "unknown"
    assert [duration(each) for each in (0.25, 59, 61, 7_325)] == ["0.2 s", "59 s", "1 min 1 s", "2 h 2 min"]
    assert [counted(1, "line"), counted(2_000, "line"), counted(2, "person", "people")] == [
        "1 line", "2,000 lines", "2 people",
    ]  # fmt: skip
