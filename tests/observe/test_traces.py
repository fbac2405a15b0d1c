"""traceparent and tracestate as the W3C's Trace Context has them: read, passed on, and ignored where malformed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scimbridge.observe.traces import read_trace

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


def test_a_trace_is_passed_on_as_it_came():
    """A good traceparent is known by its trace id and goes on as it is, with its tracestate."""
    trace = read_trace(GOOD, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")
    assert trace.trace_id == TRACE
    assert trace.headers == (("traceparent", GOOD), ("tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"))
    assert read_trace(GOOD).headers == (("traceparent", GOOD),)


@pytest.mark.parametrize(
    "parent",
    [
        None,
        "",
        "x",
        TRACE,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0g",
        f"ff-{TRACE}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"{GOOD},{GOOD}",
        f"{GOOD}\r\nX-Evil: 1",
        f"{GOOD}\n",
        f"01-{TRACE}-{SPAN}-01-{'a' * 600}",
        f"01-{TRACE}-{SPAN}-01more",
        f"\u0660\u0660-{TRACE}-{SPAN}-01",
    ],
)
def test_a_malformed_traceparent_is_ignored(parent):
    """What is no traceparent counts as none, and takes its tracestate along."""
    assert read_trace(parent, "a=1") is None


def test_a_later_version_is_read_as_this_one():
    """Of a later version what is known is taken, and written as version 00."""
    assert read_trace(f"cc-{TRACE}-{SPAN}-03-what-the-future-brings").parent == f"00-{TRACE}-{SPAN}-01"
    assert read_trace(f"01-{TRACE}-{SPAN}-02").parent == f"00-{TRACE}-{SPAN}-00"


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("a=1", "a=1"),
        (" a=1 ,\tb=2 ", "a=1,b=2"),
        ("a=1,,b=2", "a=1,b=2"),
        ("fw529a3039@dt=FfAAAABvAAAA", "fw529a3039@dt=FfAAAABvAAAA"),
        ("a=1,a=2", ""),
        ("A=1", ""),
        ("a", ""),
        ("a=", ""),
        ("a=b=c", ""),
        ("a=é", ""),
        ("a=1\r\nX-Evil: 1", ""),
        (",".join(f"k{number}=1" for number in range(32)), ",".join(f"k{number}=1" for number in range(32))),
        (",".join(f"k{number}=1" for number in range(33)), ""),
        (f"a=1,b={'x' * 255},c={'y' * 256},d=4", f"a=1,b={'x' * 255}"),
    ],
)
def test_tracestate_goes_on_or_is_left_out(state, kept):
    """A good tracestate goes on, the first 512 characters of it at least; a malformed one goes alone."""
    trace = read_trace(GOOD, state)
    assert trace.parent == GOOD
    assert trace.state == kept


@given(some.text(max_size=80), some.text(max_size=80))
def test_nothing_that_is_sent_makes_it_fail(parent, state):
    """Whatever arrives, what is passed on is one line of visible ASCII."""
    for trace in (read_trace(parent, state), read_trace(GOOD, state)):
        for _name, value in () if trace is None else trace.headers:
            assert value.isascii()
            assert value.isprintable()
