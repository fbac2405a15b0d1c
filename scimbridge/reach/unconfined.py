"""Questions about a whole environment, whoever asks: no client is shown an answer, only what follows from it.

A name is taken wherever its holder is, and what PingOne's filters do can be learnt from any record. Nothing is written
here. Who may import this is a contract in setup.cfg; see decision 0038.
"""

from __future__ import annotations

from collections.abc import Iterator

from scimbridge.pingone.collections import Collection
from scimbridge.pingone.kinds import GROUPS, KINDS, POPULATIONS, USERS
from scimbridge.pingone.paging import Page
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target
from scimbridge.sides import Native


class UnconfinedRecords:
    """One collection as a whole. `filter` and `limit` are PingOne's words."""

    def __init__(self, collection: Collection) -> None:
        self.name = collection.name
        self._collection = collection

    def read(self, call: Call, key: str) -> Native:
        """Return one record. Raises `NotThere`."""
        return self._collection.read(call, key)

    def page(self, call: Call, *, filter: str | None = None, limit: int) -> Page:  # noqa: A002 - PingOne's word
        """Return the first page."""
        return self._collection.page(call, filter=filter, limit=limit)

    def pages(self, call: Call, *, filter: str | None = None, limit: int) -> Iterator[Page]:  # noqa: A002 - as above
        """Yield every page in turn."""
        return self._collection.pages(call, filter=filter, limit=limit)


class Unconfined:
    """The collections of one environment."""

    def __init__(self, target: Target) -> None:
        self._records = {kind.collection: UnconfinedRecords(target.of(kind.collection)) for kind in KINDS}
        self.users = self.of(USERS.collection)
        self.groups = self.of(GROUPS.collection)
        self.populations = self.of(POPULATIONS.collection)

    def of(self, collection: str) -> UnconfinedRecords:
        """Return the records of one kind. Raises KeyError where no kind is kept in a collection of that name."""
        return self._records[collection]
