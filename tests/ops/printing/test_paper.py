"""Papers: colours and wrapping on a terminal, and the same words in plain lines everywhere else."""

from __future__ import annotations

import io

import pytest

from scimbridge.ops.printing.paper import PlainPaper, Terminal, open_paper

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
DRAWN = "─━│┃╭╮╰╯├┤┼"


def print_all(paper):
    paper.line("a heading", "bold")
    paper.item("label   ", LONG, "green")
    paper.table([("NAME", 6), ("REST", 0)], [("a", LONG), ("b\x1b[2J", "")])


def test_a_file_gets_plain_lines(printed):
    """No escape, no box, no wrapping; cells are padded, and no line ends with a blank."""
    assert printed(print_all).splitlines() == [
        "a heading", f"label   {LONG}", "NAME    REST", f"a       {LONG}", "b?[2J",
    ]  # fmt: skip


def test_a_terminal_gets_colours_and_wrapping(printed):
    """Styles are escapes, and no line is longer than the terminal is wide."""
    text = printed(print_all, on={})
    assert "\x1b[32mlabel" in text
    assert any(mark in DRAWN for mark in text)
    plain = printed(print_all, on={"NO_COLOR": "1"}).replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert max(map(len, plain.splitlines())) <= 60


def test_wrapped_text_stays_behind_its_label(printed):
    """The second line of a text begins below the first."""
    lines = printed(lambda paper: paper.item("label   ", LONG), on={}).splitlines()
    assert [line[:8] for line in lines] == ["label   ", "        "]
    assert " ".join(line[8:].strip() for line in lines) == LONG


def test_no_color_is_kept(printed):
    """With NO_COLOR a terminal gets no colour."""
    assert "\x1b[32m" not in printed(print_all, on={"NO_COLOR": "1"})


@pytest.mark.parametrize("on", [None, {}])
def test_nothing_moves_the_cursor(printed, on):
    """What is not printable is written as a question mark, and markup of `rich` means nothing."""
    text = printed(lambda paper: paper.line("a\x1b[2Jb\rc [red]d[/red]"), on=on)
    assert text == "a?[2Jb?c [red]d[/red]\n"


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_draws_nothing_gets_plain_lines(monkeypatch, term):
    """A terminal that is known to be dumb, or of which nothing is known, is written to as a file is."""
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    assert isinstance(open_paper(stream, {"TERM": term}), PlainPaper)
    assert isinstance(open_paper(stream, {"TERM": "xterm"}), Terminal)
