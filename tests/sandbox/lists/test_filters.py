"""The grammar of filters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.sandbox.http.errors import FilterError
from scimbridge.sandbox.lists.filters import AllOf, Comparison, Some, Within, parse


def test_and_binds_closer_than_or():
    """Without parentheses `and` is grouped first; both spellings of the words are taken."""
    a, b, c = (Comparison(name, "eq", name) for name in "abc")
    assert parse('a eq "a" or b eq "b" and c eq "c"') == Some((a, AllOf((b, c))))
    assert parse('(a eq "a" OR b eq "b") AND c eq "c"') == AllOf((Some((a, b)), c))


def test_values_are_json():
    """Strings with escapes, booleans, numbers and null."""
    assert parse(r'a eq "x\"y\\z\u00e9"') == Comparison("a", "eq", 'x"y\\zé')
    assert parse("a eq true") == Comparison("a", "eq", value=True)
    assert parse("a eq -1.5e2") == Comparison("a", "eq", -150.0)
    assert parse("a eq null") == Comparison("a", "eq", None)


def test_a_value_path_holds_a_filter():
    """`name[...]` keeps its inner filter."""
    inner = AllOf((Comparison("id", "eq", "1"), Comparison("type", "eq", "DIRECT")))
    assert parse('memberOfGroups[id eq "1" and type eq "DIRECT"]') == Within("memberOfGroups", inner)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "a eq", 'a eq "x" and', 'a eq "x" b eq "y"', '(a eq "x"', 'a eq "x")', "a eq x", "a pr",
     'not (a eq "x")', 'a[b eq "x"', 'a eq "x', "eq", '"a" eq "b"', r'a eq "\q"', "a eq 'x'", "a & b",
     "(" * 200 + 'a eq "x"' + ")" * 200],
)  # fmt: skip
def test_what_is_outside_the_grammar_is_refused(text):
    """Every malformed filter is a FilterError, `not` and `pr` among them."""
    with pytest.raises(FilterError):
        parse(text)


@given(st.text(max_size=40))
def test_no_text_makes_the_parser_fail_in_another_way(text):
    """Any text parses or is refused; nothing else happens."""
    try:
        parse(text)
    except FilterError as error:
        assert error.to_api_error("INVALID_REQUEST").status == 400  # noqa: PT017 - either outcome is right
