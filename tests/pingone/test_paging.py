"""Pages: what one has to be, and which one is the last."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import Unreachable
from scimbridge.pingone.paging import Page, Pass, is_cut_short, read_page
from scimbridge.pingone.send import Response

NEXT = {"next": {"href": "h"}}


def answer(*ids, **body):
    records = [{"id": each} for each in ids]
    return Response(200, {}, {"_links": {}, "_embedded": {"users": records}, **body})


def many(number):
    return [f"u{each}" for each in range(number)]


@pytest.mark.parametrize("links", [None, [], "", "next", 5, {"next": None}])
def test_links_that_are_none(links):
    """A page without links is the last one where its count says exactly that, or where it is not full."""
    assert read_page(answer("a", _links=links, count=1), "users", 100).next is None
    assert read_page(answer("a", _links=links), "users", 100).next is None
    assert read_page(answer(*many(100), _links=links, count=100), "users", 100).next is None
    for wrong in (
        answer("a", _links=links, count=2),
        answer("a", _links=links, count=0),
        answer(*many(100), _links=links),
        answer(*many(100), _links=links, count=450),
    ):
        with pytest.raises(Unreachable):
            read_page(wrong, "users", 100)


@pytest.mark.parametrize("count", [None, 0, 99, 100, True, -1, "many", 100.5])
def test_counts_that_prove_nothing(count):
    """A page with links and no next one is the last, whatever is counted, unless that is more."""
    assert read_page(answer(*many(100), count=count), "users", 100).next is None


def test_a_full_page_that_is_not_all():
    """A full page with links and no next one is not the last where PingOne counts more; one that is not full is."""
    with pytest.raises(Unreachable):
        read_page(answer(*many(100), count=101), "users", 100)
    with pytest.raises(Unreachable):
        read_page(answer(*many(200), count=450), "users", 300)
    with pytest.raises(Unreachable):
        read_page(answer("a", count=2), "users", 1)
    assert read_page(answer(*many(99), count=450), "users", 100).next is None


@pytest.mark.parametrize("ids", [[None], [5], [""], ["a", "a"], ["a", None], [["a"]]])
def test_ids(ids):
    """Each record has an id of its own."""
    with pytest.raises(Unreachable):
        read_page(answer(*ids), "users", 100)


def page(*ids, **more):
    return Page([{"id": each} for each in ids], **{"next": None, "count": None, **more})


def test_what_stands_on_two_pages_is_given_once():
    """A list that changes shifts records from page to page."""
    passed = Pass()
    passed.take(page("a", "b", next="h1"))
    assert [record["id"] for record in passed.take(page("b", "c")).records] == ["c"]


def test_pages_that_repeat():
    """A full page that came before, or a link that leads back, is an error."""
    passed = Pass()
    passed.take(page("a", next="h1", full=True))
    with pytest.raises(Unreachable):
        passed.take(page("a", next="h2", full=True))
    passed = Pass()
    passed.take(page("a", next="h1"))
    with pytest.raises(Unreachable, match="circle"):
        passed.take(page("b", next="h1"))


@pytest.mark.parametrize("linked", [True, False])
def test_the_end_of_several_pages(linked):
    """The last of several full pages accounts for the count of what came in all."""
    for count, right in ((4, True), (5, False)):
        passed = Pass()
        passed.take(page("a", "b", next="h1", count=count, full=True))
        last = page("c", "d", count=count, full=True, linked=linked)
        if right:
            assert passed.take(last) == last
        else:
            with pytest.raises(Unreachable):
                passed.take(last)


def test_a_pass_that_begins_in_the_middle():
    """It knows no number: a last page needs its links."""
    assert Pass(begun=False).take(page("a", count=450, full=True)).next is None
    with pytest.raises(Unreachable):
        Pass(begun=False).take(page("a", linked=False))


def test_a_page_with_a_next_one_is_not_the_last():
    """Whatever is counted."""
    assert not is_cut_short(page("a", next="h", count=1, full=True), 1, 450)
