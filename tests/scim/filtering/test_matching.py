"""Whether a resource passes a filter."""

from __future__ import annotations

import pytest

from scimbridge.scim.catalogue import (
    CORE_USER,
    ENTERPRISE_URN,
    ENTERPRISE_USER,
    USER_URN,
    Attribute,
    ResourceType,
    Schema,
)
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.matching import compile_element_filter, compile_filter, find_compared
from scimbridge.scim.filtering.trees import parse

MORE = Schema(
    "urn:example:more:2.0:User",
    "More",
    "Attributes of the types that RFC 7643 has no example of",
    (
        Attribute("level", type="integer"),
        Attribute("score", type="decimal"),
        Attribute("code", case_exact=True),
        Attribute("tags", multi_valued=True),
        Attribute("data", type="complex"),
        Attribute("home", type="complex", sub=(Attribute("id", case_exact=True),)),
    ),
)
TYPE = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER, MORE))
BEA = {
    "schemas": [USER_URN, ENTERPRISE_URN, MORE.urn],
    "id": "2819C223",
    "userName": "Bea@Example.org",
    "displayName": "Größe",
    "nickName": "",
    "active": False,
    "name": {"givenName": "Bea", "familyName": "O'Malley"},
    "emails": [
        {"value": "bea@example.org", "type": "work", "primary": True},
        {"value": "bea@home.example", "type": "home"},
    ],
    "phoneNumbers": [],
    "x509Certificates": [{"value": "aGVsbG8="}],
    "meta": {"lastModified": "2026-05-13T04:42:34.500Z", "created": "not a date"},
    ENTERPRISE_URN: {"department": "Ops", "manager": {"value": "m-1"}},
    MORE.urn: {
        "level": 7,
        "score": 0.1,
        "code": "aB",
        "tags": ["Red", "green"],
        "data": {"any": 1},
        "home": {"id": "P1"},
    },
}


def passes(text, record=BEA):
    """Say whether the record passes the filter."""
    return compile_filter(parse(text), TYPE)(record)


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "bea@example.ORG"',
        'USERNAME sw "BEA" and username ew ".org" and username co "@"',
        'urn:ietf:params:scim:schemas:core:2.0:user:userName eq "bea@example.org"',
        'displayName eq "GRÖßE"',
        'id eq "2819C223"',
        'id ne "2819c223"',
        'code eq "aB" and code sw "a" and code ew "B" and code co "aB" and code gt "A" and code ne "ab"',
        'name.familyName eq "o\'malley"',
        'userName gt "a" and userName lt "c" and userName ge "bea@example.org"',
        "active eq false",
        'active eq "FALSE"',
        "active ne true",
        'emails eq "BEA@example.org"',
        'emails co "home"',
        'emails.type eq "home"',
        'emails[type eq "home" and value co "home"]',
        'emails[not (type eq "work")]',
        "emails.primary eq true",
        'emails.type ne "work"',
        'phoneNumbers.type ne "work"',
        'phoneNumbers ne "1"',
        'title ne "x"',
        "title eq null",
        "emails ne null",
        "nickName eq null",
        "phoneNumbers eq null",
        "emails pr and name pr and active pr",
        "not (nickName pr or phoneNumbers pr or title pr)",
        'meta.lastModified gt "2026-05-13T04:42:34Z"',
        'meta.lastModified eq "2026-05-13T06:42:34.5+02:00"',
        'meta.lastModified eq "2026-05-13t04:42:34.500000z"',
        'meta.lastModified lt "2026-05-13T04:42:35"',
        'meta.created ne "2026-05-13T04:42:34Z"',
        'department eq "ops"',
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "M-1"',
        'manager eq "m-1"',
        'home eq "P1"',
        'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
        "level eq 7 and level gt 6.5 and level le 7 and level ne 8",
        "score eq 0.1 and score ge 1e-1 and score lt 1",
        'tags eq "RED" and tags[value eq "green"]',
        "data pr",
        'x509Certificates.value eq "aGVsbG8="',
        'id eq "nobody" or id eq "2819C223" or id eq "other"',
        'title eq "a" or title eq "b" or userName eq "BEA@example.org" or active eq true',
        'name[givenName eq "bea" and familyName co "malley"]',
    ],
)
def test_holds(text):
    """The filter holds for Bea by RFC 7644 §3.4.2.2."""
    assert passes(text)
    assert not passes(f"not ({text})")


