"""Whose walk it is: readers who would not go the same way do not stand on each other's marks."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from scimbridge.access.caller import Caller
from scimbridge.lists.listing import Listing
from scimbridge.request.context import RequestContext
from scimbridge.scim.filtering.trees import parse
from scimbridge.scim.reading import Manner
from scimbridge.state.memory import MemoryState

CALLER = Caller("hr", populations=frozenset({"p1", "p2"}))


def listing(kind="users", page_size=100):
    """Return lists of a collection that is not asked for anything here."""
    collection = SimpleNamespace(name=kind)
    return Listing(collection, None, None, None, MemoryState(lambda: 0.0), page_size=page_size, scan_limit=1000)


def context(caller=CALLER, **shown):
    """Return a request."""
    return replace(RequestContext(caller, None, Manner(False, print), "https://x"), **shown)


def name(lists=None, who=None, text='title eq "a"'):
    """Return what the marks of a walk are kept under."""
    return (lists or listing())._walk_name(who or context(), None if text is None else parse(text))


def test_the_same_reader_goes_on():
    """However the filter was written; a population more or less in another order is none."""
    same = context(replace(CALLER, populations=frozenset({"p2", "p1"})))
    assert name() == name(listing(), same, '(title   EQ "a")')


@pytest.mark.parametrize(
    "other",
    [
        {"lists": listing("groups")},
        {"lists": listing(page_size=200)},
        {"text": 'title eq "b"'},
        {"text": None},
        {"who": context(replace(CALLER, name="it"))},
        {"who": context(replace(CALLER, populations=frozenset({"p1"})))},
        {"who": context(replace(CALLER, populations=None))},
        {"who": context(attributes="id")},
        {"who": context(excluded="id")},
    ],
    ids=str,
)
def test_another_reader_does_not(other):
    """Another collection, page size, filter, client, confinement, or other attributes."""
    assert name(**other) != name()


def test_what_is_shown_and_what_is_left_out_are_two_things():
    """`attributes=x` and `excludedAttributes=x` are two readers."""
    assert name(who=context(attributes="id")) != name(who=context(excluded="id"))
