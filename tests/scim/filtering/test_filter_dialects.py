"""What clients write in filters and paths, in the standard form, and what only looks like it refused."""

from __future__ import annotations

import re
import time

import pytest

from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering import filter_dialects as dialects


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("id eq 5c2d-7f1e and manager eq 2819", 'id eq "5c2d-7f1e" and manager eq 2819'),
        ('title eq "id eq abc" and id EQ abc-1', 'title eq "id eq abc" and id EQ "abc-1"'),
        ("active eq true", "active eq true"),
        ("x eq null", "x eq null"),
        ("n gt -1.5e3", "n gt -1.5e3"),
        ("x eq 007 or x eq 1. or x eq +1", 'x eq "007" or x eq "1." or x eq "+1"'),
        (r"title eq a\b", r"title eq a\b"),
    ],
)
def test_bare_values(sent, read):
    """Values that lack their quotes get them; what is in quotes, or a word of JSON, stays."""
    assert dialects.quote_bare_values(sent) == read


@pytest.mark.parametrize(
    "value",
    [
        "'a@example.com'",
        "'a b'",
        "''a''",
        "`a`",
        "``a``",
        "\u00b4a\u00b4",
        "\u201ca\u201d",
        "\u201ea\u201c",
        "\u201aa\u2018",
        "\u2018a\u2019",
        "\u00aba\u00bb",
        "\u00ab\u00a0a\u00a0\u00bb",
        "\u00bba\u00ab",
        "\u2039a\u203a",
        "\u201da\u201d",
        "\u300ca\u300d",
        "\u300ea\u300f",
        "\u301da\u301e",
        "\uff02a\uff02",
        "\uff07a\uff07",
        "\u05f4a\u05f4",
        "\u2032a\u2032",
        "\u2033a\u2033",
        "\u201cAda Lovelace\u201d",
        "N'a'",
        "a'",
        "'a",
        r"\"a\"",
        r"\'a\'",
        r"\u0022a\u0022",
        "%22a%22",
        "%27a%27",
        "%2522a%2522",
        "%E2%80%9Ca%E2%80%9D",
        "&quot;a&quot;",
        "&#39;a&#39;",
        "&amp;quot;a&amp;quot;",
        "&ldquo;a&rdquo;",
    ],
)
@pytest.mark.parametrize("form", ["userName eq {}", "(title pr and userName EQ  {})", "emails[type eq {}].value"])
def test_quotes_that_are_no_json_quotes_are_refused(form, value):
    """Quoted once more, such a value would find nothing, and a client would create a double; it is not repeated."""
    with pytest.raises(InvalidFilter, match="plain double quotes") as told:
        dialects.quote_bare_values(form.format(value))
    assert re.search(r': (userName|type) eq "value"$', told.value.detail)
    assert "Lovelace" not in told.value.detail


@pytest.mark.parametrize("text", ["a eq'x'", "a CO\u201cx\u201d", "a ew`x`"])
def test_quotes_need_no_blank_before_them_to_be_seen(text):
    """An operator with a quote at its end is no operator of another name."""
    with pytest.raises(InvalidFilter, match="plain double quotes"):
        dialects.quote_bare_values(text)


@pytest.mark.parametrize(
    "text",
    ['a eq "o\'brien"', "a eq \"'quoted'\"", 'a eq "\u201cAda\u201d"', r'a eq "a\"b"', 'a eq "%22" and b eq "&quot;"'],
)
def test_what_stands_in_json_quotes_stays_as_it_is(text):
    """Inside of double quotes every sign means itself."""
    assert dialects.quote_bare_values(text) == text


def test_an_apostrophe_inside_a_bare_value_is_one():
    """O'Brien's address needs no quotes to be read."""
    assert dialects.quote_bare_values("a eq o'brien and b eq l\u2019or") == 'a eq "o\'brien" and b eq "l\u2019or"'


CORE, OWN, LONGER = "urn:example:core:2.0:User", "urn:example:own:2.0:User", "urn:example:core:2.0:User.more"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (f"{CORE}.title", f"{CORE}:title"),
        (f"{CORE.upper()}.title", f"{CORE.upper()}:title"),
        (f"{CORE}.name.givenName", f"{CORE}:name.givenName"),
        (f'{OWN}.list[type eq "a.b"].value', f'{OWN}:list[type eq "a.b"].value'),
        (f'not ({CORE}.a eq "{CORE}.b") and {OWN}.c pr', f'not ({CORE}:a eq "{CORE}.b") and {OWN}:c pr'),
        (f"{CORE}.a,{OWN}.b.c", f"{CORE}:a,{OWN}:b.c"),
        (f"{LONGER}.title", f"{LONGER}:title"),
        *(
            (text, text)
            for text in (
                CORE,
                LONGER,
                f"{CORE}:title",
                f"{LONGER}:title",
                f"{CORE}.v2:title",
                f"{CORE}.2:title",
                f"x{CORE}.title",
                f"{CORE}s.title",
                "urn:example:other:2.0:User.title",
                "name.givenName",
                f"{CORE}.",
                f"{CORE}..a",
                f'"{CORE}.a',
            )
        ),
    ],
)
def test_a_dot_behind_a_known_urn_is_a_colon(sent, read):
    """Only behind a whole URN of the resource type, outside of strings, and where an attribute follows."""
    assert dialects.put_colons_behind_urns(sent, [CORE, OWN, LONGER]) == read


@pytest.mark.parametrize(
    "text", ['"' * 32000, '"\\' * 16000, "eq " * 10000, "eq" + " " * 32000, f"{CORE}." * 1200, "a." * 16000]
)
def test_hostile_texts_take_no_time(text):
    """No text is looked through twice, and one that is too long is not looked at."""
    began = time.process_time()
    for sent in (text, text * 300):
        dialects.put_colons_behind_urns(dialects.quote_bare_values(sent), [CORE, OWN, LONGER])
    assert time.process_time() - began < 1
