"""A source whose rows are held to what rules need of it: columns, keys, texts. What is left is believed.

Alike for every kind of source. Keeps no row: whether a key stands twice is found where rows are kept, in planning.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.mapping.moments import read_time
from scimbridge.mapping.tables.rows import nearest
from scimbridge.sync.sources.faults import SourceFaults
from scimbridge.sync.sources.reader import SourceReader
from scimbridge.sync.sources.rows import Provenance, SourceRow
from scimbridge.sync.sources.texts import TEXT, Text, is_plain, kind_of, text_of, wrong_key, wrong_text

RowCheck = Callable[[int, Mapping[str, Any]], dict[str, Text] | None]
CellCheck = Callable[[int, Mapping[str, Any]], tuple[dict[str, Text], list[str]]]
SAMPLE = 10
"""Rows from which on a column that is empty in all of them is lost, and not just empty."""
_WHOLE = 1 << 256
_AHEAD = 86_400.0


@dataclass(frozen=True, slots=True)
class Demands:
    """What a source has to have: its columns, the one that is a key and what keys look like, the one that says its age.

    `group` is set where rows are pairs: the column of the group, which is never empty, while the key and the group may
    be several in one row.
    """

    columns: tuple[str, ...]
    key: str
    group: str = ""
    key_pattern: str = ""
    made: str = ""


class CheckedSource:
    """One source, opened. `now` is seconds since 1970. Raises `SourceRefused` where a column is not there."""

    def __init__(self, reader: SourceReader, demands: Demands, now: float) -> None:
        self._reader = reader
        self._demands = demands
        self._now = now
        self._pattern = re.compile(demands.key_pattern) if demands.key_pattern else None
        self._provenance: Provenance | None = None
        self._faults = SourceFaults(reader.name, reader.unit)
        self._check_columns()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns; () where only rows tell."""
        return self._reader.columns

    def provenance(self) -> Provenance:
        """Return what it was. Raises RuntimeError before its last row."""
        if self._provenance is None:
            raise RuntimeError(f"{self._reader.name} is not read to its end")
        return self._provenance

    def noted(self) -> list[str]:
        """Return the faults of the rows so far, for who does not read to the end."""
        return self._faults.refusal().faults

    def _check_columns(self) -> None:
        there = self._reader.columns
        if not there:
            return
        faults = SourceFaults(self._reader.name)
        parted = getattr(self._reader, "other_delimiter", lambda: None)()
        for column in self._demands.columns:
            if column not in there:
                hint = nearest(column, there)
                faults.whole(f"has no column {column!r}, which the rules name{hint}")
        if faults and parted is not None:
            faults.whole(f'the header is one column with {parted!r} in it; say delimiter = "{_spell(parted)}"')
        faults.refuse()

    def rows(self) -> Iterator[SourceRow]:
        """Yield every row that is as it should be, once. Raises `SourceRefused`, at the latest at the end."""
        faults = self._faults
        tally = _Tally(self._demands.columns)
        check = self._row_check(faults, tally)
        for line, record in self._reader.read(faults):
            tally.rows += 1
            row = check(line, record)
            if row is not None:
                yield SourceRow(line, row)
        self._check_whole(faults, tally)
        faults.refuse()
        digest = self._reader.digest or tally.digest
        made = self._reader.made if not self._demands.made else tally.newest
        self._provenance = Provenance(self._reader.name, digest, tally.rows, made)

    def _row_check(self, faults: SourceFaults, tally: _Tally) -> RowCheck:
        """Return what makes a record a row, None after noting what is wrong with it."""
        demands, hashed = self._demands, not self._reader.is_file
        cells = _cell_check(demands, tally)

        def check(line: int, record: Mapping[str, Any]) -> dict[str, Text] | None:
            row, wrong = cells(line, record)
            wrong += self._wrong_ids(record, row)
            if demands.made and not tally.take_time(row.get(demands.made, ""), self._now):
                wrong.append(f"column {demands.made!r} is no time such as 2026-03-31T09:15:27Z that is past")
            if hashed:
                tally.take(row)
            for each in wrong:
                faults.at(line, each)
            return None if wrong else row

        return check

    def _wrong_ids(self, record: Mapping[str, Any], row: Mapping[str, Text]) -> Iterator[str]:
        demands = self._demands
        if demands.key in row:
            text = row[demands.key]
            if demands.group and not isinstance(text, str):
                what = next((what for each in text if (what := wrong_key(each, each, self._pattern))), "")
            else:
                what = wrong_key(record.get(demands.key), text, self._pattern)
            if what and not any(row.values()):
                what = "is empty, as is all that the rules need of this row; delete the row"
            if what:
                yield f"the key {demands.key!r} {what}"
        if demands.group and not all(each.strip() for each in _each(row.get(demands.group, "-"))):
            yield f"the column {demands.group!r} is empty, and it says which group it is"

    def _check_whole(self, faults: SourceFaults, tally: _Tally) -> None:
        if not tally.rows:
            faults.whole("has no row; look whether the export ran to its end")
            return
        if faults:
            return
        for column in self._demands.columns:
            if column in tally.silent and (tally.rows >= SAMPLE or not self._reader.columns):
                rows = f"all of its {tally.rows} rows" if tally.rows > 1 else "its only row"
                what = f"the column {column!r} is empty in {rows}; mend the export, or take it out of the rules"
                faults.whole(what)


