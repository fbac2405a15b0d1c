"""Findings as lines: each when it comes, and what they come to."""

from __future__ import annotations

from scimbridge.ops.checking.findings import fault, note, ok, warn
from scimbridge.ops.printing.findings import print_findings


def test_each_finding_is_a_line(printed):
    """The grade stands at the head of a line, the cure at its end; a note is set in below its finding."""
    found = [
        ok("token", "there is one"), warn("page size", "it is odd", "set it"), fault("clients", "none", "make one"),
        note("clients", "the rest waits"), fault("rights", "none", "ask"),
    ]  # fmt: skip
    assert printed(print_findings, found).splitlines() == [
        "ok    token: there is one",
        "warn  page size: it is odd; do: set it",
        "FAULT clients: none; do: make one",
        "      the rest waits",
        "FAULT rights: none; do: ask",
        "2 faults and 1 warning",
    ]


def test_nothing_bad_is_said(printed):
    """Where all is well the last line says so."""
    assert printed(print_findings, [ok("token", "there is one")]).endswith("\neverything fits\n")


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
        assert written == ["ok    first: fine"]
        yield ok("second", "fine")

    print_findings(Watched(), look())
    assert len(written) == 3


def test_a_terminal_shows_grades_in_colour(printed):
    """What does not work is red, and what is right is green."""
    text = printed(print_findings, [ok("token", "there is one"), fault("clients", "none", "make one")], on={})
    assert "\x1b[32mok" in text
    assert "\x1b[1;31mFAULT" in text
