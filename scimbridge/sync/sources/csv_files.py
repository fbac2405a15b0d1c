"""A CSV file as a source: a header, and a row for each record (RFC 4180). Exact or refused."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from scimbridge.sync.rules.values import SourceRules
from scimbridge.sync.sources.faults import SourceFaults
from scimbridge.sync.sources.files import UTF_8, ChosenFile, open_file, read_lines
from scimbridge.sync.sources.reader import Record

_OTHERS = (";", "\t", "|", ",")


class CsvFile:
    """One CSV file. Raises `SourceRefused` where its header cannot be read."""

    unit = "line"
    is_file = True

    def __init__(self, rules: SourceRules, file: ChosenFile) -> None:
        self.name = file.name
        self.made = file.made
        self.digest: str | None = None
        self._path = file.path
        self._encoding = str(rules.options.get("encoding", UTF_8))
        self._delimiter = str(rules.options.get("delimiter", ","))
        self._quote = str(rules.options.get("quote", '"'))
        self.columns = self._read_header()

    def _read_header(self) -> tuple[str, ...]:
        faults = SourceFaults(self.name)
        with (
            open_file(self._path, faults) as (_file, stream),
            closing(read_lines(stream, self._encoding, faults)) as lines,
        ):
            header = self._header_of(self._reader(lines), faults)
        seen: set[str] = set()
        for number, column in enumerate(header, 1):
            if not column:
                faults.at(1, f"column {number} of the header has no name")
            elif column in seen:
                faults.at(1, f"the header names a column twice ({_hint(column)})")
            seen.add(column)
        faults.refuse()
        return header

    def _header_of(self, reader: Iterator[list[str]], faults: SourceFaults) -> tuple[str, ...]:
        try:
            header = tuple(each.strip() for each in next(reader, []))
        except csv.Error as error:
            raise faults.refusal(f"the header: {_broken(str(error))}", 1) from None
        if not header or not any(header):
            raise faults.refusal("the first line is blank, and it should be the header", 1)
        return header

    def _reader(self, lines: Iterator[str]) -> Any:
        return csv.reader(lines, delimiter=self._delimiter, quotechar=self._quote, strict=True)

    def other_delimiter(self) -> str | None:
        """Return what parts the header, where it is another delimiter than the rules say."""
        if len(self.columns) > 1:
            return None
        return next((each for each in _OTHERS if each != self._delimiter and each in self.columns[0]), None)

    def read(self, faults: SourceFaults) -> Iterator[Record]:
        """Yield the rows below the header, blank lines left out."""
        with (
            open_file(self._path, faults) as (file, stream),
            closing(read_lines(stream, self._encoding, faults)) as lines,
        ):
            reader = self._reader(lines)
            if self._header_of(reader, faults) != self.columns:
                raise faults.refusal("was replaced while it was read; run again when the export is done")
            yield from self._rows(reader, faults)
            if not file.is_still():
                raise faults.refusal("changed while it was read; run again when the export is done")
            self.digest = file.digest

    def _rows(self, reader: Any, faults: SourceFaults) -> Iterator[Record]:
        columns, width = self.columns, len(self.columns)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise faults.refusal(_broken(str(error)), line) from None
            if row is None:
                return
            if len(row) == width:
                yield line, dict(zip(columns, row, strict=True))
            elif row:
                what = f"has {len(row)} values, and the header has {width} columns"
                faults.at(line, f"{what}; it is cut off, or a value has a delimiter and no quotes")


def _hint(column: str) -> str:
    return f"{column[:40]!r}"


def _broken(error: str) -> str:
    """Return csv's error as a sentence of ours."""
    if "end of data" in error:
        return "a quote that opens here is never closed; the file is cut off, or a value has a quote in it"
    if "field limit" in error:
        return "a value is longer than 128 KiB; a quote that opens here is probably never closed"
    if "new-line character" in error:
        return "has a carriage return in the middle; write line ends as LF or CRLF"
    return "has a quote in the middle of a value; inside quotes a quote is written twice"
