"""The parameters of a query: own names, numbers in every spelling, and nothing left out without a word."""

from __future__ import annotations

import pytest

from scimbridge.scim.errors import InvalidFilter, InvalidValue
from scimbridge.scim.parameters import read_query, read_selection


def test_names_come_in_any_case_and_unknown_ones_are_ignored():
    """Entra puts flags on the tenant's URL, once or twice."""
    pairs = [("FILTER", "title pr"), ("startindex", "2"), ("aadOptscim062020", ""), ("aadOptscim062020", "x")]
    assert read_query(pairs, strict=False) == {"filter": "title pr", "startIndex": "2"}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("filter", InvalidFilter),
        *((name, InvalidValue) for name in ("startIndex", "count", "cursor", "sortBy", "sortOrder")),
    ],
)
@pytest.mark.parametrize("second", ["1", "2", ""])
def test_a_parameter_that_stands_twice_is_refused(name, error, second):
    """Which of the two is meant? Even the same one twice is a client that does not know what it sends."""
    with pytest.raises(error, match=f"{name}: the parameter stands twice"):
        read_query([(name, "1"), (name.upper(), second)], strict=False)


@pytest.mark.parametrize("name", ["attributes", "excludedAttributes"])
def test_lists_of_names_that_stand_twice_are_one_list(name):
    """HTTP libraries write a list that way, and two lists of names are one."""
    pairs = [(name, "userName,title"), ("count", "1"), (name.lower(), "emails")]
    assert read_query(pairs, strict=True) == {name: "userName,title,emails", "count": "1"}
    assert read_selection([*pairs, ("count", "2"), ("filter", ""), ("filter", "")]) == {name: "userName,title,emails"}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("5", "5"),
        ("5.0", "5"),
        ("5e0", "5"),
        ("0.5E1", "5"),
        ("50e-1", "5"),
        (" 5.00 ", "5"),
        ("-1.0", "-1"),
        ("-0.0", "0"),
        ("1.5", "1.5"),
        ("1e-1", "1e-1"),
        ("five", "five"),
        ("", ""),
        ("5.", "5."),
        ("0x5", "0x5"),
        ("1e999999", "1e999999"),
    ],
)
@pytest.mark.parametrize("name", ["startIndex", "count"])
def test_whole_numbers_in_every_spelling(name, sent, read):
    """JSON has one number of many spellings; what is no whole one stays, to be refused. Strict clients write digits."""
    assert read_query([(name, sent)], strict=False) == {name: read}
    assert read_query([(name, sent)], strict=True) == {name: sent}
