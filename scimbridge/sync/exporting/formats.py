"""Lines of a file: JSON, or CSV (RFC 4180). Parquet is made of JSON lines when all are there. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import orjson

from scimbridge.sync.exporting.orders import Column


class Format(Protocol):
    """Turns what is exported into bytes."""

    def head(self) -> bytes:
        """Return what stands before the first line."""
        ...

    def lines(self, items: Iterable[Any]) -> bytes:
        """Return the lines of some items."""
        ...


class JsonLines:
    """One JSON document a line; with columns, an object of these, null for no value."""

    def __init__(self, columns: Sequence[Column] | None = None) -> None:
        self._columns = columns

    def head(self) -> bytes:
        """Return nothing."""
        return b""

    def lines(self, items: Iterable[Any]) -> bytes:
        """Return a line for each item."""
        if self._columns is not None:
            columns = self._columns
            items = ({each.name: each.read(item) for each in columns} for item in items)
        return b"".join(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in items)


class Csv:
    """RFC 4180 in UTF-8: a header, then a line for each item, ended by CR and LF. Values are what they are."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def head(self) -> bytes:
        """Return the names of the columns."""
        return _write([[each.name for each in self._columns]])

    def lines(self, items: Iterable[Any]) -> bytes:
        """Return a line for each item."""
        reads = [each.read for each in self._columns]
        return _write([_spell(read(item)) for read in reads] for item in items)


def _write(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _spell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return spell_json(value)


def spell_json(value: Any) -> str:
    """Return a value as JSON on one line."""
    return orjson.dumps(value).decode()
