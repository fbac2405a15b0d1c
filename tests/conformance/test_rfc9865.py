"""RFC 9865, paging by cursor: what a strict bridge has to be held to, section by section."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


def walk(scim, query):
    """Follow the cursors of a query and return its pages."""
    pages = [scim.get(f"/Users?{query}&cursor")]
    while "nextCursor" in pages[-1].body:
        pages.append(scim.get(f"/Users?{query}&cursor={quote(pages[-1]['nextCursor'])}"))
        assert len(pages) < 100
    return pages


def refused(answer, kind):
    """Assert a 400 of that scimType."""
    assert (answer.status, answer["scimType"]) == (400, kind)
    return True


@pytest.mark.parametrize("first", ["cursor", "cursor="])
def test_a_walk_begins_with_an_empty_cursor(scim, first):
    """RFC 9865 §2: the first request has a cursor without a value, written either way."""
    answer = scim.get(f"/Users?count=5&{first}")
    assert (answer.status, len(answer["Resources"])) == (200, 5)
    assert answer["nextCursor"]


def test_a_walk_reads_everything_once(scim):
    """RFC 9865 §2: the pages together are the whole result."""
    ids = [part["id"] for page in walk(scim, "count=7") for part in page["Resources"]]
    assert len(ids) == len(set(ids)) == scim.get("/Users?count=0")["totalResults"]


def test_a_filtered_walk_reads_what_the_filter_finds(scim):
    """RFC 9865 §2: a cursor goes on with the query that it came from."""
    text = quote("active eq true")
    ids = [part["id"] for page in walk(scim, f"count=4&filter={text}") for part in page["Resources"]]
    assert sorted(ids) == sorted(part["id"] for part in scim.find("/Users", "active eq true", count=500)["Resources"])


def test_the_last_page_has_no_next_cursor(scim):
    """RFC 9865 §2: nextCursor is on every page but the last."""
    *others, last = walk(scim, "count=9")
    assert all("nextCursor" in page.body for page in others)
    assert "nextCursor" not in last.body


def test_a_page_that_has_all_is_the_last(scim):
    """RFC 9865 §2: nothing follows a page that holds everything."""
    assert "nextCursor" not in scim.get("/Users?count=1000&cursor").body


def test_the_first_page_has_no_previous_cursor(scim):
    """RFC 9865 §2: previousCursor is optional and never on the first page."""
    assert "previousCursor" not in scim.get("/Users?count=5&cursor").body


def test_cursors_are_made_of_unreserved_characters(scim):
    """RFC 9865 §2: a cursor can stand in a URL as it is."""
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", scim.get("/Users?count=5&cursor")["nextCursor"])


@pytest.mark.parametrize("count", ["0", "-3"])
def test_a_count_of_nothing_gives_no_resource(scim, count):
    """RFC 9865 §2: 0, which a negative count is too, gives the total only."""
    answer = scim.get(f"/Users?count={count}&cursor")
    assert (answer.status, answer["Resources"]) == (200, [])


def test_a_page_has_no_more_than_was_asked_for(scim):
    """RFC 9865 §2: count bounds a page."""
    assert all(len(page["Resources"]) <= 7 for page in walk(scim, "count=7"))


@pytest.mark.parametrize("cursor", ["nonsense", "x" * 3000, "..", "%00"])
def test_a_cursor_that_is_none_is_refused(scim, cursor):
    """RFC 9865 §2.1: 400 invalidCursor."""
    assert refused(scim.get(f"/Users?count=5&cursor={cursor}"), "invalidCursor")


def test_a_forged_cursor_is_refused(scim):
    """RFC 9865 §5: a cursor that was changed on the way is recognised."""
    cursor = scim.get("/Users?count=5&cursor")["nextCursor"]
    forged = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    assert refused(scim.get(f"/Users?count=5&cursor={forged}"), "invalidCursor")


def test_a_cursor_of_another_query_is_refused(scim):
    """RFC 9865 §2: all other parameters stay as they were."""
    cursor = scim.get("/Users?count=5&cursor")["nextCursor"]
    other = quote('userName sw "a"')
    assert refused(scim.get(f"/Users?count=5&filter={other}&cursor={cursor}"), "invalidCursor")
    assert refused(scim.get(f"/Groups?count=5&cursor={cursor}"), "invalidCursor")


def test_a_count_that_is_no_number_is_refused(scim):
    """RFC 9865 §2.1: 400 invalidCount."""
    assert refused(scim.get("/Users?count=many&cursor"), "invalidCount")


def test_index_paging_stays_the_default(scim):
    """RFC 9865 §2.4: without a cursor a server that had index paging goes on with it."""
    answer = scim.get("/Users?count=5")
    assert answer["startIndex"] == 1
    assert "nextCursor" not in answer.body


def test_a_search_takes_a_cursor_too(scim):
    """RFC 9865 §3: the body of a search has the cursor, empty at first; null is absent (RFC 7643 §2.5)."""
    first = scim.post("/Users/.search", {"schemas": [SEARCH], "count": 5, "cursor": ""})
    second = scim.post("/Users/.search", {"schemas": [SEARCH], "count": 5, "cursor": first["nextCursor"]})
    assert len(second["Resources"]) == 5
    assert not {part["id"] for part in first["Resources"]} & {part["id"] for part in second["Resources"]}
    assert scim.post("/Users/.search", {"schemas": [SEARCH], "count": 5, "cursor": None})["startIndex"] == 1


def test_the_configuration_tells_of_both_ways(scim):
    """RFC 9865 §4: pagination says what is supported, the default, the sizes and how long a cursor lives."""
    told = scim.get("/ServiceProviderConfig")["pagination"]
    assert (told["cursor"], told["index"], told["defaultPaginationMethod"]) == (True, True, "index")
    for name in ("defaultPageSize", "maxPageSize", "cursorTimeout"):
        assert type(told[name]) is int
        assert told[name] > 0


def test_each_page_is_asked_for_with_credentials(scim):
    """RFC 9865 §5: a cursor opens nothing by itself."""
    cursor = scim.get("/Users?count=5&cursor")["nextCursor"]
    assert scim.get(f"/Users?count=5&cursor={cursor}", Authorization="").status == 401


def test_a_deep_page_survives_new_resources(scim):
    """RFC 9865 §1: what is made during a walk moves nothing that was there before."""
    before = {part["id"] for part in scim.get("/Users?count=1000")["Resources"]}
    first = scim.get("/Users?count=10&cursor")
    scim.user()
    found = {part["id"] for part in first["Resources"]}
    cursor = first["nextCursor"]
    while cursor:
        page = scim.get(f"/Users?count=10&cursor={cursor}")
        found |= {part["id"] for part in page["Resources"]}
        cursor = page.body.get("nextCursor")
    assert before <= found
