"""What is wrong with one source, gathered while it is read: the first faults with their places, and how many more.

No sentence holds a value of a person's.
"""

from __future__ import annotations

import re

from scimbridge.sync.sources.rows import SourceRefused

_QUOTED = re.compile(r"""'.*'|".*"|\S*@\S*""")
MOST = 20
"""Faults that are named; of the others the number is."""


class SourceFaults:
    """The faults of the source `name`, whose rows are counted in `unit`s: line, row, entry."""

    def __init__(self, name: str, unit: str = "line") -> None:
        self.name = name
        self.unit = unit
        self._found: list[str] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def at(self, line: int, what: str) -> None:
        """Note what is wrong with one row."""
        self.whole(f"{self.unit} {line}: {what}")

    def whole(self, what: str) -> None:
        """Note what is wrong with the source."""
        if len(self._found) < MOST:
            self._found.append(f"{self.name}: {what}")
        else:
            self._more += 1

    def refusal(self, what: str = "", line: int | None = None) -> SourceRefused:
        """Return the refusal with all that was noted, and with a last fault that ends the reading."""
        more = [f"{self.name}: and {self._more} more faults like these"] if self._more else []
        place = "" if line is None else f"{self.unit} {line}: "
        return SourceRefused([*self._found, *more, *([f"{self.name}: {place}{what}"] if what else [])])

    def refuse(self) -> None:
        """Raise `SourceRefused` where anything was noted."""
        if self._found:
            raise self.refusal()


def without_values(text: str) -> str:
    """Return what a library says, without what it quotes, which may be a value of a person's."""
    return _QUOTED.sub("…", text)


def refuse(name: str, what: str) -> SourceRefused:
    """Return the refusal of a source that cannot even be opened."""
    return SourceRefused([f"{name}: {what}"])
