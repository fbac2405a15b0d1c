"""Codecs and value maps: what a column's text means, or why it means nothing."""

from __future__ import annotations

import pytest

from scimbridge.sync.rules.decoding import UnreadableValue, decode
from scimbridge.sync.rules.values import ManagedAttribute


def managed(**words):
    return ManagedAttribute(**{"urn": "", "path": "title", "column": "job", **words})


@pytest.mark.parametrize(
    ("words", "given", "wanted"),
    [
        ({}, " as it is ", " as it is "),
        ({}, "  ", None),
        ({}, "", None),
        ({}, (), None),
        ({}, ("one",), "one"),
        ({"codec": "strip lower"}, " Kim@Example.ORG ", "kim@example.org"),
        ({"codec": "upper"}, "de", "DE"),
        ({"codec": "boolean"}, "Yes", True),
        ({"codec": "boolean"}, "0", False),
        ({"codec": "integer"}, "-7", -7),
        ({"codec": "decimal"}, "12.50", 12.5),
        ({"codec": "date"}, "2026-03-31", "2026-03-31"),
        ({"codec": "date", "format": "%d.%m.%Y"}, "31.3.2026", "2026-03-31"),
        ({"codec": "dateTime"}, "2026-03-31T09:15:27+02:00", "2026-03-31T07:15:27.000Z"),
        ({"codec": "dateTime", "format": "%d.%m.%Y %H:%M"}, "31.03.2026 09:15", "2026-03-31T09:15:00.000Z"),
        ({"codec": "country"}, "Germany", "DE"),
        ({"codec": "country"}, "deu", "DE"),
        ({"codec": "language"}, "en_US", "en-US"),
        ({"codec": "cn"}, r"CN=HR\, all\C3\BC,OU=Groups,DC=example", "HR, all\u00fc"),
        ({"codec": "userAccountControl"}, "512", True),
        ({"codec": "userAccountControl"}, "514", False),
        ({"codec": "object"}, '{"a": 1}', {"a": 1}),
        ({"many": True}, ("b", "a", "b", " "), ["b", "a"]),
        ({"many": True, "separator": ";", "codec": "split upper"}, "b; a ;;b", ["B", "A"]),
        ({"values": {"A": True, "T": False}}, "T", False),
        ({"values": {"A": True, "": False}}, " ", False),
        ({"values": {"A": True}}, "", None),
        ({"codec": "upper", "values": {"A": True}}, "a", True),
    ],
)
def test_what_a_text_means(words, given, wanted):
    """A text is read exactly, and an empty one is none."""
    assert decode(managed(**words), given) == wanted


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        ({"codec": "boolean"}, "perhaps", "neither true nor false"),
        ({"codec": "integer"}, "1e5", "not a whole number"),
        ({"codec": "integer"}, "1_000", "not a whole number"),
        ({"codec": "integer"}, "99999999999999999999", "64 bits"),
        ({"codec": "decimal"}, "nan", "not a number"),
        ({"codec": "decimal"}, "1e400", "not a number"),
        ({"codec": "cn"}, "CN=\\ff,DC=x", "no UTF-8"),
        ({"codec": "date"}, "31.03.2026", "such as 2026-03-31"),
        ({"codec": "date", "format": "%d.%m.%Y"}, "2026-03-31", "such as 31.03.2026"),
        ({"codec": "dateTime"}, "noon", "not a time"),
        ({"codec": "country"}, "Atlantis", "ISO 3166-1"),
        ({"codec": "cn"}, "OU=x", "CN="),
        ({"codec": "userAccountControl"}, "x", "userAccountControl"),
        ({"codec": "object"}, "[1]", "JSON object"),
        ({"values": {"A": True}}, "X", "has a value that `values` has not ('A')"),
        ({}, ("one", "two"), "has several values"),
    ],
)
def test_what_means_nothing(words, given, told):
    """The sentence names attribute and column, says what would be right, and never holds the value."""
    with pytest.raises(UnreadableValue) as caught:
        decode(managed(**words), given)
    said = str(caught.value)
    assert said.startswith("title: 'job' ")
    assert told in said
    assert isinstance(given, tuple) or repr(given) not in said
