"""Sources opened as rules open them, read to their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scimbridge.sync.rules.values import MTIME, SourceRules
from scimbridge.sync.sources.checked import CheckedSource, Demands
from scimbridge.sync.sources.opening import open_source
from scimbridge.sync.sources.rows import SourceRefused


@dataclass
class Opener:
    """Opens one kind of source; `columns` are those that rules name, the first is the key."""

    folder: Path
    kind: str = "csv"
    place: str = "people.csv"
    columns: tuple[str, ...] = ("id", "mail")
    made: str = MTIME
    options: dict[str, Any] = field(default_factory=dict)
    demands: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    now: float | None = None
    sleep: Callable[[float], None] = lambda _seconds: None

    def write(self, content: bytes | str, name: str | None = None) -> Path:
        """Write a file in the folder."""
        path = self.folder / (name or self.place)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def open(self, place: str | None = None) -> CheckedSource:
        """Open it."""
        where = place or self.place
        place = str(self.folder / where) if self.kind in ("csv", "jsonl") else where
        rules = SourceRules(kind=self.kind, place=place, options=self.options, folder=str(self.folder))
        demands = Demands(self.columns, self.columns[0], **self.demands)
        wall = time.time if self.now is None else lambda: self.now
        return open_source(rules, demands, made=self.made, environ=self.environ, wall=wall, sleep=self.sleep)

    def rows(self, place: str | None = None) -> list[tuple[int, dict[str, Any]]]:
        """Return all rows with their lines."""
        return [(row.line, dict(row.values)) for row in self.open(place).rows()]

    def faults(self, place: str | None = None) -> list[str]:
        """Return why it is refused, which it has to be."""
        with pytest.raises(SourceRefused) as caught:
            self.rows(place)
        return caught.value.faults


@pytest.fixture
def opener(tmp_path) -> Callable[..., Opener]:
    """Make openers of sources in an empty folder."""
    return lambda **words: Opener(tmp_path, **words)
