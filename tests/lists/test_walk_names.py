"""Whose walk it is: readers who would not go the same way do not stand on each other's marks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.access.caller import Caller
from scimbridge.lists.listing import Listing
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.scim.filtering.trees import parse
from scimbridge.scim.reading import Manner
from scimbridge.state.memory import MemoryState

CALLER = Caller("hr", populations=frozenset({"p1", "p2"}))


class Records:
    """A collection that is not asked for anything here."""

    def __init__(self, kind):
        self.name = kind

    def within(self, context):
        """Return how far the caller may go."""
        return Confinement.of(context.caller, self.name)


def listing(kind="users", page_size=100):
    """Return lists of a collection."""
    state = MemoryState(lambda: 0.0)
    return Listing(Records(kind), None, None, None, None, state, page_size=page_size, scan_limit=1000)


def context(caller=CALLER):
    """Return a request."""
    return RequestContext(caller, None, Manner(False, print))


def name(lists=None, who=None, text='title eq "a"', **shown):
    """Return what the marks of a walk are kept under; `shown` is what the answer shows."""
    node = None if text is None else parse(text)
    return (lists or listing())._walk_name(who or context(), AnswerOptions("https://x", **shown), node)


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
        {"attributes": "id"},
        {"excluded": "id"},
    ],
    ids=["collection", "page size", "filter", "no filter", "client", "population", "everywhere", "shown", "left out"],
)
def test_another_reader_does_not(other):
    """Another collection, page size, filter, client, confinement, or other attributes."""
    assert name(**other) != name()


def test_what_is_shown_and_what_is_left_out_are_two_things():
    """`attributes=x` and `excludedAttributes=x` are two readers."""
    assert name(attributes="id") != name(excluded="id")
