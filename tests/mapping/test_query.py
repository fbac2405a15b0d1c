"""Filters split: what PingOne is asked, what is checked here, what is refused."""

from __future__ import annotations

import pytest

from scimbridge.mapping.query import split_filter
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.trees import parse, render

PING = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


class Known:
    """What is known of PingOne: case, and what it answers."""

    def __init__(self, *, ignores=True, answers=True):
        self._ignores, self._answers = ignores, answers

    def ignores_case(self, row, _op):
        """Say whether PingOne minds case."""
        return self._ignores if row.caseless is None else row.caseless

    def answers(self, _row, _op):
        """Say whether PingOne answers the operator."""
        return self._answers


@pytest.mark.parametrize("text", ['addresses.countryCode eq "DE"', 'addresses[countryCode eq "DE"]'])
def test_country_code_is_no_name_to_the_letter(tables, text):
    """PingOne's own name of `country` is another server's word: understood, and refused to the strict."""
    assert split_filter(parse(text), tables["User"], Known(), strict=False).pushed is not None
    with pytest.raises(InvalidFilter, match="countryCode"):
        split_filter(parse(text), tables["User"], Known(), strict=True)


@pytest.fixture
def split(tables):
    """Split a filter on users (or another type): what is pushed as text, and whether that is the whole answer."""

    def run(text, known=None, type_="User", *, strict=False):
        query = split_filter(parse(text), tables[type_], known or Known(), strict=strict)
        return None if query.pushed is None else render(query.pushed), query.exact

    return run


@pytest.mark.parametrize(
    ("text", "pushed"),
    [
        ('userName eq "a"', ('username eq "a"', True)),
        ('userName sw "a" and title co "x"', ('username sw "a"', False)),
        ('userName eq "a" or externalId eq "b"', ('username eq "a" or externalId eq "b"', False)),
        ('userName eq "a" or title co "b"', (None, False)),
        ('not (userName eq "a")', (None, False)),
        ('userName ne "a"', (None, False)),
        ("userName pr", (None, False)),
        ('userName gt "a"', (None, False)),
        ("active eq true", ("enabled eq true", True)),
        ('active eq "False"', ("enabled eq false", True)),
        ("active ne true", (None, False)),
        ('emails eq "a"', ('email eq "a"', True)),
        ('emails[type eq "work" and value eq "a"]', ('email eq "a"', False)),
        ('emails[type eq "home" and value eq "a"]', ('email eq "a"', False)),
        ('phoneNumbers eq "1"', ('primaryPhone eq "1" or mobilePhone eq "1"', True)),
        ('phoneNumbers[type eq "mobile" and value sw "1"]', ('mobilePhone sw "1"', False)),
        ('addresses.countryCode eq "DE"', ('address.countryCode eq "DE"', True)),
        ('addresses[COUNTRYCODE eq "DE"]', ('address.countryCode eq "DE"', False)),
        (f'{PING}:population.id eq "p"', ('population.id eq "p"', False)),
        ('meta.lastModified gt "2025-01-01T00:00:00Z"', (None, False)),
        ('displayName eq "A B"', (None, False)),
        ('groups.value eq "g"', (None, False)),
        ('name.givenName co "a" and active eq true', ('name.given co "a" and enabled eq true', True)),
    ],
)
def test_what_is_pushed(split, text, pushed):
    """Only what PingOne answers with the truth or more than it."""
    assert split(text) == pushed


@pytest.mark.parametrize(("ignores", "pushed"), [(True, 'title eq "a"'), (False, None), (None, None)])
def test_case_decides(split, tables, ignores, pushed):
    """A PingOne that minds case, or may, would leave records out: nothing is pushed, and the doubt is told."""
    known = Known(ignores=ignores)
    assert split('title eq "a"', known)[0] == pushed
    query = split_filter(parse('title eq "a"'), tables["User"], known, strict=False)
    assert [(row.native, op) for row, op in query.doubtful] == ([("title", "eq")] if ignores is None else [])
    assert split('userName eq "a"', known)[0] == 'username eq "a"'


def test_what_pingone_refused_is_not_asked_again(split):
    """It is evaluated here."""
    assert split('userName eq "a"', Known(answers=False)) == (None, False)


def test_a_filter_on_one_id_is_one_record(tables):
    """And one on a membership asks about its id."""
    query = split_filter(parse('id eq "u1" and title pr'), tables["User"], Known(), strict=False)
    assert query.id == "u1"
    query = split_filter(
        parse('groups.value eq "g1" and not (groups[value eq "g2"])'), tables["User"], Known(), strict=False
    )
    assert (query.linked, query.check.links, query.beside.links) == ((("g1",),), ("g1", "g2"), ("g2",))
    query = split_filter(parse('members eq "u1"'), tables["Group"], Known(), strict=False)
    assert query.linked == (("u1",),)


def test_a_very_long_filter_is_not_pushed(split):
    """Past what fits into a URL all is checked here."""
    text = " or ".join(f'userName eq "user-{number}"' for number in range(200))
    assert split(text) == (None, False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('nothing eq "a"', "nothing"),
        ('roles eq "a"', "roles"),
        ('emails.display eq "a"', "display"),
        ("active gt true", "gt"),
        ('active eq "yes"', "active"),
        ("userName eq 5", "userName"),
        ('password eq "a"', "password"),
        ("meta.version pr", "version"),
        ('groups.display eq "a"', "groups"),
        ("groups pr", "groups"),
        ('groups.value sw "g"', "groups"),
        ('urn:foreign:a eq "b"', "a"),
        ('meta.created gt "yesterday"', "meta.created"),
        ('manager eq "m"', "manager"),
    ],
)
def test_wrong_questions_are_refused(split, text, words):
    """An empty answer to the wrong question makes an IGA system delete people."""
    with pytest.raises(InvalidFilter, match=words):
        split(text)


def test_a_reference_check_is_answered(split):
    """Entra asks for one id and an attribute that is kept nowhere: a question about one user."""
    assert split('id eq "u" and manager eq "m"') == ('id eq "u"', False)
    with pytest.raises(InvalidFilter, match="manager"):
        split('id eq "u" and manager eq "m"', strict=True)
