"""Lengths of bars and columns from numbers: what the page draws, in percent or in pixels. Pure; knows no colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

COLUMN_WIDTH, COLUMN_STEP, COLUMN_HEIGHT = 7, 9, 32
"""Of a column of a small plot, in pixels."""


@dataclass(frozen=True, slots=True)
class PlotBar:
    """A bar with its label: `percent` is its length. `second` is that of a bar beside it, where there is one."""

    label: str
    number: int
    percent: float
    second: float = 0.0


@dataclass(frozen=True, slots=True)
class PlotColumn:
    """A column of a small plot: where it stands, how high it is, and what it says when one points at it."""

    left: int
    top: float
    height: float
    label: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class ColumnPlot:
    """Columns side by side, and how far from the top the limit is; None where there is none."""

    columns: tuple[PlotColumn, ...]
    limit: float | None
    width: int
    height: int = COLUMN_HEIGHT


def bars_of(counter: Counter[str], most: int) -> tuple[list[PlotBar], int]:
    """Return the longest bars of what was counted, and how many there are beside them."""
    found = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    longest = found[0][1] if found else 1
    bars = [PlotBar(label, number, _percent(number, longest)) for label, number in found[:most]]
    return bars, len(found) - len(bars)


def pair_bars(pairs: Iterable[tuple[str, int, int]]) -> list[PlotBar]:
    """Return two bars for each label with two numbers, all on one scale."""
    pairs = list(pairs)
    longest = max((max(one, other) for _label, one, other in pairs), default=0)
    return [
        PlotBar(label, one + other, _percent(one, longest), _percent(other, longest)) for label, one, other in pairs
    ]


def plot_columns(numbers: Sequence[tuple[int, str]], limit: int | None) -> ColumnPlot:
    """Return a column for each number and its label, the last of which is the present one, on one scale."""
    top = max([number for number, _label in numbers] + [limit or 0, 1])
    columns = []
    for place, (number, label) in enumerate(numbers):
        height = round(number / top * (COLUMN_HEIGHT - 2), 1)
        height = max(height, 1.0) if number else 0.0
        columns.append(
            PlotColumn(place * COLUMN_STEP, COLUMN_HEIGHT - height, height, label, place == len(numbers) - 1)
        )
    line = None if limit is None else round(COLUMN_HEIGHT - limit / top * (COLUMN_HEIGHT - 2), 1)
    return ColumnPlot(tuple(columns), line, max(len(columns) * COLUMN_STEP, 1))


def _percent(number: float, whole: float) -> float:
    """Return a share in percent; what is more than nothing can be seen."""
    if not number or not whole:
        return 0.0
    return max(round(100 * number / whole, 2), 0.5)
