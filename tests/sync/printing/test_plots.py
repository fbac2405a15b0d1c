"""Lengths of bars and columns: on one scale, and never nothing for something."""

from __future__ import annotations

from collections import Counter

from scimbridge.sync.printing.plots import COLUMN_HEIGHT, bars_of, pair_bars, plot_columns


def test_bars_share_a_scale_and_the_rest_is_counted():
    """The longest is whole; a small one can be seen."""
    bars, more = bars_of(Counter({"a": 1_000, "b": 500, "c": 1, "d": 1}), 3)
    assert [(each.label, each.percent) for each in bars] == [("a", 100.0), ("b", 50.0), ("c", 0.5)]
    assert more == 1
    assert bars_of(Counter(), 3) == ([], 0)


def test_pairs_share_a_scale():
    """Two bars beside each other can be compared, and with those of other rows."""
    bars = pair_bars([("a", 50, 100), ("b", 0, 25)])
    assert [(each.percent, each.second) for each in bars] == [(50.0, 100.0), (0.0, 25.0)]
    assert [(each.percent, each.second) for each in pair_bars([("a", 0, 0)])] == [(0.0, 0.0)]


def test_columns_stand_on_the_floor_below_their_limit():
    """The last column is the present one, and the limit is where a column of its height would end."""
    plot = plot_columns([(5, "a"), (0, "b"), (10, "now")], 10)
    assert [each.height for each in plot.columns] == [15.0, 0.0, 30.0]
    assert all(each.top + each.height == COLUMN_HEIGHT for each in plot.columns)
    assert [each.is_now for each in plot.columns] == [False, False, True]
    assert plot.limit == plot.columns[-1].top
    assert plot_columns([(0, "now")], None).limit is None
    assert plot_columns([(1, "a"), (9_999, "now")], None).columns[0].height == 1.0
