"""Lists: a window of an answer, made from PingOne's pages, exact or refused (RFC 7644 §3.4.2, RFC 9865).

PingOne answers what it can of the filter; the rest is checked here. A page that cannot be read in full is an error,
never a short page. How a window is read is in `windows`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from scimbridge.lists.knowledge import DirectoryKnowledge
from scimbridge.lists.marks import Mark
from scimbridge.lists.membership_questions import NOBODY, Checking, Linked, Membership, keep_by
from scimbridge.lists.pages import Pages
from scimbridge.lists.pushed import render_all, to_native
from scimbridge.lists.read_ahead import ReadAhead
from scimbridge.lists.reading import Keep, ReadWindow, Source
from scimbridge.lists.root_places import RootPlaces
from scimbridge.lists.walk_progress import WalkProgress
from scimbridge.lists.walk_state import WalkState
from scimbridge.lists.walks import Vouches, Walks, always
from scimbridge.lists.windows import Windows
from scimbridge.mapping.membership_questions import Check
from scimbridge.mapping.query import PUSHED_LENGTH, Query, plan_filter
from scimbridge.mapping.translate import silent
from scimbridge.once.recent_names import RecentNames
from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.paging import Page
from scimbridge.reach.confinement import Confinement
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.request.view import View
from scimbridge.scim.filtering import trees
from scimbridge.scim.paging import Window
from scimbridge.sides import Native
from scimbridge.state.base import State

_ALL = Query(
    pushed=None, exact=True, check=Check(lambda _resource: True), id=None, doubtful=(), asked=(), linked=(),
    beside=Check(lambda _resource: True), exact_beside=False, reads=(),
)  # fmt: skip


class Listing:
    """The lists of one resource type."""

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        records: ReachableRecords,
        knowledge: DirectoryKnowledge,
        view: View,
        links: Membership | None,
        fresh: RecentNames,
        state: State,
        *,
        page_size: int,
        scan_limit: int,
        wall: Callable[[], float] = time.time,
        vouches: Vouches = always,
        ahead: ReadAhead | None = None,
        observe_window: Callable[[str], None] = silent,
    ) -> None:
        self.kind = records.name
        self._records = records
        self._view = view
        self._links = links
        self._fresh = fresh
        self._page_size = page_size
        kept = WalkState(state, wall)
        self._windows = Windows(
            Pages(records, page_size, ahead),
            Walks(kept, wall, vouches, observe_window),
            WalkProgress(kept, wall),
            scan_limit,
        )
        self.knowledge = knowledge
        self.places = RootPlaces(state, wall)

    def find(self, context: RequestContext, options: AnswerOptions, text: str | None, window: Window) -> ReadWindow:
        """Return the records of an index window. Raises `InvalidFilter`, `TooMany` and PingOne's errors."""
        node = None if text is None else trees.parse(text)
        return self._with_query(context, options, node, partial(self._windows.at, context, window=window))

    def follow(
        self, context: RequestContext, options: AnswerOptions, text: str | None, mark: Mark, count: int
    ) -> ReadWindow:
        """Return the records of a cursor window, which starts at the mark. Raises as `find`, and `ExpiredCursor`."""
        node = None if text is None else trees.parse(text)
        return self._with_query(
            context, options, node, partial(self._windows.from_mark, context, mark=mark, count=count)
        )

    def find_source(self, context: RequestContext, options: AnswerOptions, text: str | None) -> Source:
        """Return what is walked by who reads a whole answer: what PingOne is asked, and how every record is checked.

        Costs a page where there is a filter, since PingOne may refuse it. Raises as `find`.
        """
        found: list[Source] = []

        def look(source: Source) -> ReadWindow:
            if source.asked is not None:
                self._records.page(context, filter=source.asked, limit=self._page_size)
            found.append(source)
            return ReadWindow([], 1, None)

        node = None if text is None else trees.parse(text)
        self._with_query(context, options, node, look)
        return found[-1] if found else self._given(context, options, node, [])

    # -- which records are candidates ------------------------------------------------------------------------------

    def _with_query(
        self,
        context: RequestContext,
        options: AnswerOptions,
        node: trees.Node | None,
        read: Callable[[Source], ReadWindow],
    ) -> ReadWindow:
        within = self._records.within(context)
        plan = None if node is None else plan_filter(node, self._view.table, strict=context.manner.strict)
        if within.is_closed:
            return ReadWindow([], 0, None)
        while True:
            query = _ALL if plan is None else plan.split(self.knowledge)
            if query.doubtful and query.id is None and self.knowledge.learn_case(context.call, query.doubtful):
                continue
            linked = self._linked(context, options, query)
            candidates = self._candidates(context, query, linked)
            if candidates is not None:
                return read(self._given(context, options, node, self._checked(options, query, linked, candidates)))
            source = self._source(context, options, node, query)
            try:
                return self._look(context, query, source, partial(read, source))
            except Refused as error:
                confined = source.confined and self.knowledge.learn_confinement(context.call, error, within.condition)
                if not confined and not self.knowledge.learn_refusal(error, query.asked):
                    raise

    def _look(
        self, context: RequestContext, query: Query, source: Source, read: Callable[[], ReadWindow]
    ) -> ReadWindow:
        """Read, and again for a moment where PingOne does not show yet what this bridge has just made."""
        found = read()
        for _pause in self._fresh.looks(context, query.pushed) if not found.total else ():
            found = read()
            if found.total:
                break
        if found.wider:
            self.knowledge.learn_wider(query.asked, confined=source.confined)
        return found

    def _candidates(self, context: RequestContext, query: Query, linked: Linked | None) -> list[Native] | None:
        """Return the few records that the filter can hold for, where it names ids; None where pages are walked."""
        if query.id is not None:
            if not is_id(query.id):
                return []
            try:
                return [self._records.read(context, query.id)]
            except NotThere:
                return []
        if query.linked and linked is not None and self._links is not None:
            if self._links.pushed is None:
                return linked.candidates(query.linked)
            if not all(self._shown(context, self._links, ids) for ids in query.linked):
                return []
        return None

    def _linked(self, context: RequestContext, options: AnswerOptions, query: Query) -> Linked | None:
        return (
            None
            if self._links is None
            else Linked(context, options.base, self._links, self._view.for_filter(query.reads))
        )

    def _shown(self, context: RequestContext, links: Membership, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(key for key in ids if is_id(key) and links.shows(context, key))

    def _checked(
        self, options: AnswerOptions, query: Query, linked: Linked | None, candidates: list[Native]
    ) -> list[Native]:
        """Return those of a few records that pass the whole filter."""
        if not candidates:
            return []
        keep, checking = self._keep(options, query, query.check, linked)
        if checking is not None:
            checking.prepare(candidates)
        return [record for record in candidates if keep(record)]

    def _given(
        self, context: RequestContext, options: AnswerOptions, node: trees.Node | None, records: list[Native]
    ) -> Source:
        known = tuple(sorted(records, key=lambda record: record["id"]))
        return Source(None, exact=True, keep=None, walk=self._walk_name(context, options, node), given=known)

    def _source(self, context: RequestContext, options: AnswerOptions, node: trees.Node | None, query: Query) -> Source:
        """Return what is asked of PingOne, and how every record of its answer is checked, whatever was asked."""
        parts: list[native.Node] = [] if query.pushed is None else [to_native(query.pushed)]
        links, held = self._pushed_links(context, query)
        exact, check = query.exact, query.check
        if links:
            exact, check = query.exact_beside, query.beside
        within = self._records.within(context)
        walk = self._walk_name(context, options, node)
        confined = self._confined(within, parts, links)
        if confined is not None:
            exact = exact and confined == [*parts, *links, within.condition]
        asked = [*parts, *links] if confined is None else confined
        keep, checking = (None, None)
        if node is not None:
            keep, checking = self._keep(options, query, check, self._linked(context, options, query), held)

        def prepare(page: Page) -> None:
            if links and page.full and self._links is not None and self._links.pushed is not None:
                self.knowledge.check_heeded(context.call, self._links.pushed(NOBODY))
            if checking is not None:
                checking.prepare(page.records)

        return Source(
            render_all(asked) if asked else None,
            exact and (confined is not None or within.is_open) and not self.knowledge.is_wider(query.asked),
            keep, walk, confined=confined is not None, prepare=prepare,
        )  # fmt: skip

    def _pushed_links(self, context: RequestContext, query: Query) -> tuple[list[native.Node], tuple[str, ...]]:
        """Return what PingOne is asked for a filter's memberships, and the ids to which all that it finds is linked.

        Nothing where that would be too long; it is then read who is linked.
        """
        if self._links is None or self._links.pushed is None:
            return [], ()
        asked: list[native.Node] = []
        for ids in query.linked:
            terms = tuple(map(self._links.pushed, self._shown(context, self._links, ids)))
            asked.append(terms[0] if len(terms) == 1 else native.Any_(terms))
        if not asked or len(render_all(asked)) > PUSHED_LENGTH:
            return [], ()
        return asked, tuple(ids[0] for ids in query.linked if len(ids) == 1)

    def _confined(
        self, within: Confinement, parts: list[native.Node], links: list[native.Node]
    ) -> list[native.Node] | None:
        """Return what PingOne is asked with the client's populations; None where it cannot be asked for them.

        Where all is too long together, the client's own filter is checked here instead: with the populations left out,
        how long the answer takes would tell how much there is of it elsewhere.
        """
        condition = within.condition
        if condition is None or not self.knowledge.answers_confinement():
            return None
        tries = ([*parts, *links, condition], [*links, condition])
        return next((asked for asked in tries if len(render_all(asked)) <= PUSHED_LENGTH), None)

    def _keep(
        self, options: AnswerOptions, query: Query, check: Check, linked: Linked | None, held: tuple[str, ...] = ()
    ) -> tuple[Keep, Checking | None]:
        """Return the check of records, and what prepares it for memberships; `held` are links that all of them have."""
        if linked is None or not (check.links or check.bounds):
            return keep_by(self._view.for_filter(query.reads), check, options.base), None
        checking = linked.check(check, held)
        return checking.keep, checking

    def mark(self, context: RequestContext) -> str:
        """Return what stands for how far the caller may go, for names of walks and for cursors."""
        return self._records.within(context).mark

    def _walk_name(self, context: RequestContext, options: AnswerOptions, node: trees.Node | None) -> str:
        text = "" if node is None else trees.render(node)
        # A reader asks for the same attributes on every page: who asks for others is another one.
        shown = (options.attributes or "", options.excluded or "")
        return Walks.name((self.kind, text, context.caller.name, self.mark(context), str(self._page_size), *shown))
