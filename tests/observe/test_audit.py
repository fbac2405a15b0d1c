"""Records: what is kept of them, what masking lets through, and what happens when a sink fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from scimbridge.observe.audit import HIDDEN, Record, Recorder, Unwritable, Wanted, mask, stamp

RECORD = Record(
    id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="patch", result="done",
    resource="User", key="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70", changed=("name.familyName", "active"), status=200,
    values={"active": False}, seconds=0.25, correlations=("c-1",),
)  # fmt: skip


@dataclass
class Broken:
    """A sink that fails as long as it is told to."""

    name: str = "broken"
    fails: bool = True
    written: list[Record] = field(default_factory=list)

    def write(self, record: Record) -> None:
        """Keep it, or fail."""
        if self.fails:
            raise Unwritable("it is broken")
        self.written.append(record)


@pytest.fixture
def logged() -> Iterator[list]:
    with capture_logs() as entries:
        yield entries


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        """Return seconds."""
        return self.now


@given(st.text() | st.integers() | st.floats(allow_nan=False))
def test_a_masked_value_shows_two_characters_at_most(value):
    """Of a text or a number no more than the first and the last character is left, and of a short one nothing."""
    masked = mask(value)
    text = str(value)
    shown = masked.replace(HIDDEN, "", 1) if isinstance(masked, str) else None
    assert shown is not None
    assert len(shown) <= 2
    assert masked.isprintable()
    if len(text) < 6:
        assert masked == HIDDEN
    else:
        assert shown in (text[0] + text[-1], text[0], text[-1], "")


json_values = st.recursive(
    st.none() | st.booleans() | st.text(min_size=3) | st.integers(min_value=1000),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=3), inner, max_size=4),
    max_leaves=8,
)


@given(json_values)
def test_nothing_inside_a_list_or_an_object_escapes_the_mask(value):
    """Lists are masked part by part, objects whole with their names; only true, false and null stay."""

    def leaves(part):
        if isinstance(part, list):
            return [leaf for inner in part for leaf in leaves(inner)]
        return [part]

    for leaf in leaves(mask(value)):
        assert leaf is None or isinstance(leaf, bool) or (HIDDEN in leaf and len(leaf) <= len(HIDDEN) + 2)


@given(st.text(min_size=6), st.text(min_size=6))
def test_texts_with_the_same_ends_are_masked_alike(one, other):
    """A masked text tells neither length nor middle of what it hides."""
    assert mask(one) == mask(one[0] + other + one[-1])


def test_a_record_survives_json():
    """What is written down is read as the same record."""
    assert Record.from_json(json.loads(json.dumps(RECORD.to_json()))) == RECORD


def test_only_what_is_said_is_written():
    """What has its default is left out, save the names of a change that changed nothing."""
    empty = Record(id="a", time="t", client="c", request="r", verb="patch", result="done")
    assert empty.to_json() == {
        "id": "a", "time": "t", "client": "c", "request": "r", "verb": "patch", "result": "done", "changed": [],
    }  # fmt: skip


def test_an_empty_search_result_is_written():
    """A search that found nothing says so; it is not the same as one whose answer is not known."""
    search = Record(id="a", time="t", client="c", request="r", verb="search", result="done", returned=0)
    assert search.to_json()["returned"] == 0


@pytest.mark.parametrize(
    "held",
    [
        {},
        {"id": 1},
        {**RECORD.to_json(), "changed": "active"},
        {**RECORD.to_json(), "steps": [1]},
        {**RECORD.to_json(), "verb": None},
    ],
)
def test_what_is_no_record_is_refused(held):
    """A line of something else is not taken for a record."""
    with pytest.raises(ValueError, match="record"):
        Record.from_json(held)


def test_members_of_a_later_version_are_passed_over():
    """A record that a later version has written can still be read."""
    assert Record.from_json({**RECORD.to_json(), "mood": "good"}) == RECORD


def test_times_are_utc_with_milliseconds():
    """A moment is written as RFC 3339 says, in UTC, with three digits."""
    assert stamp(0) == "1970-01-01T00:00:00.000Z"
    assert stamp(1795255200.1239) == "2026-11-21T10:00:00.123Z"


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Wanted(), True),
        (Wanted(client="okta", verb="patch", result="done", request="r-1", key=RECORD.key), True),
        (Wanted(client="entra"), False),
        (Wanted(verb="delete"), False),
        (Wanted(since=datetime(2026, 11, 21, 10, tzinfo=UTC)), True),
        (Wanted(since=datetime(2026, 11, 21, 10, 0, 1, tzinfo=UTC)), False),
        (Wanted(until=datetime(2026, 11, 21, 10, tzinfo=UTC)), False),
        (Wanted(until=datetime(2026, 11, 21, 10, tzinfo=UTC) + timedelta(seconds=1)), True),
    ],
)
def test_a_search_means_all_of_its_conditions(wanted, fits):
    """A record fits when everything that is asked for is so."""
    assert wanted.fits(RECORD) is fits


def test_one_broken_sink_keeps_no_record_from_another():
    """Every sink is tried, and the answer is whether all of them have it."""
    good, bad = Broken(fails=False), Broken()
    recorder = Recorder([bad, good], Clock())
    assert recorder.keep(RECORD) is False
    assert good.written == [RECORD]
    bad.fails = False
    assert recorder.keep(RECORD) is True


def test_lost_records_are_warned_of_once_a_minute_with_their_number(logged):
    """A sink that is down for long fills no log; each warning says how many were lost since the one before."""
    clock, sink = Clock(), Broken()
    recorder = Recorder([sink], clock)
    counts = []
    for at in (0, 1, 30, 59.9, 60, 61, 121):
        clock.now = 1000 + at
        recorder.keep(RECORD)
        counts.append(len(logged))
    assert counts == [1, 1, 1, 1, 2, 2, 3]
    told = [entry["count"] for entry in logged]
    assert told == [1, 4, 2]
    assert all(RECORD.key not in str(entry) for entry in logged)


def test_the_last_of_the_lost_records_are_counted_when_the_sink_is_back(logged):
    """What was lost since the last warning is told with the next record, also when that is written."""
    clock, sink = Clock(), Broken()
    recorder = Recorder([sink], clock)
    recorder.keep(RECORD)
    recorder.keep(RECORD)
    sink.fails = False
    clock.now += 61
    assert recorder.keep(RECORD) is True
    assert [entry["count"] for entry in logged] == [1, 1]
    clock.now += 61
    recorder.keep(RECORD)
    assert len(logged) == 2


def test_a_fault_of_a_sink_ends_no_request(logged):
    """An error that nobody foresaw counts as a record that is lost, and is logged with its place."""

    class Faulty(Broken):
        def write(self, record: Record) -> None:
            raise ZeroDivisionError

    assert Recorder([Faulty()], Clock()).keep(RECORD) is False
    assert [entry["log_level"] for entry in logged] == ["error", "warning"]
