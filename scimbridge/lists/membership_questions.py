"""How a list is asked about memberships, which PingOne's lists do not hold: the groups of users, members of groups.

Who is linked to the ids that a filter names is read once; what is still open is answered by the whole list of those
resources for which it matters, a call or more for each, and only where these fit into the time of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scimbridge.lists.reading import Keep
from scimbridge.mapping.membership_questions import Check
from scimbridge.mapping.translate import Answer
from scimbridge.pingone import filters as native
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native

NOBODY = "00000000-0000-4000-8000-000000000000"  # an id that nothing has


@dataclass(frozen=True, slots=True)
class Holders:
    """The resources linked to one id: their ids, and their records where these were read; `link` is what they hold."""

    link: Any
    ids: frozenset[str]
    records: tuple[Native, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """How one resource type's memberships are read; `field` is where a record holds them.

    `pushed` is what PingOne is asked for the resources linked to an id, None where it has no filter for it. `holders`
    are the resources linked to each id: what the client may not know of is linked to nothing. `whole` gives records
    all their memberships. Both raise `TooMany` before the first call that would be too late. `shows`: whether the
    client may know of what has the id. `is_filled`: whether a record says by itself that it has a membership that the
    client sees.
    """

    field: str
    pushed: Callable[[str], native.Node] | None
    holders: Callable[[RequestContext, tuple[str, ...]], list[Holders]]
    whole: Callable[[RequestContext, list[Native]], list[Native]]
    shows: Callable[[RequestContext, str], bool]
    is_filled: Callable[[RequestContext, Native], bool]


class Linked:
    """The memberships that decide one filter, for one request; `base` is the SCIM base URL."""

    def __init__(self, context: RequestContext, base: str, links: Membership, answer: Answer) -> None:
        self._context = context
        self._base = base
        self._links = links
        self._answer = answer
        self._holders: dict[str, Holders] = {}

    def candidates(self, linked: tuple[tuple[str, ...], ...]) -> list[Native]:
        """Return the only records that can pass: those linked to one id of each of `linked`."""
        self._read(tuple(dict.fromkeys(link for ids in linked for link in ids)))
        found: dict[str, Native] = {}
        for link in linked[0]:
            found.update((record["id"], record) for record in self._holders[link].records)
        for ids in linked[1:]:
            held = frozenset[str]().union(*(self._holders[link].ids for link in ids))
            found = {key: record for key, record in found.items() if key in held}
        return [found[key] for key in sorted(found)]

    def check(self, check: Check, held: tuple[str, ...] = ()) -> Checking:
        """Return the check of records, all of which are linked to the ids in `held`."""
        self._read(tuple(link for link in check.links if link not in held))
        return Checking(self._context, self._base, self._links, self._answer, check, dict(self._holders), held)

    def _read(self, ids: tuple[str, ...]) -> None:
        missing = tuple(link for link in ids if link not in self._holders)
        if missing:
            self._holders.update(zip(missing, self._links.holders(self._context, missing), strict=True))


class Checking:
    """Checks the records of one list, page by page."""

    def __init__(
        self,
        context: RequestContext,
        base: str,
        links: Membership,
        answer: Answer,
        check: Check,
        holders: dict[str, Holders],
        held: tuple[str, ...],
    ) -> None:
        self._context = context
        self._base = base
        self._links = links
        self._answer = answer
        self._check = check
        self._holders = tuple(holders[link] for link in check.links if link not in held)
        self._held = held
        self._decided: dict[str, bool] = {}

    def prepare(self, records: list[Native]) -> None:
        """Decide a page of records, those side by side whose whole lists are needed. Raises `TooMany`."""
        self._decided.clear()
        if self._check.bounds is None:
            return
        open_ones = []
        for record in records:
            decided = self._decide(record)
            if decided is None:
                open_ones.append(record)
            else:
                self._decided[record["id"]] = decided
        if open_ones:
            for record in self._links.whole(self._context, open_ones):
                self._decided[record["id"]] = self._check.keeps(self._answer(record, self._base))

    def keep(self, record: Native) -> bool:
        """Whether a record passes; one of a page that was prepared, where whole lists may be needed."""
        if self._check.bounds is None:
            return self._check.keeps(self._resource(record))
        return self._decided[record["id"]]

    def _decide(self, record: Native) -> bool | None:
        filled = self._links.is_filled(self._context, record)
        bounds = self._check.filled if filled else self._check.bounds
        if bounds is None:
            return None
        resource: Any = self._resource(record)
        possible, certain = bounds.possible(resource), bounds.certain(resource)
        return certain if possible == certain else None

    def _resource(self, record: Native) -> Any:
        """Translate a record with those of its memberships that the filter names."""
        key = record["id"]
        links = [*(holders.link for holders in self._holders if key in holders.ids), *self._held]
        return self._answer(Native({**record, self._links.field: links}), self._base)


def keep_by(answer: Answer, check: Check, base: str) -> Keep:
    """Return the check of records where no memberships are asked about."""
    keeps = check.keeps
    return lambda record: keeps(answer(record, base))
