"""Parsing and printing filters."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.trees import (
    And,
    AttrPath,
    Compare,
    Not,
    Or,
    Present,
    ValuePath,
    conjuncts,
    leaves_of,
    parse,
    paths_of,
    render,
)

RFC_EXAMPLES = [
    'userName eq "bjensen"',
    'name.familyName co "O\'Malley"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
    "title pr",
    'meta.lastModified gt "2011-05-13T04:42:34Z"',
    'title pr and userType eq "Employee"',
    'title pr or userType eq "Intern"',
    'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
    'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
    'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
]


def named(name):
    """Make a presence test."""
    return Present(AttrPath(None, name))


@pytest.mark.parametrize("text", RFC_EXAMPLES)
def test_examples_of_the_rfc_are_printed_as_they_came(text):
    """RFC 7644 figure 2: every example parses and prints back to itself."""
    assert render(parse(text)) == text


def test_and_binds_tighter_than_or():
    """Precedence is grouping, not, and, or (RFC 7644 §3.4.2.2), on either side."""
    a, b, c, d = (named(name) for name in "abcd")
    assert parse("a pr or b pr and c pr or d pr") == Or((a, And((b, c)), d))
    assert parse("a pr and b pr or c pr and d pr") == Or((And((a, b)), And((c, d))))
    assert parse("(a pr or b pr) and c pr") == And((Or((a, b)), c))
    assert parse("not (a pr) and b pr or c pr") == Or((And((Not(a), b)), c))


@pytest.mark.parametrize("text", ["a EQ 1 AND b PR", "a Eq 1 aNd b pR", "a eq 1\tand\n b pr", " a eq 1 and b pr "])
def test_operators_come_in_any_case_and_any_blanks(text):
    """Operators and joints are read without regard to case; blanks around words do not matter."""
    assert parse(text) == And((Compare(AttrPath(None, "a"), "eq", 1), named("b")))


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"say \"hi\" \\ \/ \u00e9\n"', 'say "hi" \\ / é\n'),
        (r'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        ('"a] and (b"', "a] and (b"),
        ('""', ""),
        ("-17", -17),
        ("2.50", Decimal("2.50")),
        ("-1e5", Decimal("-1e5")),
        ("true", True),
        ("False", False),
        ("null", None),
    ],
)
def test_literals_keep_their_type(literal, value):
    """Strings with JSON escapes, whole and decimal numbers, true, false and null keep type and value."""
    node = parse(f"a eq {literal}")
    assert isinstance(node, Compare)
    assert (type(node.value), node.value) == (type(value), value)
    assert parse(render(node)) == node


@pytest.mark.parametrize("name", ["trueName", "nullable", "falsetto", "order", "eq", "android", "$ref", "a-b_c1"])
def test_names_may_begin_like_a_word_of_the_grammar(name):
    """An attribute name is read by where it stands, not by how it begins."""
    assert parse(f"{name} pr") == named(name)


def test_brackets_behind_a_name_hold_sub_attributes():
    """A value path is its own node, with the URN on the outer name."""
    node = parse('urn:x:y:2.0:User:emails[type eq "work" and not (value pr)]')
    inner = And((Compare(AttrPath(None, "type"), "eq", "work"), Not(named("value"))))
    assert node == ValuePath(AttrPath("urn:x:y:2.0:User", "emails"), inner)


def test_a_sub_attribute_behind_brackets_joins_the_filter_inside():
    """Microsoft Entra's `emails[type eq "work"].value eq "x"` asks for one element with both."""
    assert parse('emails[type eq "work"].value eq "x"') == parse('emails[type eq "work" and value eq "x"]')
    assert parse('emails[type eq "work"].value pr') == parse('emails[type eq "work" and value pr]')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a",
        "a eq",
        'a eq "x" and',
        'and a eq "x"',
        'a regex "x"',
        "id eq abc-123",
        "a eq 'x'",
        "a eq 007",
        "a eq +1",
        "a eq .5",
        'a eq "x',
        r'a eq "\x"',
        r'a eq "\ud800"',
        'a eq "tab\there"',
        "(a pr",
        "a pr)",
        "()",
        "a[]",
        "a[b pr",
        "a pr]",
        "a[b pr)",
        'a eq "x" "y"',
        "a pr b pr",
        "a pr and or b pr",
        "not a pr",
        'a eq "x" not (b pr)',
        "a[b[c pr]]",
        "a[b pr][c pr]",
        "a[b pr].c[d pr]",
        "a[b.c pr]",
        'a[urn:x:b eq "c"]',
        'a[b pr] eq "x"',
        "a[b pr].c",
        "a[b pr].c.d pr",
        "a.b.c pr",
        "1a pr",
        "a: pr",
        "b:a pr",
        '"a" eq "b"',
        "eq",
        'userName eq "x"; drop',
        f"a eq 1{'0' * 200}",
        "a eq 1e99999",
    ],
)
def test_whatever_is_not_in_the_grammar_is_refused(text):
    """Bad grammar is invalidFilter, with a sentence that ends in a full stop."""
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    assert caught.value.detail.endswith(".")


