"""What the worker application may read, and whether PingOne gives pages of the size that is set.

Only reads: whether it may write shows in its roles, or when it is tried. Knows roles (docs/pingone.md §1.3), no table.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.ops.checking.findings import ROLE, Finding, Probe, fault, not_tried, note, ok, refused, warn
from scimbridge.pingone import filters
from scimbridge.pingone.bodies import is_surely_empty
from scimbridge.pingone.collections import Collection as NativeCollection
from scimbridge.pingone.collections import Page
from scimbridge.pingone.errors import NoPermission, NotThere, PingOneError, Refused
from scimbridge.pingone.kinds import GROUPS, KINDS, USERS

Json = dict[str, Any]

SAFE_SIZE = 100  # docs/pingone.md §6: whatever the ceiling is, pages of a hundred are given
_RIGHTS, _GROUPS, _PAGES = "rights", "group rights", "page size"
_PRODUCTION = "PRODUCTION"
_SPELLED = {"AP": ("ASIA",), "AU": ("AUSTRALIA",), "CA": ("CANADA",), "EU": ("EUROPE",), "NA": ("NORTH_AMERICA",)}
"""How a record may spell a region, beside our own way."""


@dataclass(frozen=True, slots=True)
class FirstPages:
    """First pages by collection, None where PingOne gave none; and the user schema, None where it gave none.

    `size` is a page size that PingOne takes: the one that is set, unless it was refused.
    """

    pages: Mapping[str, Page | None]
    schema: list[Json] | None
    size: int

    def count(self, name: str) -> int | None:
        """Return how many records PingOne says that a collection has."""
        page = self.pages.get(name)
        return None if page is None else page.count

    def first(self, name: str) -> Json | None:
        """Return some record of a collection, or None."""
        page = self.pages.get(name)
        return page.records[0] if page is not None and page.records else None


def look_around(
    probe: Probe, tables: Collection[str], region: str | None = None
) -> Generator[Finding, None, FirstPages]:
    """Read a first page of everything; find what may not be read and which pages are not as asked for.

    `tables` are the resource types that are served. What is the environment's and not served may well be forbidden.
    `region` is the one that is set, if one is.
    """
    target = probe.target
    refusals: dict[str, Refused] = {}
    looked_at = [kind for kind in KINDS if kind.home is not None or kind.name in tables]
    collections = [target.of(kind.collection) for kind in looked_at]
    pages: dict[str, Page | None] = {}
    for each in collections:
        pages[each.name] = yield from _read_page(probe, each, refusals)
    schema: list[Json] | None = None
    try:
        schema = target.schema_attributes(probe.call())
    except PingOneError as error:
        yield refused(_RIGHTS, "the user schema cannot be read", error)
    seen = FirstPages(pages, schema, SAFE_SIZE if refusals else probe.page_size)
    readable = [name for name, page in pages.items() if page is not None]
    if schema is not None:
        readable.append("the user schema")
    yield from _check_environment(probe, region, anything=bool(readable))
    if readable:
        yield ok(_RIGHTS, f"{', '.join(readable)} can be read")
    if refusals:
        yield from _check_refused_size(probe, refusals)
    else:
        yield from _check_page_size(probe, seen)
    return seen


def _read_page(
    probe: Probe, collection: NativeCollection, refusals: dict[str, Refused]
) -> Generator[Finding, None, Page | None]:
    size = SAFE_SIZE if refusals else probe.page_size
    try:
        return collection.page(probe.call(), limit=size)
    except PingOneError as error:
        if size > SAFE_SIZE and isinstance(error, Refused) and any(each.target == "limit" for each in error.faults):
            refusals[collection.name] = error
            return (yield from _read_page(probe, collection, refusals))
        yield refused(_RIGHTS, f"{collection.name} cannot be read", error)
    return None


def _check_environment(probe: Probe, region: str | None, *, anything: bool) -> Iterator[Finding]:
    try:
        record = probe.target.environment(probe.call())
    except (NoPermission, NotThere) as error:
        if anything:
            yield note("environment", "its own record is not shown to this application, which the bridge does not need")
            return
        yield fault(
            "environment",
            f"nothing in it can be read ({error.status}): it is not there, or the application has no right in it",
            f"compare SCIMBRIDGE_PINGONE_ENVIRONMENT_ID and the region with PingOne's console; {ROLE}",
        )
    except PingOneError as error:
        yield refused("environment", "it cannot be read", error)
    else:
        yield from _describe(record, region)


def _describe(record: Json, region: str | None) -> Iterator[Finding]:
    kind, held = (record.get(name) if isinstance(record.get(name), str) else None for name in ("type", "region"))
    known = f" ({', '.join(filter(None, (kind, held)))})" if kind or held else ""
    yield ok("environment", f"{str(record.get('name'))!r} can be read{known}")
    if kind == _PRODUCTION:
        yield note("environment", f"{str(record.get('name'))!r} is of type {kind}: what is changed there is real")
    if region is not None and held is not None and held not in (region, *_SPELLED.get(region, ())):
        yield warn(
            "environment",
            f"it lies in region {held}, and SCIMBRIDGE_PINGONE_REGION is {region}",
            f"set SCIMBRIDGE_PINGONE_REGION to {held}",
        )


def _check_refused_size(probe: Probe, refusals: Mapping[str, Refused]) -> Iterator[Finding]:
    for name, error in refusals.items():
        most = next((each.inner.get("rangeMaximumValue") for each in error.faults), None)
        right = most // SAFE_SIZE * SAFE_SIZE if isinstance(most, int) and most >= SAFE_SIZE else SAFE_SIZE
        yield fault(
            _PAGES, f"PingOne refuses pages of {probe.page_size} {name}", f"set SCIMBRIDGE_PAGE_SIZE to {right}"
        )


def _check_page_size(probe: Probe, seen: FirstPages) -> Iterator[Finding]:
    size = probe.page_size
    # What fits on one page says nothing about the size.
    given = {name: len(page.records) for name, page in seen.pages.items() if page is not None and page.next is not None}
    full = [name for name, count in given.items() if count == size]
    for name, count in given.items():
        right = max(SAFE_SIZE, count // SAFE_SIZE * SAFE_SIZE)
        told = f"PingOne gives {count} {name} a page and not {size}; lists stay right, the number of calls changes"
        if right != size:
            yield warn(_PAGES, told, f"set SCIMBRIDGE_PAGE_SIZE to {right}")
        elif count != size:
            yield ok(_PAGES, told)
    if full:
        yield ok(_PAGES, f"{size} asked for and given ({', '.join(full)})")
    elif not given and any(page is not None for page in seen.pages.values()):
        yield note(_PAGES, f"{size} asked for; all there is fits on one page, so nothing more can be said")


# -- groups ------------------------------------------------------------------------------------------------------------


def check_groups(probe: Probe, group: Json | None, user: Json | None) -> Iterator[Finding]:
    """Read what the bridge reads of memberships: the members of a group, the groups of a user."""
    done = []
    if group is not None and (yield from _read_members(probe, group)):
        done.append("the members of a group")
    if user is not None and (yield from _read_groups_of(probe, user)):
        done.append("the groups of a user")
    if done:
        yield ok(_GROUPS, f"{' and '.join(done)} can be read")
    if group is None or user is None:
        lacking = " and ".join(name for name, one in (("group", group), ("user", user)) if one is None)
        yield not_tried(_GROUPS, f"not all could be read: there is no {lacking} to read")


def some_group(seen: FirstPages) -> Json | None:
    """Return a group that has members, where the first page has one."""
    page = seen.pages.get(GROUPS.collection)
    records = [] if page is None else page.records
    return next((record for record in records if not is_surely_empty(record)), records[0] if records else None)


def _read_members(probe: Probe, group: Json) -> Generator[Finding, None, bool]:
    asked = filters.render(filters.MemberOf(group["id"]))
    fine = True
    for collection in (probe.target.users, probe.target.groups):
        try:
            collection.page(probe.call(), filter=asked, limit=SAFE_SIZE)
        except PingOneError as error:
            fine = False
            yield refused(_GROUPS, f"the {collection.name} in a group cannot be read", error)
    return fine


def _read_groups_of(probe: Probe, user: Json) -> Generator[Finding, None, bool]:
    target, key = probe.target, user["id"]
    try:
        target.users.read(probe.call(), key, ("memberOfGroupIDs",))
        for _page in target.memberships.of(probe.call(), USERS.collection, key, SAFE_SIZE):
            break
    except NotThere:
        return False  # the user went away in the meantime
    except PingOneError as error:
        yield refused(_GROUPS, "the groups of a user cannot be read", error)
        return False
    return True
