"""What a source gives: rows in their order, and what is wrong with it as a whole.

A source is read once, streamed; nothing of it is kept here. Knows no rule and no directory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: column -> text, "" where it is empty, and the line (or the number of the record) that it stands on.

    A column of several values (JSON, LDAP, SCIM) is a tuple of texts.
    """

    line: int
    values: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which source it was: what it is called, SHA-256 of its bytes or rows in hex, how many rows, and when it was made.

    `made` is seconds since 1970, None where nothing tells.
    """

    name: str
    digest: str
    rows: int
    made: float | None


class SourceRefused(Exception):
    """A source that cannot be believed: every fault, with its line and what to do. Nothing may be changed by it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class RowSource(Protocol):
    """An opened source. `columns` is known before the first row."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, as its header has them; () where only rows tell."""
        ...

    def rows(self) -> Iterator[SourceRow]:
        """Yield every row, once. Raises `SourceRefused`, at the latest at the end."""
        ...

    def provenance(self) -> Provenance:
        """Return what it was. Only after the last row."""
        ...
