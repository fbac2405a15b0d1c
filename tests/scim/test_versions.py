"""Entity tags."""

from __future__ import annotations

import re

import pytest

from scimbridge.scim.versions import etag, matches


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
