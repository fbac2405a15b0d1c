"""Laws of the plan's file: what goes in comes out, and no byte of it can be another."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.sync.plans import reading
from scimbridge.sync.plans.expecting import PlanRefused
from scimbridge.sync.plans.lines import GROUP, KINDS, USER, PlanLine
from scimbridge.sync.plans.raw_lines import lines_in
from scimbridge.sync.plans.reading import open_plan
from scimbridge.sync.plans.writing import write_plan
from tests.sync.plans.conftest import LINES, SECRET, head_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=3)
PLAN_LINES = st.builds(
    PlanLine,
    do=st.sampled_from(KINDS), on=st.sampled_from([USER, GROUP]), key=TEXTS, id=st.none() | TEXTS, user_name=TEXTS,
    why=TEXTS, condition=OBJECTS, before=OBJECTS, after=OBJECTS,
    group=st.none() | st.dictionaries(TEXTS, st.none() | TEXTS, max_size=2), drift=st.none() | OBJECTS,
    faults=st.lists(TEXTS, max_size=2).map(tuple), reason=TEXTS,
)  # fmt: skip


@settings(max_examples=15)
@given(st.lists(PLAN_LINES, max_size=3), st.booleans(), OBJECTS)
def test_any_lines_come_back_as_they_were(lines, is_packed, source):
    """Whatever JSON can hold goes through a file and is equal, in its order and its types."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("plan.gz" if is_packed else "plan")
        write_plan(path, head_of(lines, source=source), lines, SECRET)
        plan = open_plan(path, SECRET)
        assert repr(list(plan.lines())) == repr([*map(_sorted, lines)])
        assert plan.head == head_of(lines, source=source)


def _sorted(line):
    """Return a line with the keys of its objects sorted, as canonical JSON has them."""
    words = {name: getattr(line, name) for name in PlanLine.__slots__}
    return PlanLine(**{name: _sorted_value(value) for name, value in words.items()})


def _sorted_value(value):
    if isinstance(value, dict):
        return {name: _sorted_value(value[name]) for name in sorted(value, key=str.encode)}
    return [_sorted_value(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
def held(written, monkeypatch):
    """The bytes of two lines in a file, and what answers whether other bytes in their place are refused."""

    def hold(name):
        path = written(LINES[2:4], name, guards={}, stopped=(), populations={}, source={}, directory={})

        def is_refused(content):
            monkeypatch.setattr(reading, "read_lines", lambda _path: lines_in(io.BytesIO(content)))
            try:
                found = tuple(open_plan(path, SECRET).lines())
            except PlanRefused:
                return True
            assert found == LINES[2:4]
            return False

        return path.read_bytes(), is_refused

    return hold


def test_a_plan_with_any_byte_changed_is_refused(held):
    """Each byte is taken out, put in once more, or becomes another one: by one bit, and another letter."""
    whole, is_refused = held("plan.jsonl")
    assert not is_refused(whole)
    for at, byte in enumerate(whole):
        for put in (b"", bytes([byte] * 2), bytes([byte ^ (1 << at % 8)]), b" ", b"9"):
            changed = whole[:at] + put + whole[at + 1 :]
            assert changed == whole or is_refused(changed), (at, put)


def test_a_packed_plan_with_any_byte_changed_is_refused_or_says_the_same(held):
    """Some bits of gz mean nothing, as the time in its head; all others are held, and no byte may be missing."""
    whole, is_refused = held("plan.jsonl.gz")
    meaningless = 0
    for at, byte in enumerate(whole):
        assert is_refused(whole[:at]), at
        meaningless += not is_refused(whole[:at] + bytes([byte ^ (1 << at % 8)]) + whole[at + 1 :])
    assert meaningless < 10
