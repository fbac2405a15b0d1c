"""Every record of one kind, once: pages of PingOne's own records, and how they were read.

A walk that does not come out whole raises; there is no short one. Whoever was there all the time is in it, whatever
else changed meanwhile.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from scimbridge.pingone.errors import NoPermission, Refused
from scimbridge.pingone.kinds import POPULATIONS, USERS
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.directory.reading import PatientReader, ReadLists, SideBySide
from scimbridge.sync.directory.tally import Begun, Tally
from scimbridge.sync.directory.whole_lists import Division, WholeList

FEWEST, MOST = 8, 24
LATENCY = 0.3
"""Seconds of a round trip for which so many pages are read at a time that the rate is used up."""
Tell = Callable[[int, int | None], None]
"""Told after each page: how many records were read, and of how many, None where that is not known."""


class Keeper(Protocol):
    """Is told how far a walk has come, so that it can be gone on with."""

    def begun(self, begun: Begun) -> None:
        """Be told how it began, before the first page."""
        ...

    def finished(self, part: str) -> None:
        """Be told that all records of a part were handed over."""
        ...


class _Nobody:
    """Keeps nothing."""

    def begun(self, begun: Begun) -> None:
        """Forget it."""

    def finished(self, part: str) -> None:
        """Forget it."""


NOBODY = _Nobody()


@dataclass(frozen=True, slots=True)
class Earlier:
    """How far an earlier walk came: how it began, whose ids came, how many were there then, which parts ended."""

    begun: Begun
    seen: Iterable[str] = ()
    old: int = 0
    done: frozenset[str] = frozenset()


@dataclass(slots=True)
class DirectoryWalk:
    """One walk. `pages` can be gone through once; the rest holds after its end.

    `count` is how many records came, an earlier walk's among them, and `old` how many of these were there when it
    began; `counted` is PingOne's own number at the end, None where it does not say.
    """

    pages: Generator[list[Native]]
    count: int = 0
    how: str = field(default="in one row")
    counted: int | None = None
    old: int = 0


def choose_parallel(rate: float) -> int:
    """Return how many pages are read at a time where nobody says: enough to use up the rate."""
    return max(FEWEST, min(MOST, math.ceil(rate * LATENCY)))


def walk(
    desk: SyncDesk,
    context: RequestContext,
    resource: str,
    *,
    filter: str | None = None,  # noqa: A002 - PingOne's word
    parallel: int | None = None,
    tell: Tell = lambda _read, _total: None,
    keeper: Keeper = NOBODY,
    earlier: Earlier | None = None,
) -> DirectoryWalk:
    """Begin a walk over all records of a resource type: User, Group, Population.

    At most `parallel` pages are read at a time. `keeper` is told how far it is, `earlier` is what is not read again.
    Raises PingOne's errors while its pages are gone through, `Unreachable` where they do not come out whole.
    """
    records = desk.endpoint(resource).records
    parts = desk.bridge.parts
    most = parallel or choose_parallel(parts.rate)
    tally = _open_tally("updatedAt" if filter else "createdAt", earlier)
    whole = WholeList(
        filter, tally,
        Division(readers=most, populations=cache(lambda: read_populations(desk, context)))
        if records.kind is USERS else None,
        begun=None if earlier is None else earlier.begun,
        done=frozenset() if earlier is None else earlier.done,
        clock=parts.wall,
    )  # fmt: skip
    stopped = threading.Event()
    reader = PatientReader(records, context, limit=parts.page_size, sleep=parts.sleep, stopped=stopped)

    def pages() -> Generator[list[Native]]:
        is_told = earlier is not None
        for fresh in SideBySide(ReadLists([(whole, reader)]), most, stopped):
            if not is_told and whole.begun is not None:
                keeper.begun(whole.begun)
                is_told = True
            found.count += len(fresh.records)
            found.old += fresh.old
            tell(found.count, whole.counted)
            if fresh.records:
                yield fresh.records
            for part in fresh.finished:
                keeper.finished(part)
        found.counted, found.how = whole.counted, whole.how

    found = DirectoryWalk(pages(), len(tally), old=tally.old)
    return found


def _open_tally(field: str, earlier: Earlier | None) -> Tally:
    if earlier is None:
        return Tally(field)
    tally = Tally(field, earlier.seen, earlier.old)
    tally.begin(earlier.begun.at)
    return tally


def read_populations(desk: SyncDesk, context: RequestContext) -> tuple[str, ...]:
    """Return the ids of all populations; none where the worker may not read them."""
    try:
        pages = desk.endpoint(POPULATIONS.name).records.pages(context, limit=desk.bridge.parts.page_size)
        return tuple(record["id"] for reached in pages for record in reached.page.records)
    except (NoPermission, Refused, KeyError):
        return ()