@pytest.mark.parametrize(
    "text",
    [
        'id eq "2819c223"',
        'code eq "ab"',
        'title eq "x"',
        'title co ""',
        'title gt ""',
        "title ne null",
        "active eq true",
        'emails[type eq "home" and value eq "bea@example.org"]',
        'phoneNumbers[type ne "work"]',
        "phoneNumbers[not (value pr)]",
        'meta.lastModified lt "2026-05-13T04:42:34+00:00"',
        'meta.created gt "0001-01-01T00:00:00Z"',
        'meta.created eq "2026-05-13T04:42:34Z"',
        'x509Certificates.value eq "agvsbg8="',
        'x509Certificates.value ne "aGVsbG8="',
        'userName eq "a" or active eq true or title pr',
        "level gt 7",
        "score gt 0.1",
        'department eq "ops" and title pr and active eq false',
    ],
)
def test_does_not_hold(text):
    """The filter does not hold for Bea by RFC 7644 §3.4.2.2."""
    assert not passes(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('nothing eq "x"', "no attribute 'nothing'"),
        ('userName eq "x" or nothing eq "y"', "no attribute 'nothing'"),
        ('emails.nothing eq "x"', "no attribute 'emails.nothing'"),
        ('emails[nothing eq "x"]', "no sub-attribute 'nothing'"),
        ('emails.value[type eq "x"]', "takes no brackets"),
        ("password pr", "never returned"),
        ('password eq "x"', "never returned"),
        ('userName eq "x" or password sw "a"', "never returned"),
        ("active gt true", "boolean"),
        ('active co "tr"', "boolean"),
        ('active eq "yes"', "true or false"),
        ("active eq 1", "true or false"),
        ("userName eq 5", "string"),
        ("userName eq true", "string"),
        ('level eq "7"', "number"),
        ("level eq true", "number"),
        ('level co "7"', "number"),
        ('meta.lastModified gt "yesterday"', "dateTime"),
        ('meta.lastModified gt "2026-02-30T00:00:00Z"', "dateTime"),
        ('meta.lastModified gt "2026-02-03"', "dateTime"),
        ("meta.lastModified gt 5", "dateTime"),
        ('meta.lastModified sw "2026"', "dateTime"),
        ('x509Certificates.value sw "a"', "binary"),
        ("x509Certificates.value eq 1", "base64"),
        ('name eq "x"', "complex"),
        ('data eq "x"', "complex"),
        ("userName gt null", "null"),
    ],
)
def test_what_makes_no_sense_is_refused(text, why):
    """Unknown attributes, secrets and unfit operators or literals are invalidFilter, with the reason."""
    with pytest.raises(InvalidFilter, match=why):
        compile_filter(parse(text), TYPE)


@pytest.mark.parametrize(
    "record", [{}, {"name": None, "emails": None, ENTERPRISE_URN: None}, {"name": "x", "emails": "y"}]
)
def test_a_record_of_another_shape_passes_nothing_and_breaks_nothing(record):
    """Absent, null and misshapen values are absent values."""
    assert not passes('name.givenName eq "x" or emails.value eq "y" or department eq "z"', record)
    assert not passes("name.givenName pr or emails.value pr or department pr", record)
    assert passes('name.givenName ne "x" and emails.value ne "y" and department ne "z"', record)


def test_an_element_filter_sees_one_element():
    """The filter in a PATCH path is compiled for the elements of its list."""
    emails = CORE_USER.find("emails")
    assert emails is not None
    matches = compile_element_filter(parse('type eq "WORK" and primary eq true'), emails)
    assert [matches(element) for element in BEA["emails"]] == [True, False]
    with pytest.raises(InvalidFilter, match="no sub-attribute"):
        compile_element_filter(parse("department pr"), emails)
    with pytest.raises(InvalidFilter, match="cannot hold"):
        compile_element_filter(parse("value[type pr]"), emails)


def test_a_compared_list_means_its_value():
    """find_compared tells others which sub-attribute a comparison with a complex attribute means."""
    (path,) = (parse('emails co "x"').path,)
    found = find_compared(path, TYPE)
    assert found.sub is not None
    assert found.sub.name == "value"
