"""Findings as lines: each when it comes, and what they come to."""

from __future__ import annotations

import pytest

from scimbridge.ops.checking.findings import WRITE, Report, fault, not_tried, note, ok, warn
from scimbridge.ops.printing.findings import print_findings

EACH = "the lines `not tried` say how"


def test_each_finding_is_a_line(printed):
    """The grade is the head of a line, the cure its end, and the last line says what nobody looked at."""
    found = [
        ok("token", "there is one"), warn("page size", "it is odd", "set it"), fault("clients", "none", "make one"),
        note("clients", "the rest waits"), not_tried("values", "which are taken"), fault("rights", "none", "ask"),
    ]  # fmt: skip
    assert printed(print_findings, found).splitlines() == [
        "ok        token: there is one",
        "warning   page size: it is odd; do: set it",
        "FAULT     clients: none; do: make one",
        "note      clients: the rest waits",
        "not tried values: which are taken; do: run with --write --population NAME",
        "FAULT     rights: none; do: ask",
        "2 faults and 1 warning in 5 findings; 1 thing was not tried (values): run with --write --population NAME",
    ]


@pytest.mark.parametrize(
    ("found", "code", "last"),
    [
        ([ok("a", "b")], 0, "everything fits: 1 finding, all that can be tried was tried"),
        ([ok("a", "b"), note("a", "b")], 0, "everything fits: 2 findings, all that can be tried was tried"),
        ([warn("a", "b", "c")], 0, "1 warning in 1 finding, and all that can be tried was tried"),
        (
            [ok("a", "b"), not_tried("x", "y", "z"), not_tried("x", "y")],
            3,
            f"everything that was looked at fits (1 finding); 2 things were not tried (x): {EACH}",
        ),
        ([fault("a", "b", "c"), not_tried("x", "y")], 1, f"1 fault in 1 finding; 1 thing was not tried (x): {WRITE}"),
    ],
)  # fmt: skip
def test_the_last_line_and_the_exit_code(found, code, last):
    """Nothing is called good that nobody looked at."""
    report = Report.of(found)
    assert (report.exit_code, report.summary) == (code, last)


def test_a_finding_is_written_when_it_comes():
    """A slow check shows where it is: what was found is on the paper before the next thing is looked at."""
    written = []

    class Watched:
        def item(self, label, text, _style):
            written.append(label + text)

        def line(self, text, _style):
            written.append(text)

    def look():
        yield ok("first", "fine")
        assert written == ["ok        first: fine"]
        yield ok("second", "fine")

    print_findings(Watched(), look())
    assert len(written) == 3


def test_a_terminal_shows_grades_in_colour(printed):
    """What does not work is red, and what is right is green."""
    text = printed(print_findings, [ok("token", "there is one"), fault("clients", "none", "make one")], on={})
    assert "\x1b[32mok" in text
    assert "\x1b[1;31mFAULT" in text
