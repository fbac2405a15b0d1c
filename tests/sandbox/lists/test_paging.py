"""Pages by cursor over HTTP."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.sandbox import Switches
from scimbridge.sandbox.http.errors import ApiError
from scimbridge.sandbox.lists.paging import Cursors, ListRequest, read_limit


def walk(api, url):
    """Return the pages from an address on."""
    pages = []
    while url:
        pages.append(api.good("GET", url))
        url = pages[-1]["_links"].get("next", {}).get("href")
    return pages


def names(pages):
    return [user["username"] for page in pages for user in page["_embedded"]["users"]]


def test_a_walk_sees_every_user_once(company):
    """Pages of a hundred, absolute links, count and size right, no `next` on the last."""
    pages = walk(company, "/users?limit=100")
    assert [page["size"] for page in pages] == [100, 100, 50]
    assert {page["count"] for page in pages} == {250}
    assert len(set(names(pages))) == 250
    assert pages[0]["_links"]["next"]["href"].startswith(f"{company.base}/users?limit=100&cursor=")
    assert pages[0]["_links"]["self"]["href"] == f"{company.base}/users?limit=100"


@pytest.mark.parametrize(("limit", "size"), [(1, 100), (25, 100), (100, 100), (101, 200), (200, 200), (5000, 200)])
def test_limits_come_in_hundreds(company, limit, size):
    """`limit` is rounded up to a hundred and clipped at two hundred."""
    assert company.good("GET", f"/users?limit={limit}")["size"] == size


def test_without_a_limit_the_ceiling_counts(company):
    """No `limit` is the largest page."""
    assert company.good("GET", "/users")["size"] == 200


def test_too_large_a_limit_can_be_refused(make_caller):
    """Switched, a limit above the ceiling is OUT_OF_RANGE."""
    api = make_caller(Switches(oversized_limit="refuse"))
    refusal = api.fault("GET", "/users?limit=201")
    assert (refusal["status"], refusal["code"]) == (400, "OUT_OF_RANGE")
    assert refusal["innerError"] == {"rangeMinimumValue": 1, "rangeMaximumValue": 200}
    assert api.good("GET", "/users?limit=200")["size"] == 0


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.5"])
def test_a_limit_is_a_positive_number(api, limit):
    """Anything else is INVALID_PARAMETER."""
    assert api.fault("GET", f"/users?limit={limit}")["code"] == "INVALID_PARAMETER"


def test_an_empty_list_has_an_empty_array(api):
    """No result is an empty array with count and size 0."""
    body = api.good("GET", "/users")
    assert (body["_embedded"], body["count"], body["size"]) == ({"users": []}, 0, 0)


def test_a_deletion_does_not_shift_later_pages(company):
    """A record of a page already read can go, and no later one is left out."""
    first = company.good("GET", "/users?limit=100")
    for user in first["_embedded"]["users"][:30]:
        company.call("DELETE", f"/users/{user['id']}")
    rest = walk(company, first["_links"]["next"]["href"])
    assert len(set(names([first, *rest]))) == 250


def test_a_new_user_comes_last(company):
    """What is created during a walk stands at its end."""
    first = company.good("GET", "/users?limit=100")
    company.user("latecomer")
    assert names(walk(company, first["_links"]["next"]["href"]))[-1] == "latecomer"


def test_a_filtered_walk_pages_too(company):
    """A filter's pages hold together, and count is the filter's."""
    pages = walk(company, '/users?limit=100&filter=population.id eq "{}"'.format(
        company.good("GET", "/populations")["_embedded"]["populations"][0]["id"]
    ))  # fmt: skip
    assert sum(page["size"] for page in pages) == pages[0]["count"] == len(set(names(pages)))
    assert len(pages) == 2


@pytest.mark.parametrize("change", ['&filter=username sw "a"', "&expand=population", None])
def test_a_cursor_belongs_to_its_query(company, change):
    """With another filter, another parameter or another collection a cursor is INVALID_VALUE."""
    href = company.good("GET", "/users?limit=100")["_links"]["next"]["href"]
    url = href.replace("/users", "/groups") if change is None else href + change
    refusal = company.fault("GET", url)
    assert (refusal["status"], refusal["code"], refusal["target"]) == (400, "INVALID_VALUE", "cursor")


@pytest.mark.parametrize("cursor", ["x", "", "AAAA", "é", "Zm9v" * 20])
def test_a_forged_cursor_is_refused(company, cursor):
    """No text that the sandbox did not make is a cursor."""
    assert company.fault("GET", f"/users?cursor={cursor}")["target"] == "cursor"


def test_a_cursor_belongs_to_its_token(make_caller):
    """After a renewal a cursor is dead, unless switched."""
    for bound, status in ((True, 400), (False, 200)):
        api = make_caller(Switches(cursor_bound_to_token=bound), seed=120)
        href = api.good("GET", "/users?limit=100")["_links"]["next"]["href"]
        api.renew()
        assert api.call("GET", href).status_code == status


def test_cursors_can_expire(clock):
    """Switched, a cursor lives for so many seconds."""
    cursors = Cursors(b"secret", clock, Switches(cursor_lifetime=60))
    asked = ListRequest.read("http://h/users", [("limit", "100")], "1")
    used = ListRequest("http://h/users", asked.query, cursors.seal(7, asked), "1")
    clock.now += 60
    assert cursors.open(used) == 7
    clock.now += 1
    with pytest.raises(ApiError):
        cursors.open(used)


@given(st.integers(min_value=0, max_value=2**40), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
@settings(max_examples=50)
def test_a_cursor_opens_to_what_was_sealed(serial, query):
    """Seal and open are inverse for the same query."""
    cursors = Cursors(b"secret", lambda: 0.0, Switches())
    asked = ListRequest.read("http://h/users", [pair for pair in query.items() if pair[0] != "cursor"], "1")
    assert cursors.open(ListRequest(asked.url, asked.query, cursors.seal(serial, asked), "1")) == serial


@given(st.integers(min_value=1, max_value=10_000), st.integers(min_value=1, max_value=300))
def test_a_limit_is_never_below_what_was_asked_for(limit, step):
    """A page holds what was asked for or the ceiling."""
    asked = ListRequest.read("http://h/users", [("limit", str(limit))], "1")
    assert read_limit(asked, Switches(page_step=step)) >= min(limit, 200)


def test_count_can_be_left_out_above_a_number(make_caller):
    """Switched, a large result has no count."""
    api = make_caller(Switches(count_ceiling=100), seed=150)
    assert "count" not in api.good("GET", "/users")
    assert api.good("GET", "/groups")["count"] == 9


def test_schema_attributes_page_as_well(make_caller):
    """The list of attributes has pages like any other."""
    api = make_caller(Switches(page_step=1))
    schema = api.good("GET", "/schemas")["_embedded"]["schemas"][0]["id"]
    pages = walk(api, f"/schemas/{schema}/attributes?limit=10")
    found = [row["name"] for page in pages for row in page["_embedded"]["attributes"]]
    assert len(found) == len(set(found)) == pages[0]["count"]
    assert len(pages) > 2
