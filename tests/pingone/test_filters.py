"""Filters as PingOne reads them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.pingone.filters import All, Any_, MemberOf, Term, render


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Term("username", "eq", "jdoe"), 'username eq "jdoe"'),
        (Term("enabled", "eq", True), "enabled eq true"),
        (Term("level", "eq", 3), "level eq 3"),
        (Term("name.given", "sw", 'A"B\\'), 'name.given sw "A\\"B\\\\"'),
        (Term("title", "co", "Größe"), 'title co "Größe"'),
        (MemberOf("g1"), 'memberOfGroups[id eq "g1"]'),
        (MemberOf("g1", direct=True), 'memberOfGroups[id eq "g1" and type eq "DIRECT"]'),
        (All((Term("a", "eq", "1"), Term("b", "eq", "2"))), 'a eq "1" and b eq "2"'),
        (
            All((Term("a", "eq", "1"), Any_((Term("b", "eq", "2"), MemberOf("g"))))),
            'a eq "1" and (b eq "2" or memberOfGroups[id eq "g"])',
        ),
        (Any_((All((Any_((Term("a", "eq", "1"),)),)), Term("b", "ew", "2"))), 'a eq "1" or b ew "2"'),
    ],
)
def test_print(node, text):
    """Each node has one text."""
    assert render(node) == text


@pytest.mark.parametrize("field", ["", "a b", 'a"', "a eq 1 or b", "a.", ".a", "1a", "a[b]", "a\n"])
def test_field_is_a_name(field):
    """A field that is no dotted name is refused before it is printed."""
    with pytest.raises(ValueError, match="field"):
        Term(field, "eq", "x")


@pytest.mark.parametrize("op", ["ne", "gt", "pr", "EQ", "eq true or a eq"])
def test_operators(op):
    """An operator that PingOne lacks is refused."""
    with pytest.raises(ValueError, match="operator"):
        Term("a", op, "x")


@pytest.mark.parametrize("kind", [All, Any_])
def test_no_parts(kind):
    """A filter of no parts is refused, since it would mean everything."""
    with pytest.raises(ValueError, match="no parts"):
        kind(())


_names = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{0,5}(\.[a-z]{1,5})?\Z")
_values = st.one_of(st.text(st.characters(exclude_categories=()), max_size=12), st.booleans(), st.integers())
_terms = st.builds(Term, _names, st.sampled_from(["eq", "sw", "ew", "co"]), _values)
_groups = st.builds(MemberOf, st.text(st.characters(exclude_categories=()), max_size=12), st.booleans())
_nodes = st.recursive(
    st.one_of(_terms, _groups),
    lambda inner: st.builds(
        lambda kind, parts: kind(tuple(parts)),
        st.sampled_from([All, Any_]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


@given(_nodes)
def test_no_value_escapes_its_quotes(node):
    """Read word by word with a JSON reader for values, the text holds exactly the words of the tree."""
    assert list(_words(render(node))) == list(_expected(node))


@given(_terms)
def test_can_be_sent(term):
    """Whatever the value, the text can be encoded and holds no control character of ASCII."""
    text = render(term)
    text.encode()
    assert not any(ord(letter) < 32 for letter in text)


def _words(text):
    decoder = json.JSONDecoder()
    place = 0
    while place < len(text):
        if text[place] in ' ()[]"':
            if text[place] == '"':
                value, place = decoder.raw_decode(text, place)
                yield ("value", _joined(value))
                continue
            if text[place] != " ":
                yield text[place]
            place += 1
            continue
        end = place
        while end < len(text) and text[end] not in ' ()[]"':
            end += 1
        yield text[place:end]
        place = end


def _joined(text):
    """Two halves of a surrogate pair side by side are one letter to any JSON reader."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _expected(node):
    if isinstance(node, Term):
        yield node.field
        yield node.op
        yield ("value", _joined(node.value)) if isinstance(node.value, str) else json.dumps(node.value)
        return
    if isinstance(node, MemberOf):
        yield from ["memberOfGroups", "[", "id", "eq", ("value", _joined(node.group_id))]
        if node.direct:
            yield from ["and", "type", "eq", ("value", "DIRECT")]
        yield "]"
        return
    for place, part in enumerate(node.parts):
        if place:
            yield "and" if isinstance(node, All) else "or"
        nested = isinstance(part, All | Any_) and len(part.parts) > 1
        if nested:
            yield "("
        yield from _expected(part)
        if nested:
            yield ")"
