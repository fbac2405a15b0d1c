"""How values are written on each side, and what is refused with which words."""

from __future__ import annotations

import datetime as dt

import pytest

from scimbridge.mapping.codecs import NAMED, PLAIN, join_semicolons, split_semicolons, times
from scimbridge.mapping.spellings import find_country, hyphenate


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("[abcd;; efgh;; xyzw;; uvty]", ["abcd", "efgh", "xyzw", "uvty"]),
        ("[a;;b ;;  c]", ["a", "b", "c"]),
        ("[a]", ["a"]),
        ("a", ["a"]),
        (" a b ", ["a b"]),
        ("[]", []),
        ("[ ]", []),
        (["a", "b"], ["a", "b"]),
        ([], []),
        ("a;b", ["a;b"]),
        ("[x[y;; z]w]", ["x[y", "z]w"]),
    ],
)
def test_semicolons_are_read(text, values):
    """The wire form, one bare value and a JSON array all make PingOne's array."""
    assert split_semicolons(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "[a;; ]",
        "[;;a]",
        "[a;;;b]",
        "[a;;;;b]",
        "a;; b",
        "[a",
        "a]",
        "",
        ["a;;b"],
        ["[a"],
        ["a "],
        [""],
        [1],
        5,
        {},
        ["a;"],
        [";a"],
    ],
)
def test_what_cannot_be_told_apart_is_refused(text):
    """A value with the separator in it, or a bracket or blank at its edge, would come back as another one."""
    with pytest.raises(ValueError, match=r"\w"):
        split_semicolons(text)


@pytest.mark.parametrize(
    "values", [["a;;b"], ["a", "b]"], ["a;", "b"], [" a"], [""], [1, "a"], ["a", None], [{"a": 1}]]
)
def test_what_pingone_holds_and_cannot_be_joined_stays_an_array(values):
    """Never split in silence: the array itself is given."""
    assert join_semicolons(values) == values


def test_one_value_where_an_array_is_expected():
    """An attribute that PingOne keeps as one string is a list of one."""
    assert join_semicolons("a") == "[a]"
    assert NAMED["list"].to_scim("a") == ["a"]
    assert NAMED["list"].to_native("a") == ["a"]


@pytest.mark.parametrize("name", ["json", "object"])
@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
def test_numbers_that_json_cannot_carry_to_pingone_are_refused(name, number):
    """A whole number of more than 64 bits is refused, however deep it stands."""
    with pytest.raises(ValueError, match="64 bits"):
        NAMED[name].to_native({"a": [{"b": number}]})
    with pytest.raises(ValueError, match="64 bits"):
        PLAIN["integer"].to_native(number)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("string", 5),
        ("string", ["a"]),
        ("string", {"a": 1}),
        ("string", True),
        ("string", None),
        ("boolean", "true"),
        ("boolean", 1),
        ("integer", True),
        ("integer", 1.5),
        ("integer", "1"),
        ("decimal", "1.5"),
        ("decimal", False),
        ("dateTime", "yesterday"),
        ("dateTime", 5),
        ("reference", 5),
        ("binary", []),
    ],
)
def test_plain_values_of_another_type_are_refused(name, value):
    """The sentence says what would be right."""
    codec = times(dt.timedelta(0)) if name == "dateTime" else PLAIN[name]
    with pytest.raises(ValueError, match=r"^(a|true) "):
        codec.to_native(value)


def test_json_is_a_string_for_clients():
    """Given and taken as a string; an object or array is taken as well."""
    codec = NAMED["json"]
    assert codec.to_scim({"a": [1, None]}) == '{"a":[1,null]}'
    assert codec.to_native('{"a": [1]}') == {"a": [1]}
    assert codec.to_native([1]) == [1]
    for wrong in ("{", 5, True, "[" * 5000):
        with pytest.raises(ValueError, match=r"JSON|a string"):
            codec.to_native(wrong)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("Germany", "DE"),
        (" united  states ", "US"),
        ("USA", "US"),
        ("Federal Republic of Germany", "DE"),
        ("Côte d'Ivoire", "CI"),
        ("côte d\u2019ivoire", "CI"),
        ("UK", "GB"),
        ("Atlantis", None),
        ("D", None),
        ("", None),
        ("49", None),
    ],
)
def test_countries(name, code):
    """Codes of two and three letters and English names, in any case."""
    assert find_country(name) == code


def test_countries_that_are_none_are_refused():
    """PingOne takes two letters only; names and codes of three letters are the way of clients."""
    codec = NAMED["country"]
    for sent in ("France", "FRA", "fr", {"value": "France"}):
        assert codec.to_native(codec.lenient(sent)) == "FR"
    for wrong in ("Atlantis", 5):
        with pytest.raises(ValueError, match=r"ISO 3166|a string"):
            codec.to_native(codec.lenient(wrong))


@pytest.mark.parametrize("wrong", ["France", "FRA", "UK", "ß", "", " FR", ["FR"], None])
def test_the_letter_knows_codes_of_two_letters_only(wrong):
    """RFC 7643 §4.1.2: country is the alpha-2 code; that has no case."""
    codec = NAMED["country"]
    assert (codec.to_native("FR"), codec.to_native("fr")) == ("FR", "FR")
    with pytest.raises(ValueError, match=r"ISO 3166|a string"):
        codec.to_native(wrong)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("en_US", "en-US"),
        ("zh_Hans_CN", "zh-Hans-CN"),
        ("en-US", "en-US"),
        ("en_US\n", "en_US\n"),
        ("a_b", "a_b"),
        (5, 5),
    ],
)
def test_language_tags(sent, kept):
    """The POSIX spelling of a tag is the tag."""
    assert hyphenate(sent) == kept


def test_times_move_between_two_clocks():
    """PingOne's instant goes out moved and in UTC, and comes back moved back."""
    codec = times(dt.timedelta(hours=5, minutes=30))
    assert codec.to_scim("2025-03-01T20:00:00.114Z") == "2025-03-02T01:30:00.114Z"
    assert codec.to_native("2025-03-02T02:30:00.114+01:00") == "2025-03-01T20:00:00.114Z"
    assert codec.to_native("2025-03-02T01:30:00") == "2025-03-01T20:00:00.000Z"
    assert codec.to_scim("unknown") == "unknown"
    assert codec.to_scim(5) == 5


@pytest.mark.parametrize("name", ["string", "country", "language", "derived"])
def test_wrapped_strings_of_a_kind_client_are_unwrapped(name):
    """ConnId: `{"value": "B"}` is "B", where the attribute holds no JSON."""
    codec = PLAIN.get(name) or NAMED[name]
    assert codec.lenient({"value": "B"}) == "B"
    assert NAMED["json"].lenient({"value": "B"}) == {"value": "B"}


def test_a_time_at_the_end_of_the_calendar_stays():
    """What is locked for ever is shown, and what no other clock can say goes out as it came."""
    codec = times(dt.timedelta(hours=5))
    assert codec.to_scim("9999-12-31T23:59:59.999Z") == "9999-12-31T23:59:59.999Z"
    assert codec.to_native("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z"
