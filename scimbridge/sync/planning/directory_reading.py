"""The directory as planning reads it: whole, once, and single people again before the plan is believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Protocol

from scimbridge.pingone import filters
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.kinds import USERS
from scimbridge.sides import Native
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.directory.members import walk_members
from scimbridge.sync.directory.walking import DirectoryWalk, Tell, walk


class DirectoryReader(Protocol):
    """What planning asks of a directory."""

    def populations(self) -> Iterable[Native]:
        """Return every population."""
        ...

    def groups(self) -> Iterable[Native]:
        """Return every group."""
        ...

    def walk_users(self, tell: Tell) -> DirectoryWalk:
        """Begin a walk over everybody; `tell` hears how many PingOne says there are."""
        ...

    def count(self) -> int | None:
        """Return how many people there are, None where PingOne does not say."""
        ...

    def members(self, group: str, *, direct: bool) -> Iterable[list[str]]:
        """Return the ids of the people in a group, page by page; `direct`: without those through other groups."""
        ...

    def walk_members(self, groups: Iterable[Native]) -> Iterable[tuple[str, list[str]]]:
        """Return the direct members of many groups: the id of a group, and ids of people in it, in any order."""
        ...

    def group(self, key: str) -> Native | None:
        """Return a group as it is now."""
        ...

    def find(self, terms: Iterable[filters.Term]) -> Iterable[Native]:
        """Return the people for whom any of the terms holds."""
        ...

    def person(self, key: str) -> Native | None:
        """Return a person as it is now, None where there is none."""
        ...


class BridgeDirectory:
    """The environment of a bridge, read behind the requests of its clients."""

    def __init__(self, desk: SyncDesk) -> None:
        self._desk = desk
        self._context = desk.context()
        self._users = desk.endpoint("User").records
        self._groups = desk.endpoint("Group").records
        self._limit = desk.bridge.parts.page_size

    def populations(self) -> Iterator[Native]:
        """Yield every population."""
        yield from self._all("Population")

    def groups(self) -> Iterator[Native]:
        """Yield every group."""
        yield from self._all("Group")

    def _all(self, resource: str) -> Iterator[Native]:
        with closing(walk(self._desk, self._context, resource).pages) as pages:
            for page in pages:
                yield from page

    def walk_users(self, tell: Tell) -> DirectoryWalk:
        """Begin a walk over everybody."""
        return walk(self._desk, self._context, "User", tell=tell)

    def count(self) -> int | None:
        """Return PingOne's count: a call."""
        return self._users.page(self._context, limit=self._limit).page.count

    def members(self, group: str, *, direct: bool) -> Iterator[list[str]]:
        """Yield the ids of the people in a group, page by page."""
        asked = filters.render(filters.MemberOf(group, direct=direct))
        for reached in self._users.pages(self._context, filter=asked, limit=self._limit):
            yield [record["id"] for record in reached.page.records]

    def walk_members(self, groups: Iterable[Native]) -> Iterator[tuple[str, list[str]]]:
        """Yield the direct members of groups, side by side."""
        with closing(walk_members(self._desk, self._context, groups).pages) as pages:
            for page in pages:
                if page.kind == USERS.collection:
                    yield page.group["id"], page.ids

    def group(self, key: str) -> Native | None:
        """Read a group."""
        try:
            return self._groups.read(self._context, key)
        except NotThere:
            return None

    def find(self, terms: Iterable[filters.Term]) -> Iterator[Native]:
        """Ask for the people for whom any of the terms holds."""
        parts = tuple(terms)
        asked = filters.render(parts[0] if len(parts) == 1 else filters.Any_(parts))
        for reached in self._users.pages(self._context, filter=asked, limit=self._limit):
            yield from reached.page.records

    def person(self, key: str) -> Native | None:
        """Read a person."""
        try:
            return self._users.read(self._context, key)
        except NotThere:
            return None