def _cell_check(demands: Demands, tally: _Tally) -> CellCheck:
    """Return what makes the texts of a record, and says what is wrong with single ones.

    Nearly all values are plain texts, and those take the short way.
    """
    silent, kinds = tally.silent, tally.kinds

    def check(line: int, record: Mapping[str, Any]) -> tuple[dict[str, Text], list[str]]:
        row: dict[str, Text] = {}
        wrong: list[str] = []
        for column in demands.columns:
            value = record.get(column)
            if value.__class__ is str:
                row[column] = value
                if not value or (kinds.get(column) is TEXT and is_plain(value)):
                    continue
            try:
                text = row[column] = text_of(value)
            except ValueError as error:
                wrong.append(f"column {column!r} {error}")
                continue
            if text:
                silent.discard(column)
                if what := tally.unlike(column, value, line, demands.key) or _wrong(text):
                    wrong.append(f"column {column!r} {what}")
        return row, wrong

    return check


def _wrong(text: Text) -> str:
    if isinstance(text, str):
        return wrong_text(text)
    return next((what for each in text if (what := wrong_text(each))), "")


def _spell(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else delimiter


class _Tally:
    """What is known of all rows so far."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.rows = 0
        self.newest: float | None = None
        self.silent = set(columns)
        self.kinds: dict[str, str] = {}
        self._sum = 0
        self._first: dict[str, int] = {}

    def unlike(self, column: str, value: Any, line: int, key: str) -> str:
        """Return how a value is of another kind than the first one of its column, "" where it is not."""
        kind = kind_of(value)
        first, where = self.kinds.setdefault(column, kind), self._first.setdefault(column, line)
        if first == kind:
            return ""
        cure = "; keys are of one kind" if column == key else ""
        return f"is {kind}, and it is {first} at {where}{cure}"

    def take(self, row: Mapping[str, Text]) -> None:
        """Add one row to the digest, which does not know in which order they came."""
        one = hashlib.sha256(repr(sorted(row.items())).encode(errors="surrogatepass")).digest()
        self._sum = (self._sum + int.from_bytes(one, "big")) % _WHOLE

    @property
    def digest(self) -> str:
        """SHA-256 of all rows, whatever their order."""
        return hashlib.sha256(f"{self.rows}:{self._sum}".encode()).hexdigest()

    def take_time(self, text: Text, now: float) -> bool:
        """Take the time that one row says; False where it says none, or one that is yet to come."""
        moment = read_time(text.strip()) if isinstance(text, str) else None
        if moment is None:
            return False
        seconds = (moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment).timestamp()
        self.newest = max(seconds, self.newest or 0.0)
        return seconds <= now + _AHEAD


class PairSource:
    """Pairs of a group and a member: rows with several of them are taken apart."""

    def __init__(self, source: CheckedSource, group: str, member: str) -> None:
        self._source, self._group, self._member = source, group, member

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns; () where only rows tell."""
        return self._source.columns

    def rows(self) -> Iterator[SourceRow]:
        """Yield every pair, once. Raises `SourceRefused`, at the latest at the end."""
        for row in self._source.rows():
            for group in _each(row.values[self._group]):
                for member in _each(row.values[self._member]):
                    yield replace(row, values={self._group: group, self._member: member})

    def noted(self) -> list[str]:
        """Return the faults of the rows so far, for who does not read to the end."""
        return self._source.noted()

    def provenance(self) -> Provenance:
        """Return what it was. Only after the last row."""
        return self._source.provenance()


def _each(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text
