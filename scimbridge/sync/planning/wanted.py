"""What a row of the source wants of one person: values by path, what it is matched by, and what cannot be read of it.

Pure: one row at a time. Whether PingOne has that person is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from scimbridge.scim.errors import ScimError
from scimbridge.scim.reading import is_empty
from scimbridge.sync.planning.rules_in_use import RulesInUse
from scimbridge.sync.rules.decoding import UnreadableValue, decode
from scimbridge.sync.rules.values import CLEAR, ManagedAttribute
from scimbridge.sync.sources.rows import SourceRow

Values = dict[str, Any]
_REMEMBERED = 16_384  # texts with their values: surnames, jobs and states come again and again


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPerson:
    """One row, read. `key` is as the source has it, `fold` what equal keys have in common.

    `values` are to be there, None for no value; a path that is not named stays as it is. `initial` count at a creation
    only. `marks` are what matches go by, path by path, None where there is nothing. `faults` say what cannot be read,
    `reason` is the first of them without a value; `blind`: one of them is what the row is matched by. `groups` are
    names out of a column.
    """

    line: int
    key: str
    fold: str
    values: Values = field(default_factory=dict)
    initial: Values = field(default_factory=dict)
    marks: tuple[str | None, ...] = ()
    faults: tuple[str, ...] = ()
    reason: str = ""
    blind: bool = False
    groups: tuple[str, ...] = ()


class RowReader:
    """Reads rows by the rules of one file."""

    def __init__(self, rules: RulesInUse) -> None:
        self._rules = rules
        self._managed = tuple(rules.managed())
        self._by_name = {each.name: each for each in self._managed}
        self._decode = lru_cache(maxsize=_REMEMBERED)(self._read)
        self._key = rules.rules.people.key
        self._key_attribute = rules.rules.key_attribute
        self._at_key = rules.marks.index(rules.key)
        groups = rules.rules.groups
        self._groups = (groups.column, groups.separator) if groups is not None and groups.column else None

    def read(self, row: SourceRow) -> WantedPerson:
        """Return what a row wants. Its key is "" where it has none, or none that is one text."""
        held = row.values.get(self._key, "")
        key = held if isinstance(held, str) else held[0] if len(held) == 1 else ""
        values: Values = {}
        initial: Values = {}
        faults: list[tuple[str, str]] = []
        unread = set[str]()
        for each in self._managed:
            try:
                value = self._value(each, row.values)
            except (UnreadableValue, ScimError) as wrong:
                faults.append((f"line {row.line:,}: {wrong}", f"unreadable value of {each.name}"))
                unread.add(each.name)
                continue
            if value is None and (each.empty != CLEAR or each.only_at_creation or self._rules.stays(each.name)):
                continue
            (initial if each.only_at_creation else values)[each.name] = value
        marks = [self._rules.fold(name, values.get(name, initial.get(name))) for name in self._rules.marks]
        fold = marks[self._at_key]
        if fold is None:
            fold = marks[self._at_key] = key.strip() or None
        return WantedPerson(
            line=row.line, key=key.strip(), fold=fold or "", values=values, initial=initial, marks=tuple(marks),
            faults=tuple(text for text, _reason in faults), reason=faults[0][1] if faults else "",
            blind=not unread.isdisjoint(self._rules.by), groups=self._group_names(row.values),
        )  # fmt: skip

    def fold_key(self, text: str) -> str:
        """Return what a key has in common with equal ones, as another source has it."""
        try:
            fold = self._rules.fold(self._rules.key, self._value(self._key_attribute, {self._key: text}))
        except (UnreadableValue, ScimError):
            fold = None
        return fold or text.strip()

    def _value(self, managed: ManagedAttribute, values: Mapping[str, str | tuple[str, ...]]) -> Any:
        """Return a value in its normal form, None where there is none. Raises `UnreadableValue`, `InvalidValue`."""
        return self._decode(managed.name, values.get(managed.column, ""))

    def _read(self, name: str, held: str | tuple[str, ...]) -> Any:
        value = decode(self._by_name[name], held)
        return None if is_empty(value) else self._rules.normal(name, value)

    def _group_names(self, values: Mapping[str, str | tuple[str, ...]]) -> tuple[str, ...]:
        if self._groups is None:
            return ()
        column, separator = self._groups
        held = values.get(column, "")
        texts = held if isinstance(held, tuple) else held.split(separator) if separator else (held,)
        return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
