"""The part of a filter that PingOne is asked: found once, chosen by what is known, never narrower than the filter."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from scimbridge.mapping import query as module
from scimbridge.mapping.query import plan_filter, split_filter
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.trees import parse, render

OWN = '["urn:example:own"]\n'


@dataclass
class Directory:
    """A PingOne whose way with case is as told, None where nobody knows, and which refuses fields by name."""

    ignores: bool | None = True
    refused: set[str] = field(default_factory=set)

    def ignores_case(self, _row, _op):
        """Say whether PingOne minds case."""
        return self.ignores

    def answers(self, row, _op):
        """Say whether PingOne answers the field."""
        return row.native not in self.refused


def pushed(query):
    """Return what PingOne is asked, as a text."""
    return None if query.pushed is None else render(query.pushed)


def names(pairs):
    """Return rows and operators by name."""
    return [(row.native, op) for row, op in pairs]


def test_a_plan_is_split_again_by_what_is_known_then(tables, monkeypatch):
    """As case is learnt and fields are refused, the same plan asks for more and for less; nothing is parsed anew."""
    plan = plan_filter(parse('title eq "a" and nickName sw "b"'), tables["User"], strict=False)
    monkeypatch.setattr(module, "find_part", lambda *_: pytest.fail("split anew"))
    directory = Directory(ignores=None)
    first = plan.split(directory)
    assert (pushed(first), names(first.doubtful)) == (None, [("title", "eq"), ("nickname", "sw")])
    directory.ignores = True
    second = plan.split(directory)
    assert (pushed(second), second.exact, second.doubtful) == ('title eq "a" and nickname sw "b"', True, ())
    directory.refused.add("title")
    third = plan.split(directory)
    assert (pushed(third), third.exact) == ('nickname sw "b"', False)
    assert third.check is first.check


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('title eq "a" and nickName sw "b"', [("title", "eq"), ("nickname", "sw")]),
        ('title eq "a" or nickName sw "b"', [("title", "eq"), ("nickname", "sw")]),
        ('title eq "a" or nickName pr', []),  # nothing can be asked, so nothing can be refused
        ('title eq "a" and (nickName eq "b" or userType pr)', [("title", "eq")]),
        ('title eq "" and nickName eq "b"', [("nickname", "eq")]),
        ('title eq "a" and title eq "b"', [("title", "eq")]),
        ('phoneNumbers eq "1"', [("primaryPhone", "eq"), ("mobilePhone", "eq")]),
    ],
)
def test_what_can_be_refused_is_what_was_asked(tables, text, asked):
    """Who is blamed for a refusal stood in the question."""
    query = split_filter(parse(text), tables["User"], Directory(), strict=False)
    assert names(query.asked) == asked
    assert (query.pushed is None) == (asked == [])


@pytest.mark.parametrize(
    "text",
    [
        'emails[type eq "work"]',
        'emails[not (value eq "a")]',
        'emails[value pr and type eq "work"]',
        'title eq ""',
        "title eq null",
        "active eq null",
        'title eq "\u03c3"',  # PingOne may fold it in another way
    ],
)
def test_what_pingone_is_never_asked(tables, text):
    """It is checked here, on every record."""
    query = split_filter(parse(text), tables["User"], Directory(), strict=False)
    assert (pushed(query), query.exact, query.asked, query.doubtful) == (None, False, (), ())


@pytest.mark.parametrize("type_", ["integer", "decimal", "dateTime"])
def test_only_texts_and_booleans_are_asked_for(compile_rows, type_):
    """How PingOne writes another type in its comparisons is not known, whatever the row says."""
    table = compile_rows(OWN + f'level = {{ to = "level", type = "{type_}", filter = ["eq"] }}\n')
    value = '"2025-01-01T00:00:00Z"' if type_ == "dateTime" else "5"
    test = f"urn:example:own:level eq {value}"
    for text in (test, f'userName eq "a" and {test}'):
        query = split_filter(parse(text), table, Directory(), strict=False)
        assert not query.exact
        assert "level" not in str(pushed(query))


def test_a_text_in_a_row_of_a_reference_is_asked_for(compile_rows):
    """A reference is a text."""
    table = compile_rows(OWN + 'site = { to = "site", type = "reference", filter = ["eq"] }\n')
    query = split_filter(parse('urn:example:own:site eq "a"'), table, Directory(), strict=False)
    assert pushed(query) == 'site eq "a"'


@pytest.mark.parametrize(("ignores", "exact"), [(False, True), (True, False), (None, False)])
def test_where_case_matters_too_much_is_asked_for(compile_rows, ignores, exact):
    """Without case PingOne gives more, which is left out here; nobody has to find out about it."""
    table = compile_rows(OWN + 'code = { to = "code", caseExact = true }\n')
    query = split_filter(parse('urn:example:own:code eq "a"'), table, Directory(ignores), strict=False)
    assert (pushed(query), query.exact, query.doubtful) == ('code eq "a"', exact, ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('nosuch eq "a"', "'nosuch' is no attribute of User here"),
        ('name.nosuch eq "a"', "'name.nosuch' is no attribute of User here"),
        ('emails[nosuch eq "a"]', "'emails.nosuch' is no attribute of User here"),
        (f'{"x" * 200} eq "a"', f"'{'x' * 100}' is no attribute"),
    ],
)
def test_an_unknown_name_is_told_as_it_was_written(tables, text, told):
    """With its sub-attribute, where there is one, and not without end."""
    with pytest.raises(InvalidFilter, match=told):
        split_filter(parse(text), tables["User"], Directory(), strict=False)


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ('members eq "U1"', (("u1",),)),
        ('members.VALUE eq "u1"', (("u1",),)),
        ('members[VALUE eq "u1"]', (("u1",),)),
        ('members[$ref eq "https://x/Users/u1"]', (("u1",),)),
        ('members[value eq "u1" or value eq "u2"]', (("u1", "u2"),)),
        ('members[type eq "User" and value eq "u1"]', (("u1",),)),
        ('members.value ne "u1"', ()),
        ('members.type eq "User"', ()),
        ('members[type eq "User"]', ()),
        ('members[value sw "u"]', ()),
        ("members[value pr]", ()),
        ('members[value eq "u1" or type eq "User"]', ()),
        ('members eq "u1" and members eq "u2"', (("u1",), ("u2",))),
    ],
)
def test_which_ids_a_filter_is_about(tables, text, linked):
    """Only what names a member by `eq` of its id or place narrows the search to who is linked to it."""
    assert split_filter(parse(text), tables["Group"], Directory(), strict=False).linked == linked
