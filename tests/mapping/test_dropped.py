"""What an answer lacks of what was written: nothing in its place, fewer members, fewer values; never another form."""

from __future__ import annotations

import pytest

from scimbridge.mapping.dropped import find_dropped, lacks
from scimbridge.pingone.kinds import POPULATIONS
from scimbridge.resources.tables import read_tables
from scimbridge.settings.declared import default_mappings


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ("x", None), ("x", ""), ("x", "  "), ("x", []), (5, None), (0, None), (True, None),
        (["a", "b"], None), (["a", "b"], []), (["a", "b"], ["a"]), (["a", "b"], "a"), (["a", "b"], [None, "a"]),
        ([{"n": 1}, {"n": 2}], [{"n": 1}]),
        ({"a": 1}, None), ({"a": 1}, {}), ({"a": 1, "b": 2}, {"a": 1}), ({"a": {"b": ["x", "y"]}}, {"a": {"b": ["x"]}}),
    ],
)  # fmt: skip
def test_dropped(sent, held):
    """A value is dropped where nothing is in its place, or where a list or an object has less."""
    assert lacks(sent, held)


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        (None, None), ("", None), ("  ", None), ([], None), ([""], None), ({}, None), ({"a": None}, None),
        (False, None),
        ("x", "X"), (" x ", "x"), ("+49 170 1234", "+491701234"), ("en_us", "en-US"), (5, "5"), (True, False),
        (["a", "A ", "a"], ["a"]), (["a"], "a"), ("a", ["a"]), (["b", "a"], ["a", "b"]), (["a", ""], ["a"]),
        ({"a": 1, "b": None}, {"a": 1}), ({"a": 1}, {"a": 1, "b": 2}), ({"a": 1}, '{"a": 1}'), ({"a": {}}, {}),
    ],
)  # fmt: skip
def test_kept(sent, held):
    """What is held in another form, or was no value, is not dropped."""
    assert not lacks(sent, held)


def test_rows_that_share_a_field():
    """Of a field that several rows share, the row is named whose part is gone."""
    table = read_tables(default_mappings())[POPULATIONS.name]
    sent = {"alternativeIdentifiers": ["externalId=7", "other"]}
    whole = {row.spelled for row in find_dropped(table, sent, {})}
    assert whole == {"externalId", "alternativeIdentifiers"}
    found = [row.spelled for row in find_dropped(table, sent, {"alternativeIdentifiers": ["externalId=7"]})]
    assert found == ["alternativeIdentifiers"]