@pytest.mark.parametrize(
    ("text", "position"), [('a regex "x"', 3), ("a eq abc", 6), ("a pr and ) b pr", 10), ('a eq "open', 6)]
)
def test_a_refusal_says_where(text, position):
    """The sentence counts characters from 1."""
    with pytest.raises(InvalidFilter, match=f"character {position}\\b"):
        parse(text)


def test_a_refused_operator_is_named():
    """RFC 7644 §3.4.2.2 wants the unsupported operator in the answer."""
    with pytest.raises(InvalidFilter, match="'regex' is not supported"):
        parse('a regex "x"')


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "a pr" + ")" * 10_000,
        "(" * 51 + "a pr" + ")" * 51,
        "not (" * 5_000,
        "a" * 1_000_000,
        '"' * 32_000,
        'a eq "' + "\\" * 32_001,
        " " * 32_000 + "!",
        "a:" * 16_000,
        "a." * 16_000,
        "[" * 32_000,
        ")" * 32_000,
        "not " * 8_000,
    ],
)
def test_hostile_texts_are_refused_like_any_other(text):
    """Deep, long and repetitive texts are invalidFilter and no other exception."""
    with pytest.raises(InvalidFilter):
        parse(text)


def test_a_long_row_of_alternatives_is_read():
    """Thousands of terms joined by or are one flat node."""
    node = parse(" or ".join(f'id eq "{number}"' for number in range(2_000)))
    assert isinstance(node, Or)
    assert len(node.parts) == 2_000


def test_fifty_levels_are_read():
    """Nesting up to the bound parses to what stands inside."""
    assert parse("(" * 50 + "a pr" + ")" * 50) == named("a")


def test_conjuncts_flatten_nested_ands():
    """Whatever must hold is listed flat, and another node is its only conjunct."""
    assert conjuncts(parse("a pr and (b pr and (c pr and d pr))")) == tuple(named(name) for name in "abcd")
    either = parse("a pr or b pr")
    assert conjuncts(either) == (either,)


def test_leaves_of_joins_what_stands_in_brackets_to_its_list():
    """Each test is as it would be written without brackets, groups and negations."""
    node = parse('not (c eq 1 or d[e eq "x" and f pr])')
    assert list(leaves_of(node)) == [parse("c eq 1"), parse('d.e eq "x"'), parse("d.f pr")]


def test_paths_of_names_everything_a_filter_asks_about():
    """Every path is listed in order, those in brackets joined to the list's name."""
    node = parse('a.b pr and not (c eq 1 or d[e eq "x" and f pr])')
    assert list(paths_of(node)) == [
        AttrPath(None, "a", "b"),
        AttrPath(None, "c"),
        AttrPath(None, "d", "e"),
        AttrPath(None, "d", "f"),
    ]
