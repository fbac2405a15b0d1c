"""Papers to print on: plain lines, and a terminal of 60 columns whose output can be looked at."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from scimbridge.ops.printing.paper import Paper, open_paper


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


@pytest.fixture
def printed() -> Callable[..., str]:
    """Return what a printer writes on plain paper, or with `on={...}` on a terminal with that environment."""

    def run(print_values: Callable[..., object], *values: object, on: dict[str, str] | None = None) -> str:
        stream = io.StringIO() if on is None else Screen()
        paper: Paper = open_paper(stream, {} if on is None else {"TERM": "xterm", "COLUMNS": "60", **on})
        print_values(paper, *values)
        return stream.getvalue()

    return run
