"""A table of records in creation order, with look-ups by value that are built when first used.

Knows records and paths, nothing of users or groups. The caller holds the lock.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from scimbridge.sandbox.store.records import Json, fold, values_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

Entry = tuple[int, str]
_NONE: frozenset[str] = frozenset()


def _serial(entry: Entry) -> int:
    return entry[0]


def entries_after(entries: list[Entry], serial: int, limit: int) -> list[Entry]:
    """Return up to `limit` entries whose serial is above `serial`: a page by key, not by offset."""
    start = bisect_right(entries, serial, key=_serial)
    return entries[start : start + limit]


class RecordTable:
    """Records by id; serial numbers give the order of creation and are never used again."""

    def __init__(self, indexed: Iterable[str] = ()) -> None:
        self.rows: dict[str, Json] = {}
        self.entries: list[Entry] = []
        self.last_serial = 0
        self._serials: dict[str, int] = {}
        self._indexes: dict[tuple[str, ...], dict[Any, set[str]]] = {}
        self._sorted: dict[tuple[str, ...], list[str]] = {}
        for path in indexed:
            self._indexes[tuple(path.split("."))] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self.rows

    def __iter__(self) -> Iterator[Json]:
        return iter(self.rows.values())

    def get(self, record_id: str) -> Json | None:
        """Return the record, which nobody may change, or None."""
        return self.rows.get(record_id)

    def add(self, record: Json, serial: int | None = None) -> None:
        """Append a record; `serial` only when one is loaded again."""
        self.last_serial = self.last_serial + 1 if serial is None else serial
        record_id = record["id"]
        self.rows[record_id] = record
        self._serials[record_id] = self.last_serial
        self.entries.append((self.last_serial, record_id))
        for path, index in self._indexes.items():
            self._enter(path, index, record)

    def put(self, record: Json) -> None:
        """Replace the record of the same id."""
        old = self.rows[record["id"]]
        self.rows[record["id"]] = record
        for path, index in self._indexes.items():
            self._leave(path, index, old)
            self._enter(path, index, record)

    def drop(self, record_id: str) -> None:
        """Take a record out."""
        old = self.rows.pop(record_id)
        serial = self._serials.pop(record_id)
        del self.entries[bisect_left(self.entries, serial, key=_serial)]
        for path, index in self._indexes.items():
            self._leave(path, index, old)

    def find(self, path: str, value: Any) -> AbstractSet[str]:
        """Return the ids of records with this value at a dotted path, strings without case."""
        return self._index(tuple(path.split("."))).get(fold(value), _NONE)

    def find_beginning(self, path: str, value: str) -> AbstractSet[str]:
        """Return the ids of records with a string that begins so at a dotted path, without case."""
        names, beginning = tuple(path.split(".")), fold(value)
        index = self._index(names)
        ordered = self._sorted.get(names)
        if ordered is None:
            ordered = self._sorted[names] = sorted(key for key in index if isinstance(key, str))
        found = itertools.takewhile(
            lambda key: key.startswith(beginning), itertools.islice(ordered, bisect_left(ordered, beginning), None)
        )
        return frozenset[str]().union(*(index[key] for key in found))

    def _index(self, names: tuple[str, ...]) -> dict[Any, set[str]]:
        index = self._indexes.get(names)
        if index is None:
            index = self._indexes[names] = {}
            for record in self.rows.values():
                self._enter(names, index, record)
        return index

    def sort(self, record_ids: Iterable[str]) -> list[Entry]:
        """Return the entries of these ids in order of creation; ids that are gone are left out."""
        serials = self._serials
        return sorted((serials[record_id], record_id) for record_id in record_ids if record_id in serials)

    def _enter(self, path: tuple[str, ...], index: dict[Any, set[str]], record: Json) -> None:
        self._sorted.pop(path, None)
        for value in values_at(record, path):
            if not isinstance(value, (dict, list)):
                index.setdefault(fold(value), set()).add(record["id"])

    def _leave(self, path: tuple[str, ...], index: dict[Any, set[str]], record: Json) -> None:
        self._sorted.pop(path, None)
        for value in values_at(record, path):
            holders = None if isinstance(value, (dict, list)) else index.get(fold(value))
            if holders is not None:
                holders.discard(record["id"])
                if not holders:
                    del index[fold(value)]
