"""One attempt at an operation: who asks for what, of which resource, and the one way to send a call for it.

What every function of this room is given. Which call a row says is printed here; what an answer means is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import orjson

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.rows import NEVER, REPEAT, Operation
from scimbridge.pingone.collections import check_id, quote_id
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.media import JSON
from scimbridge.pingone.paging import Page
from scimbridge.pingone.send import Request, Response
from scimbridge.reach.reach import Reach
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.sides import Native
from scimbridge.state.base import State

KEPT = 60.0
"""Seconds for which what hardly changes is believed."""
MOST_PARTS = 100
"""Records that a list of PingOne's is asked for at a time."""

Json = dict[str, Any]
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationParts:
    """What functions need beside the attempt. `wall` is seconds since 1970, `clock` counts, `secret` keys seals.

    `fetch_text` reads an agreement's text where the management API leaves it out: path -> JSON, {} for none. `offset`
    is the directory's clock against the clients'.
    """

    reach: Reach
    state: State
    secret: bytes
    wall: Callable[[], float]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    fetch_text: Callable[[str, float], Json]
    offset: dt.timedelta = dt.timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`key` is the resource's id, "" where it stands on none; `item` the part's. `values` are the inputs, checked.

    `held` is what was kept and asked for already: all functions of one answer see the same, and ask once.
    """

    operation: Operation
    context: RequestContext
    options: AnswerOptions
    around: OperationParts
    key: str = ""
    item: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    held: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_confined(self) -> bool:
        """Whether the client may not go everywhere."""
        return self.context.caller.populations is not None

    def send(
        self, method: str, path: str, *, body: Any = None, media: str | None = None,
        query: tuple[tuple[str, str], ...] = (), again: str | None = None,
    ) -> Response:  # fmt: skip
        """Send a call. `path` is as rows spell it, with {id} and {item}; a leading slash stands beside environments.

        `again` is the row's, where not told otherwise. Raises PingOne's errors.
        """
        again = self.operation.again if again is None else again
        reads = method == "GET"
        request = Request(
            method,
            self._printed(path),
            query,
            body=body,
            media=media or JSON,
            repeatable=True if reads else again == REPEAT or (method == "DELETE" and again != NEVER),
            once=not reads and again == NEVER,
            root=path.startswith("/"),
        )
        return self.around.reach.send(self.context, request)

    def read_part(self) -> Native:
        """Return the part that is named.

        Raises `NotThere`, also where it says that it is another's, and `Unreachable` for another part.
        """
        query = () if self.operation.code else self.operation.call.query  # what else is asked for is the function's
        response = self.send("GET", self.operation.part_path, query=query)
        if self.operation.listed:  # where parts have ids of their own
            check_id(response, "GET", self.item)
        if read_field(response.body, (self.operation.resource.lower(), "id")) not in (None, self.key):
            raise NotThere("another's", status=404)
        return Native(response.body)

    def read_all(self, path: str, member: str, query: tuple[tuple[str, str], ...] = ()) -> list[Native]:
        """Return every record of a list, over all its pages; lists without pages are one. Raises PingOne's errors."""
        return [each for page in self.pages(path, member, query) for each in page.records]

    def pages(self, path: str, member: str, query: tuple[tuple[str, str], ...] = ()) -> Iterator[Page]:
        """Yield the pages of a list, each when it is asked for. Raises PingOne's errors."""
        request = Request("GET", self._printed(path), query, root=path.startswith("/"))
        return self.around.reach.pages(self.context, request, member)

    def kept(self, name: str, read: Callable[[], Kept], *, fresh: bool = False) -> Kept:
        """Return JSON that is read at most once a minute by all nodes, unless it has to be `fresh`."""
        if fresh or name not in self.held:
            key = f"operations:{name}"
            kept = None if fresh else self.around.state.get(key)
            if kept is None:
                kept = orjson.dumps(read())
                self.around.state.set(key, kept, KEPT)
            self.held[name] = orjson.loads(kept)
        return cast(Kept, self.held[name])

    def of(self, item: str) -> Attempt:
        """Return the attempt at another part, which its record names."""
        self.context.notes.about(item)
        return replace(self, item=item)

    def with_ids(self, *names: str) -> Attempt:
        """Return the attempt with ids in small letters, as PingOne writes them, in the inputs of these names."""
        ids = {name: self.values[name].lower() for name in names if is_id(self.values[name])}
        return replace(self, values={**self.values, **ids})

    def hurried(self) -> Attempt:
        """Return the attempt whose calls go before what others wait for: it takes rights away."""
        return replace(self, context=replace(self.context, call=replace(self.context.call, urgent=True)))

    def _printed(self, path: str) -> str:
        return "/" + path.lstrip("/").format(id=quote_id(self.key), item=quote_id(self.item))
