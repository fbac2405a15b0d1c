"""One attempt at an operation: who asks for what, of which resource, and the one way to send a call for it.

What every function of this room is given. Which call a row says is printed here; what an answer means is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from scimbridge.operations.rows import NEVER, REPEAT, Operation
from scimbridge.pingone.collections import quote_id
from scimbridge.pingone.media import JSON
from scimbridge.pingone.send import Request, Response
from scimbridge.reach.reach import Reach
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.sides import Native
from scimbridge.state.base import State

KEPT = 60.0
"""Seconds for which what hardly changes is believed."""
MOST_PARTS = 100
"""Records that a list of PingOne's is asked for at a time."""

Json = dict[str, Any]


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
    """`key` is the resource's id, "" where it stands on none; `item` the part's. `values` are the inputs, checked."""

    operation: Operation
    context: RequestContext
    options: AnswerOptions
    around: OperationParts
    key: str = ""
    item: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

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

    def send_row(self, body: Any = None) -> Response:
        """Send the call of the row."""
        call = self.operation.call
        return self.send(call.method, call.path, body=body, media=call.media, query=call.query)

    def read_all(self, path: str, member: str, query: tuple[tuple[str, str], ...] = ()) -> list[Native]:
        """Return every record of a list, over all its pages; lists without pages are one. Raises PingOne's errors."""
        return self.around.reach.read_all(self.context, self._printed(path), member, query, root=path.startswith("/"))

    def kept(self, name: str, read: Callable[[], Any], *, fresh: bool = False) -> Any:
        """Return JSON that is read at most once a minute by all nodes, unless it has to be `fresh`."""
        key = f"operations:{name}"
        kept = None if fresh else self.around.state.get(key)
        if kept is None:
            kept = orjson.dumps(read())
            self.around.state.set(key, kept, KEPT)
        return orjson.loads(kept)

    def of(self, item: str) -> Attempt:
        """Return the attempt at another part."""
        return replace(self, item=item)

    def hurried(self) -> Attempt:
        """Return the attempt whose calls go before what others wait for: it takes rights away."""
        return replace(self, context=replace(self.context, call=replace(self.context.call, urgent=True)))

    def at(self, key: str) -> Attempt:
        """Return the attempt about another resource, which the caller was shown."""
        return replace(self, key=key)

    def _printed(self, path: str) -> str:
        return "/" + path.lstrip("/").format(id=quote_id(self.key), item=quote_id(self.item))
