"""One quirk of a client, one function: the client's form, and what is left alone."""

from __future__ import annotations

import pytest

from scimbridge.scim import dialects
from scimbridge.scim.catalogue import CORE_USER, ENTERPRISE_USER, ResourceType
from scimbridge.scim.filtering.trees import parse, render

TYPE = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER,))
ADDRESSES, EMAILS = CORE_USER.find("addresses"), CORE_USER.find("emails")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("True", True),
        ("FALSE", False),
        (" false ", False),
        ("yes", "yes"),
        ("", ""),
        (1, 1),
        (None, None),
        (True, True),
    ],
)
def test_booleans_as_words(sent, read):
    """Only the words true and false, in any case, are booleans: nothing goes by truthiness."""
    result = dialects.read_boolean_words(sent)
    assert result == read
    assert type(result) is type(read)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"value": "B"}, "B"),
        ({"Value": "B"}, "B"),
        ([{"value": "B"}], "B"),
        ({"value": "B", "type": "x"}, {"value": "B", "type": "x"}),
        (["B"], "B"),
        ([False], False),
        (["A", "B"], ["A", "B"]),
        ([["B"]], [["B"]]),
        ([None], [None]),
        ([""], [""]),
        ([{"value": ""}], [{"value": ""}]),
        ([], []),
        ("B", "B"),
        ([{"value": "A"}, {"value": "B"}], [{"value": "A"}, {"value": "B"}]),
    ],
)
def test_wrapped_scalars(sent, read):
    """An object with nothing but `value` is that value."""
    assert dialects.unwrap_scalar(sent) == read


def test_a_list_as_one_object():
    """A single element stands for a list of one."""
    assert dialects.wrap_single({"value": "a@example.org"}) == [{"value": "a@example.org"}]
    assert dialects.wrap_single(["a"]) == ["a"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('{"value": "Admin"}', {"value": "Admin"}),
        (' {"a": {"b": 1}}', {"a": {"b": 1}}),
        ("{no json", "{no json"),
        ("[1]", "[1]"),
        ("plain", "plain"),
        ('{"a": 1, "a": 2}', '{"a": 1, "a": 2}'),
        (7, 7),
        ('{"a":' * 40000, '{"a":' * 40000),
        ('{"a": NaN}', '{"a": NaN}'),
    ],
)
def test_json_in_a_string(sent, read):
    """A string that holds one well-formed object is the object; every other string stays one, however deep it nests."""
    assert dialects.read_json_text(sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('addresses.countryCode eq "DE"', 'addresses.country eq "DE"'),
        ('addresses[countryCode eq "DE" and not (COUNTRYCODE pr)]', 'addresses[country eq "DE" and not (country pr)]'),
        (
            'title pr and (addresses.countrycode sw "D" or not (addresses.countryCode pr))',
            'title pr and (addresses.country sw "D" or not (addresses.country pr))',
        ),
        ('emails.countryCode eq "DE"', 'emails.countryCode eq "DE"'),
        ('emails[countryCode eq "DE"]', 'emails[countryCode eq "DE"]'),
        ('unknown.countryCode eq "DE"', 'unknown.countryCode eq "DE"'),
        ('unknown[countryCode eq "DE"]', 'unknown[countryCode eq "DE"]'),
    ],
)
def test_country_code_in_filters(sent, read):
    """PingOne's name for the country is RFC 7643's, wherever a filter has it, and only in addresses."""
    assert render(dialects.rename_country_codes(parse(sent), TYPE)) == render(parse(read))


def test_country_code_in_bodies():
    """The other name is taken for `country` where there is such a sub-attribute and none of the other name."""
    assert dialects.rename_country_code(ADDRESSES, "CountryCode") == "country"
    assert dialects.rename_country_code(ADDRESSES, "region") == "region"
    assert dialects.rename_country_code(EMAILS, "countryCode") == "countryCode"


def test_reference_checks():
    """`id eq ... and manager eq ...` asks about one resource; other filters do not."""
    assert dialects.is_reference_check(parse('id eq "u" and manager eq "m"'))
    assert not dialects.is_reference_check(parse('userName eq "u" and manager eq "m"'))
    assert not dialects.is_reference_check(parse('id eq "u"'))
