"""Entity tags."""

from __future__ import annotations

import re

import pytest

from scimbridge.scim.errors import PreconditionFailed
from scimbridge.scim.versions import check_conditions, etag, matches


def test_a_tag_is_weak_and_follows_the_content():
    """The order of members and the ignored ones do not matter, everything else does."""
    tag = etag({"a": 1, "b": {"c": [1, 2], "d": 3}, "_links": {"self": "x"}})
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', tag)
    assert tag == etag({"b": {"d": 3, "c": [1, 2]}, "a": 1})
    assert tag != etag({"a": 1, "b": {"c": [2, 1], "d": 3}})
    assert tag != etag({"a": 1, "b": {"c": [1, 2], "d": 3}, "x": None})
    assert etag({"a": 1, "b": 2}, ignore=("b",)) == etag({"a": 1})


@pytest.mark.parametrize(
    "header",
    ['W/"abc"', '"abc"', "*", " * ", '"x", W/"abc"', 'W/"abc","y"', "abc", "W/abc", 'w/"abc"', '"x,y","abc"'],
)
def test_a_header_that_names_the_tag_matches(header):
    """Lists, weak and strong tags, `*` and tags without quotes are read (RFC 9110 §13.1)."""
    assert matches(header, 'W/"abc"')


@pytest.mark.parametrize("header", ["", '""', 'W/"ab"', '"abcd"', '"x", "y"', "ABC", '"abc', "x,y"])
def test_a_header_that_does_not_name_the_tag_does_not_match(header):
    """Another tag, another case or a broken header is no match."""
    assert not matches(header, 'W/"abc"')


TAGS = ('W/"one"', 'W/"two"')


@pytest.mark.parametrize(
    ("if_match", "if_none_match"),
    [
        (None, None),
        ("*", None),
        ('W/"two"', None),
        (None, 'W/"old"'),
        (None, ""),
        ('"one"', '"old", "older"'),
    ],
)
def test_a_change_whose_conditions_hold_may_be_made(if_match, if_none_match):
    """If-Match names one of the versions as which the resource is known, If-None-Match none (RFC 9110 §13.1)."""
    check_conditions(if_match, if_none_match, iter(TAGS))


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "words"),
    [
        ('W/"old"', None, "If-Match"),
        (None, "*", "If-None-Match"),
        (None, " * ", "If-None-Match"),
        ("*", "*", "If-None-Match"),
        (None, 'W/"two"', "If-None-Match"),
        (None, '"old", "one"', "If-None-Match"),
        ('W/"one"', 'W/"two"', "If-None-Match"),
        ('W/"old"', 'W/"older"', "If-Match"),
    ],
)
def test_a_change_whose_conditions_do_not_hold_is_412(if_match, if_none_match, words):
    """Either condition alone forbids it, and says which of the two it is."""
    with pytest.raises(PreconditionFailed, match=words):
        check_conditions(if_match, if_none_match, iter(TAGS))


def test_versions_are_read_as_far_as_they_are_needed():
    """A second version may cost calls: it is not asked for where the first one decides."""
    check_conditions(None, None, _fail())
    check_conditions(TAGS[0], None, _one_then_fail())
    for none in ("*", TAGS[0]):
        with pytest.raises(PreconditionFailed):
            check_conditions(None, none, _one_then_fail())


def _fail():
    pytest.fail("no version was needed")
    yield


def _one_then_fail():
    yield TAGS[0]
    pytest.fail("no second version was needed")
