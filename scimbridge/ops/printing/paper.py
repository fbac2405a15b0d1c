"""What printers write on: a terminal, with colours and wrapping, or plain lines for everything else.

Both hold the same words in the same order. Knows lines, labels and tables, and no value of `ops`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Column = tuple[str, int]
"""The name of a column, and how many characters its cells take at least where nothing measures them."""


class Paper(Protocol):
    """Takes lines one by one, so that long work shows where it is."""

    def line(self, text: str, style: str = "") -> None:
        """Write a line."""

    def item(self, label: str, text: str, style: str = "") -> None:
        """Write a text behind a label, blanks included; where the text is wrapped, it stays behind it."""

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write a head line and a line for each row."""


@dataclass(frozen=True, slots=True)
class PlainPaper:
    """Plain lines: no colour, no wrapping, and nothing drawn."""

    stream: TextIO

    def line(self, text: str, style: str = "") -> None:  # noqa: ARG002 - a plain line has no style
        """Write a line at once."""
        self.stream.write(f"{_printable(text)}\n")
        self.stream.flush()

    def item(self, label: str, text: str, style: str = "") -> None:
        """Write label and text as one line."""
        self.line(f"{label}{text}", style)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write cells below each other as far as each keeps to the width of its column."""
        for cells in ([name for name, _width in columns], *rows):
            padded = (cell.ljust(width) for cell, (_name, width) in zip(cells, columns, strict=True))
            self.line("  ".join(padded).rstrip())


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal of some width: words are wrapped, and styles are those of `rich`."""

    console: Console

    def line(self, text: str, style: str = "") -> None:
        """Write a line, wrapped."""
        self.item("", text, style)

    def item(self, label: str, text: str, style: str = "") -> None:
        """Write the label in its style, and the text beside it."""
        from rich.table import Table  # noqa: PLC0415 - terminals alone need it
        from rich.text import Text  # noqa: PLC0415 - the same

        if " " not in text:  # such as a secret, which is copied whole
            self.console.print(Text.assemble((_printable(label), style), _printable(text)), soft_wrap=True)
            return
        grid = Table.grid(padding=0)
        if label:
            grid.add_column(no_wrap=True, width=len(label))
        grid.add_column(overflow="fold")
        cells = [Text(_printable(label), style)] if label else []
        grid.add_row(*cells, Text(_printable(text), "" if label else style))
        self.console.print(grid)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write a table whose columns are as wide as the terminal lets them be."""
        from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - terminals alone need it
        from rich.table import Table  # noqa: PLC0415 - the same
        from rich.text import Text  # noqa: PLC0415 - the same

        drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name, _width in columns:
            drawn.add_column(name, overflow="fold")
        for cells in rows:
            drawn.add_row(*(Text(_printable(cell)) for cell in cells))
        self.console.print(drawn)


def open_paper(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Paper:
    """Return what to write on: a terminal where the stream is one that can be drawn on, else plain lines."""
    if not stream.isatty() or environ.get("TERM", "") in ("", "dumb"):
        return PlainPaper(stream)
    from rich.console import Console  # noqa: PLC0415 - terminals alone need it

    return Terminal(Console(file=stream, force_terminal=True, highlight=False, markup=False, _environ=environ))


def _printable(text: str) -> str:
    """Return a text without anything that moves a terminal's cursor."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)
