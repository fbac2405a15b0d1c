"""List answers: from query parameters to a ListResponse, by index or by cursor (RFC 7644 §3.4.2, RFC 9865).

One `Lists` serves one resource type; `Everything` asks all types in turn, for a query at the root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.lists.listing import Listing
from scimbridge.lists.marks import START, Mark
from scimbridge.lists.reading import ReadWindow
from scimbridge.lists.walks import Walks
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.request.refusals import refusing
from scimbridge.request.rights import check_any, check_shown, may_read
from scimbridge.request.view import View
from scimbridge.scim.catalogue import LIST_URN
from scimbridge.scim.cursors import Seal
from scimbridge.scim.errors import InvalidCursor, InvalidFilter
from scimbridge.scim.filtering.filter_dialects import read_filter_text
from scimbridge.scim.paging import Window, parse_cursor_count, parse_window
from scimbridge.scim.verbs import READ
from scimbridge.sides import Native
from scimbridge.trail.attempts import UNTRACED, Trail

Record = dict[str, Any]
Complete = Callable[
    [RequestContext, AnswerOptions, list[Native]], list[Native]
]  # gives records what lists do not hold, such as members

DEFAULT_COUNT = 100
MOST = 1000
CURSOR_LIFE = 600  # seconds; PingOne's own cursors live for minutes


def default_count(caller: Caller) -> int:
    """Return how many results a client gets that names no count."""
    return DEFAULT_COUNT if caller.default_count is None else caller.default_count


class Lists:
    """The lists of one resource type."""

    def __init__(
        self, listing: Listing, view: View, complete: Complete | None, seal: Seal, wall: Callable[[], float]
    ) -> None:
        self.view = view
        self.listing = listing
        self._complete = complete
        self._seal = seal
        self._wall = wall

    @property
    def kind(self) -> str:
        """What is listed: users, groups or populations."""
        return self.listing.kind

    def answer(self, context: RequestContext, options: AnswerOptions, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return the ListResponse to a query. Raises what the parameters or PingOne get wrong."""
        text = read_filter(context, parameters, self.view.table.type.urns)
        self.view.list_projection(options)  # what is wrong with it is told before anything is read
        check_shown(context.caller, self.view.scopes_for(options))
        if "cursor" in parameters:
            return self._by_cursor(context, options, text, parameters)
        window = parse_window(
            parameters.get("startIndex") or None,
            parameters.get("count") or None,
            default=default_count(context.caller),
            maximum=MOST,
        )
        with refusing(self.view.table, reading=True):
            found = self.listing.find(context, options, text, window)
            resources = self.resources(context, options, found.records)
        return list_response(resources, found.total, window.start)

    def _by_cursor(
        self, context: RequestContext, options: AnswerOptions, text: str | None, parameters: Mapping[str, str]
    ) -> dict[str, Any]:
        count = parse_cursor_count(parameters.get("count") or None, default=default_count(context.caller), maximum=MOST)
        bound_to = "\0".join((
            self.view.table.type.name, context.caller.name, self.listing.mark(context),
            text or "", options.attributes or "", options.excluded or "",
        ))  # fmt: skip
        now = self._wall()
        sealed = parameters["cursor"]
        mark = Mark.load(self._seal.open(sealed, bound_to, now)) if sealed else START
        with refusing(self.view.table, reading=True):
            found = self.listing.follow(context, options, text, mark, count)
            resources = self.resources(context, options, found.records)
        message = list_response(resources, found.total, None)
        if found.next is not None and count:
            message["nextCursor"] = self._seal.seal(found.next.dump(), bound_to, now + CURSOR_LIFE)
        return message

    def resources(self, context: RequestContext, options: AnswerOptions, records: list[Native]) -> list[Any]:
        """Return records as the client is shown them in a list."""
        if self._complete is not None:
            records = self._complete(context, options, records)
        return list(map(self.view.in_list(options), records))


def read_filter(context: RequestContext, parameters: Mapping[str, str], urns: Iterable[str]) -> str | None:
    """Return the filter of a query over types with these URNs, None where there is none.

    Raises `InvalidFilter` for an empty one: who sends it meant to ask for less than everything (RFC 7644 §3.4.2.2).
    """
    text = parameters.get("filter")
    if text is None:
        return None
    if not text.strip():
        msg = 'the filter is empty: leave it out to ask for everything, or compare, as in: attribute eq "value"'
        raise InvalidFilter(msg)
    return text if context.manner.strict else read_filter_text(text, urns)


def list_response(resources: list[Record], total: int, start: int | None) -> dict[str, Any]:
    """Return a ListResponse message; `start` is None in answers to cursors."""
    message: dict[str, Any] = {"schemas": [LIST_URN], "totalResults": total, "itemsPerPage": len(resources)}
    if start is not None:
        message["startIndex"] = start
    message["Resources"] = resources
    return message


class Everything:
    """Queries at the root: all resource types that the client may read, one after the other (RFC 7644 §3.4.2.1)."""

    def __init__(self, lists: Iterable[Lists], trail: Trail = UNTRACED) -> None:
        self._lists = tuple(lists)
        self._trail = trail

    def check_allowed(self, context: RequestContext) -> None:
        """Hold the client to its rights, before anything of the request is looked at. Raises `Forbidden`."""
        check_any(context.caller, [lists.kind for lists in self._lists], READ)

    def answer(self, context: RequestContext, options: AnswerOptions, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return the ListResponse over all types. A type that has not the filter's attributes has no match."""
        types = (lists.view.table.type for lists in self._lists)
        with self._trail.searching(context, types, parameters.get("filter")) as noted:
            return noted.notes.listed(self._answer(noted, options, parameters))

    def _answer(self, context: RequestContext, options: AnswerOptions, parameters: Mapping[str, str]) -> dict[str, Any]:
        self.check_allowed(context)
        readable = [lists for lists in self._lists if may_read(context.caller, lists.kind)]
        if "cursor" in parameters:
            msg = "a query over all resource types is paged by startIndex and count; cursors go with one type"
            raise InvalidCursor(msg)
        text = read_filter(context, parameters, [urn for lists in readable for urn in lists.view.table.type.urns])
        window = parse_window(
            parameters.get("startIndex") or None,
            parameters.get("count") or None,
            default=default_count(context.caller),
            maximum=MOST,
        )
        walk = _walk_name(context, options, text, readable)
        places = readable[0].listing.places  # the same for all types
        behind = places.find(walk, window.start) if window.count else ()
        resources: list[Record] = []
        total, refused, ended = sum(behind), [], list(behind)
        for number, lists in enumerate(readable[len(behind) :], len(behind)):
            start = max(1, window.start - total)
            part = Window(start, max(0, window.count - len(resources)))
            try:
                with refusing(lists.view.table, reading=True):
                    found: ReadWindow = lists.listing.find(context, options, text, part)
                    resources += lists.resources(context, options, found.records)
            except InvalidFilter as error:
                refused.append(error)
                ended += [0] * (len(ended) == number)
                continue
            total += found.total
            if part.count and found.next is None and len(ended) == number:
                ended.append(found.total)
        if len(refused) == len(readable):
            raise refused[0]
        if resources:
            is_over = len(ended) == len(readable) and window.start + len(resources) > total
            places.keep(walk, window, len(resources), None if is_over else tuple(ended))
        return list_response(resources, total, window.start)


def _walk_name(context: RequestContext, options: AnswerOptions, text: str | None, types: Iterable[Lists]) -> str:
    within = [(lists.kind, lists.listing.mark(context)) for lists in types]
    return Walks.name(
        ("root", text or "", context.caller.name, options.attributes or "", options.excluded or "", repr(within))
    )
