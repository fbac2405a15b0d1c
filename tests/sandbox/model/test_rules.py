"""Limits and patterns of single attributes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.sandbox import Switches
from scimbridge.sandbox.http.errors import ApiError
from scimbridge.sandbox.model.rules import Cleaner, check_string
from scimbridge.sandbox.model.schema import UserSchema

GOOD = [
    ("username", "x" * 128),
    ("username", "ä ß@example.com+1"),
    ("email", "a.b+c@example.co.uk"),
    ("email", "jürgen@bücher.example"),
    ("name.family", "O'Neill-van der Berg Jr."),
    ("name.given", "A, (B) & C/D"),
    ("locale", "zh-Hant-TW"),
    ("locale", "en"),
    ("locale", "de-CH-1996"),
    ("preferredLanguage", "en-gb;q=0.8, en;q=0.7"),
    ("preferredLanguage", "*"),
    ("timezone", "America/New_York"),
    ("mobilePhone", "ext. 7"),
    ("address.streetAddress", "1 High St\nFloor 2"),
    ("address.countryCode", "DE"),
    ("address.postalCode", "x" * 40),
    ("photo.href", "https://a.example/p.png"),
    ("externalId", "x" * 1024),
    ("accountId", ""),
    ("name.honorificPrefix", ""),
    ("title", "a\u00a0b"),
]
BAD = [
    ("username", ""),
    ("username", "x" * 129),
    ("username", "a\nb"),
    ("email", "nobody"),
    ("email", "a@b@c"),
    ("email", "a b@c.d"),
    ("email", ""),
    ("name.family", "Comma, Inc."),
    ("name.family", "A/B"),
    ("name.formatted", "Doe, Jane"),
    ("name.given", ""),
    ("name.given", "x" * 257),
    ("title", "tab\there"),
    ("locale", "en_US"),
    ("locale", "english language"),
    ("preferredLanguage", "en;q=2"),
    ("timezone", "UTC"),
    ("timezone", "Etc/GMT+3"),
    ("timezone", "America/Argentina/Ushuaia"),
    ("timezone", "America/Port-au-Prince"),
    ("primaryPhone", "no digits"),
    ("mobilePhone", "1" * 33),
    ("mobilePhone", ""),
    ("address.streetAddress", "a + b"),
    ("address.countryCode", "de"),
    ("address.countryCode", "DEU"),
    ("address.postalCode", "x" * 41),
    ("photo.href", "ftp://a/b.png"),
    ("externalId", ""),
    ("externalId", "x" * 1025),
    ("title", 5),
    ("title", ["x"]),
]


@pytest.mark.parametrize(("path", "value"), GOOD)
def test_good_values_pass(path, value):
    """A value within the limits is taken."""
    assert check_string(path, value, strict=True) is None


@pytest.mark.parametrize(("path", "value"), BAD)
def test_bad_values_are_named(path, value):
    """A value outside the limits is INVALID_VALUE at its path."""
    fault = check_string(path, value, strict=True)
    assert fault is not None
    assert (fault.code, fault.target) == ("INVALID_VALUE", path)


@pytest.mark.parametrize(
    ("path", "value"), [("name.family", "Comma, Inc."), ("name.formatted", "Doe, Jane"), ("timezone", "UTC")]
)
def test_strict_patterns_can_be_switched_off(path, value):
    """The three narrow patterns are relaxed by the switch."""
    assert check_string(path, value, strict=False) is None


def test_messages_are_those_that_were_seen():
    """Known messages are told as PingOne tells them."""
    email = check_string("email", "x", strict=True)
    short = check_string("title", "", strict=True)
    assert email is not None
    assert email.message == "must be a well-formed email address"
    assert short is not None
    assert short.message == "must be at least 1 characters long"


def test_all_faults_are_told_at_once(directory):
    """One refusal has a detail for each bad attribute."""
    body = {"username": "", "email": "x", "name": {"family": "a,b"}, "address": "Leeds", "photo": {}}
    with pytest.raises(ApiError) as caught:
        Cleaner(directory.schema, Switches()).clean(body)
    assert [detail.target for detail in caught.value.details] == [
        "username", "email", "name.family", "address", "photo.href",
    ]  # fmt: skip


@given(st.dictionaries(st.text(max_size=12), st.integers() | st.text() | st.none(), max_size=6))
def test_what_is_not_known_is_left_out_in_silence(body):
    """Whatever else a body holds, only settable attributes come out of the cleaner."""
    schema = UserSchema(lambda: "x")
    unknown = {name: value for name, value in body.items() if name not in schema.settable}
    assert Cleaner(schema, Switches()).clean({**unknown, "title": "T"}) == {"title": "T"}


def test_custom_values_follow_their_schema(directory):
    """Lists for multi-valued attributes, objects for JSON, declared values and patterns."""
    add = directory.schema.add_custom
    flags = {"enabled": True, "unique": False}
    add({"name": "badges", "multiValued": True, **flags})
    add({"name": "prefs", "type": "JSON", **flags})
    add({"name": "shirts", "type": "JSON", "multiValued": True, **flags})
    add({"name": "size", "enumeratedValues": [{"value": "S"}, {"value": "L", "archived": True}], **flags})
    add({"name": "code", "regexValidation": {"pattern": "[0-9]{3}"}, **flags})
    clean = Cleaner(directory.schema, Switches()).clean
    good = {"badges": ["a"], "prefs": {"a": [1]}, "shirts": [{"size": "S"}], "size": "S", "code": "123"}
    assert clean(good) == good
    assert clean({"badges": []}) == {"badges": None}
    for bad in (
        {"badges": "a"}, {"badges": [1]}, {"badges": [None]}, {"badges": ["a"] * 1001}, {"prefs": "text"},
        {"shirts": {"size": "S"}}, {"shirts": ["x"]}, {"size": "L"}, {"size": "s"}, {"code": "12"},
    ):  # fmt: skip
        with pytest.raises(ApiError):
            Cleaner(directory.schema, Switches()).clean(bad)
