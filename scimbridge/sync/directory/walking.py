"""Every record of one kind, once: pages of PingOne's own records, and how they were read.

A walk that does not come out whole raises; there is no short one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from scimbridge.request.context import RequestContext
from scimbridge.sides import Native
from scimbridge.sync.desk import SyncDesk

PAGE = 100
Tell = Callable[[int, int | None], None]
"""Told after each page: how many records were read, and of how many, None where that is not known."""


@dataclass(slots=True)
class DirectoryWalk:
    """One walk. `pages` can be gone through once; `count` and `how` hold after its end."""

    pages: Iterator[list[Native]]
    count: int = 0
    how: str = field(default="in one row")


def walk(
    desk: SyncDesk,
    context: RequestContext,
    resource: str,
    *,
    filter: str | None = None,  # noqa: A002 - PingOne's word
    parallel: int = 8,  # noqa: ARG001 - one row needs one call at a time
    tell: Tell = lambda _read, _total: None,
) -> DirectoryWalk:
    """Begin a walk over all records of a resource type: User, Group, Population.

    Raises PingOne's errors while its pages are gone through, `Unreachable` where they do not come out whole.
    """
    records = desk.endpoint(resource).records

    def pages() -> Iterator[list[Native]]:
        for reached in records.pages(context, filter=filter, limit=PAGE):
            found.count += len(reached.page.records)
            tell(found.count, reached.page.count)
            yield reached.page.records

    found = DirectoryWalk(pages())
    return found
