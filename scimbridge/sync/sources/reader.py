"""What each kind of source has to give: its records, as it holds them. The rest is done for all alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from scimbridge.sync.sources.faults import SourceFaults

Record = tuple[int, Mapping[str, Any]]
"""The line or number of a record, and its columns."""


class SourceReader(Protocol):
    """One kind of source, opened. `columns` is () where only records tell. A record that is faulty is not yielded."""

    @property
    def name(self) -> str:
        """How the source is named to people."""

    @property
    def unit(self) -> str:
        """What its records are counted in: line, row, entry."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""

    @property
    def is_file(self) -> bool:
        """Whether it has bytes of its own, of which `digest` is."""

    @property
    def made(self) -> float | None:
        """When it was made, seconds since 1970; None where it does not say."""

    @property
    def digest(self) -> str | None:
        """SHA-256 of its bytes, after the last record; None where it has no bytes of its own."""

    def read(self, faults: SourceFaults) -> Iterator[Record]:
        """Yield its records, once. Faults go into `faults`; what ends the reading raises `SourceRefused`."""
