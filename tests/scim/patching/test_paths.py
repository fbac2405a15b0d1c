"""PATCH paths."""

from __future__ import annotations

import pytest

from scimbridge.scim.catalogue import ENTERPRISE_URN, USER_URN
from scimbridge.scim.errors import InvalidFilter, InvalidPath
from scimbridge.scim.filtering.trees import AttrPath, parse
from scimbridge.scim.patching.paths import Path, name_of, parse_path, render_path

URNS = (USER_URN, ENTERPRISE_URN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("members", Path(None, "members")),
        (" members ", Path(None, "members")),
        ("name.familyName", Path(None, "name", None, "familyName")),
        ('addresses[type eq "work"]', Path(None, "addresses", parse('type eq "work"'))),
        ('members[value eq "1"].displayName', Path(None, "members", parse('value eq "1"'), "displayName")),
        ('emails[value eq "a].b"]', Path(None, "emails", parse('value eq "a].b"'))),
        ('emails[value eq "urn:x:y"].value', Path(None, "emails", parse('value eq "urn:x:y"'), "value")),
        (ENTERPRISE_URN.lower(), Path(ENTERPRISE_URN, None)),
        (f"{ENTERPRISE_URN.upper()}:Manager.value", Path(ENTERPRISE_URN, "Manager", None, "value")),
        (
            f'{USER_URN}:emails[type eq "work"].value',
            Path(USER_URN, "emails", parse('type eq "work"'), "value"),
        ),
        ("urn:example:other:2.0:User:a.b", Path("urn:example:other:2.0:User", "a", None, "b")),
        ('urn:example:other:a[b eq "c:d"].e', Path("urn:example:other", "a", parse('b eq "c:d"'), "e")),
        ('emails[type eq "work"] .value', Path(None, "emails", parse('type eq "work"'), "value")),
    ],
)
def test_paths_are_taken_apart(text, expected):
    """URN, attribute, filter and sub-attribute are found (RFC 7644 §3.5.2 figure 7)."""
    path = parse_path(text, URNS)
    assert path == expected
    assert parse_path(render_path(path), URNS) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a b",
        "1a",
        "a.",
        ".a",
        "a.b.c",
        "a[b pr",
        "a[b pr]c",
        "a[b pr].c.d",
        "a.b[c pr]",
        "a[b pr] or c[d pr]",
        f"{USER_URN}:",
        f"{USER_URN}:a:b",
        f"{USER_URN}:urn:x:b",
        "a" * 40_000,
    ],
)
def test_what_is_no_path_is_refused(text):
    """A malformed path is invalidPath."""
    with pytest.raises(InvalidPath):
        parse_path(text, URNS)


@pytest.mark.parametrize("text", ["a[]", "a[b]", "a[0]", 'a[b eq "c]', "a[b[c pr]]", "a[b eq x].c"])
def test_a_bad_filter_in_a_path_is_a_bad_filter(text):
    """RFC 7644 §3.12 gives invalidFilter to the filter of a PATCH path as well."""
    with pytest.raises(InvalidFilter):
        parse_path(text, URNS)


def test_the_longest_known_urn_wins():
    """A URN that begins with another one is still recognised."""
    longer = f"{USER_URN}:Extra"
    assert parse_path(f"{longer}:a", (USER_URN, longer)) == Path(longer, "a")
    assert parse_path(longer, (USER_URN, longer)) == Path(longer, None)


def test_a_path_names_what_a_resource_type_looks_up():
    """`name` is the path without its filter, and None for a whole extension."""
    assert parse_path('emails[type eq "x"].value', URNS).name == AttrPath(None, "emails", "value")
    assert parse_path(ENTERPRISE_URN, URNS).name is None


def test_a_long_path_is_not_kept_but_read():
    """A long filter in a path parses like a short one."""
    where = " or ".join(f'value eq "{number}"' for number in range(100))
    assert parse_path(f"members[{where}]", URNS) == Path(None, "members", parse(where))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("userName", "userName"),
        (f"{ENTERPRISE_URN}:manager.displayName", f"{ENTERPRISE_URN}:manager.displayName"),
        ('emails[type eq "home"].value', 'emails[type eq "home"].value'),
        ('emails[value eq "ada@example.org"].display', "emails[...].display"),
        ('emails[type eq "ada@example.org"]', "emails[...]"),
        ('emails[type eq "home" and value eq "ada@example.org"]', "emails[...]"),
        ('a[b eq "]"].c', "a[...].c"),
        ('emails[value eq "ada@example.org"', "emails[..."),
        ("emails[value pr] ada@example.org", "emails[...]..."),
        ('name.familyName co "Lovelace"', "name.familyName co ..."),
        ("userName eq Lovelace", "userName eq ..."),
        ("Ada Lovelace", "..."),
        ("ada@example.org", "..."),
        ('"Ada"', "..."),
        ("", "..."),
        ("a" * 500, "a" * 120 + "..."),
    ],
)
def test_what_is_told_of_a_path_has_no_value_in_it(text, told):
    """A log or an error names attributes; what a filter holds, and what is no attribute's name, may be of a person."""
    assert name_of(text) == told


@pytest.mark.parametrize(
    "text", ['userName eq "Ada"', 'emails[value eq "Ada"', 'emails[value eq "Ada"] or Ada', "Ada b", 'a.b[c eq "Ada"]']
)
def test_a_refused_path_is_not_repeated(text):
    """The sentence says what is wrong and repeats no value."""
    with pytest.raises(InvalidPath) as caught:
        parse_path(text, URNS)
    assert "Ada" not in str(caught.value)
