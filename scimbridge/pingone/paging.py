"""Pages of PingOne's lists: what one has to be, and when the last one is the last (docs/pingone.md §6).

A list that ends too soon is the worst answer there is: who compares with it deletes people. So structure is held to
the letter: links, ids, sizes. Numbers are not: PingOne's `count` is known to be unreliable, and a list changes while it
is read. `count` is therefore believed only against an end that is doubtful anyway. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from scimbridge.pingone.answers import malformed
from scimbridge.pingone.errors import Unreachable
from scimbridge.pingone.send import Response
from scimbridge.sides import Native

STEP = 100
"""Records come in hundreds (docs/pingone.md §6): a page of fewer than that, and than its limit, is not full."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `next` is the link to the next one, None on the last; `count` is PingOne's total, if told.

    `full`: there may be more than it holds. `linked`: it has links, so that a missing one means something. `at` is
    PingOne's clock when it answered, seconds since 1970, if told.
    """

    records: list[Native]
    next: str | None
    count: int | None
    full: bool = False
    linked: bool = True
    at: float | None = None


def read_page(response: Response, key: str, limit: int, *, continued: bool = False) -> Page:
    """Return the page in an answer; `key` is its name in `_embedded`, `continued` says that others came before it.

    Raises `Unreachable` for what is no page, for records without an id of their own, and for a first page that is the
    last one and does not account for its count.
    """
    embedded = response.body.get("_embedded")
    records = embedded.get(key) if isinstance(embedded, dict) else None
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise malformed(response, "GET", f"without the list of {key}")
    size = _number(response.body.get("size"))
    if size is not None and size != len(records):
        raise malformed(response, "GET", f"with {len(records)} of {size} {key}")
    ids = {found for each in records if isinstance(found := each.get("id"), str) and found}
    if len(ids) != len(records):
        raise malformed(response, "GET", f"with {key} that have no id, or one id twice")
    linked, following = _next_link(response)
    count = _number(response.body.get("count"))
    page = Page(records, following, count, len(records) >= min(limit, STEP), linked, response.server_date)
    if not continued and is_cut_short(page, len(records), count):
        raise malformed(response, "GET", f"with {len(records)} of {count} {key} and no link to the others")
    return page


def read_whole(response: Response, key: str) -> list[Native]:
    """Return the records of a list that comes whole, and whose records may have no id of their own.

    Raises `Unreachable` for what is no such list, and for one that goes on.
    """
    embedded = response.body.get("_embedded")
    records = embedded.get(key) if isinstance(embedded, dict) else None
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise malformed(response, "GET", f"without the list of {key}")
    _linked, following = _next_link(response)
    told = [_number(response.body.get(name)) for name in ("size", "count")]
    if following is not None or any(number is not None and number > len(records) for number in told):
        raise malformed(response, "GET", f"with a part of the {key} only")
    return records


def is_cut_short(page: Page, delivered: int, expected: int | None) -> bool:
    """Whether a page without a next one is not the last: `delivered` records of `expected` have come with it.

    A page without any links is believed to be the last where the number says so, or where it is not full and there is
    no number. One with links is not believed where it is full and the number says that there is more.
    """
    if page.next is not None:
        return False
    if page.linked:
        return page.full and expected is not None and expected > delivered
    return page.full if expected is None else expected != delivered


class Pass:
    """One pass through the pages of an answer, from the first on; `begun` is False where it starts at a later one."""

    def __init__(self, *, begun: bool = True) -> None:
        self._links: set[str] = set()
        self._ids: set[str] = set()
        self._begun = begun

    def take(self, page: Page) -> Page:
        """Return a page without the records that came before: a list that changes shifts some from page to page.

        Raises `Unreachable` where links lead back, where a full page came before, and where the last page is not the
        last: see `is_cut_short`.
        """
        if page.next is not None and page.next in self._links:
            raise Unreachable("PingOne's pages lead in a circle")
        if page.next is not None:
            self._links.add(page.next)
        new = page.records
        if self._ids:
            new = [record for record in new if record["id"] not in self._ids]
        if page.full and not new:
            raise Unreachable("PingOne's pages repeat each other")
        self._ids.update(record["id"] for record in new)
        if self._begun and is_cut_short(page, len(self._ids), page.count):
            raise Unreachable(f"PingOne's pages end after {len(self._ids)} of {page.count}")
        if not self._begun and page.next is None and not page.linked:
            raise Unreachable("PingOne's page has no links, and nobody knows whether it is the last")
        return page if len(new) == len(page.records) else replace(page, records=new)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _next_link(response: Response) -> tuple[bool, str | None]:
    """Return whether a page has links, and the one to the next page."""
    links: Any = response.body.get("_links")
    if not isinstance(links, dict):
        return False, None
    if "next" not in links:
        return True, None
    link = links["next"]
    if link is None:  # PingOne leaves out what is not there (docs/pingone.md §1.4): a null is no word on it
        return False, None
    href = link.get("href") if isinstance(link, dict) else None
    if not isinstance(href, str) or not href:
        raise malformed(response, "GET", "with a next page but no link to it")
    return True, href
