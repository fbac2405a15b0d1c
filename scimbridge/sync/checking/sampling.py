"""The first rows of a source, read as a plan would read them: what a person would have to mend before the first plan.

No finding holds a value of a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from scimbridge.ops.checking.findings import Finding, fault, note, ok
from scimbridge.sync.rules.decoding import UnreadableValue, decode
from scimbridge.sync.rules.values import Rules
from scimbridge.sync.sources.checked import CheckedSource, PairSource
from scimbridge.sync.sources.rows import SourceRefused, SourceRow

Open = Callable[[], CheckedSource | PairSource | None]
SAMPLE = 1000
"""Rows that are looked at."""
_AGAIN = "mend the source, or the rules, then run check again"
_REASONS = 10


def check_people(rules: Rules, open_source: Open) -> Iterator[Finding]:
    """Look at the first rows of the people."""
    tried = _Tried(rules)
    yield from _check_source("[source]", open_source, tried.take, tried.findings)


def check_pairs(rules: Rules, open_source: Open) -> Iterator[Finding]:
    """Look at the first pairs of groups and members."""
    if rules.groups is not None and rules.groups.source is not None:
        yield from _check_source("[groups] from", open_source, lambda _row: None, lambda: iter(()))


def _check_source(
    where: str,
    open_source: Open,
    take: Callable[[SourceRow], None],
    findings: Callable[[], Iterator[Finding]],
) -> Iterator[Finding]:
    try:
        source = open_source()
        if source is None:
            return
        rows: Any = source.rows()
        number = 0
        with closing(rows):
            for row in islice(rows, SAMPLE):
                number += 1
                take(row)
            is_all = number < SAMPLE and next(rows, None) is None
        noted, columns = source.noted(), source.columns
    except SourceRefused as refused:
        noted, columns = refused.faults, ()
    found = [*(fault(where, each, _AGAIN) for each in noted), *findings()]
    yield from found
    if found:
        return
    wide = f", {len(columns)} columns" if columns else ""
    yield ok(where, f"{'all' if is_all else 'the first'} {number} rows can be read{wide}")
    if not is_all:
        yield note(where, "the rows after these were not looked at; a plan reads them all")


class _Tried:
    """What came of reading the values of some rows: why some cannot be read, and keys that stand twice."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._keys: dict[str, int] = {}
        self._twice: list[tuple[int, int]] = []
        self._reasons: dict[str, list[int]] = {}

    def take(self, row: SourceRow) -> None:
        """Read every value of one row."""
        key = str(row.values[self._rules.people.key])
        first = self._keys.setdefault(key, row.line)
        if first != row.line:
            self._twice.append((first, row.line))
        for managed in self._rules.attributes:
            try:
                decode(managed, row.values[managed.column])
            except UnreadableValue as wrong:
                self._reasons.setdefault(str(wrong), []).append(row.line)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, the most frequent first."""
        if self._twice:
            first, second = self._twice[0]
            more = f", and {len(self._twice) - 1} more" if len(self._twice) > 1 else ""
            yield fault("[source] key", f"the rows at {first} and {second} have one key{more}", _AGAIN)
        reasons = sorted(self._reasons.items(), key=lambda each: (-len(each[1]), each[0]))
        for reason, lines in reasons[:_REASONS]:
            rows = f"{len(lines)} rows, the first at {lines[0]}" if len(lines) > 1 else f"the row at {lines[0]}"
            yield fault(self._rules.file, f"{reason}: {rows}", f"each is a conflict of a plan; {_AGAIN}")
