"""The members of many groups, side by side: pages of PingOne's records of members, each with its group.

No record says whose member it is, so PingOne is first shown to mind the filter that asks for them. Members through
nesting and dynamic filters are those that come without `direct` and did not come with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from scimbridge.lists.membership_questions import NOBODY
from scimbridge.pingone import filters as native
from scimbridge.pingone.bodies import direct_members, is_dynamic, is_surely_empty
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.filters import MemberOf
from scimbridge.pingone.kinds import GROUPS, USERS
from scimbridge.pingone.paging import Page
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.directory.reading import PatientReader, ReadLists, SideBySide
from scimbridge.sync.directory.tally import Tally
from scimbridge.sync.directory.walking import Tell, choose_parallel, read_populations
from scimbridge.sync.directory.whole_lists import Division, PageCall, WholeList

KINDS = (USERS, GROUPS)


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Members of one group that have not come before. `kind` is users or groups, `asked` the filter that found them.

    `ended`: no more come by that filter. A group that is gone, or is empty, has pages without members, or none.
    """

    group: Native
    kind: str
    direct: bool
    members: list[Native]
    asked: str
    ended: bool

    @property
    def ids(self) -> list[str]:
        """The ids of the members."""
        return [member["id"] for member in self.members]


@dataclass(slots=True)
class MembersWalk:
    """One walk. `pages` can be gone through once; the rest holds after its end.

    `counted` is what PingOne counts of all members, None where it does not say.
    """

    pages: Generator[MembersPage]
    count: int = 0
    counted: int | None = 0


@dataclass(frozen=True, slots=True)
class _ListAsked:
    group: Native
    kind: str
    direct: bool
    text: str


def walk_members(
    desk: SyncDesk,
    context: RequestContext,
    groups: Iterable[Native],
    *,
    indirect: bool = False,
    parallel: int | None = None,
    tell: Tell = lambda _read, _total: None,
    earlier: Mapping[str, Iterable[str]] | None = None,
    done: AbstractSet[str] = frozenset(),
) -> MembersWalk:
    """Begin a walk over the direct members of groups, which may come one by one; with `indirect` over the others too.

    `earlier` are ids that came in an earlier walk, by the filter that found them, and `done` the filters by which no
    more come. Raises as `walking.walk`, and `Misconfigured` where PingOne does not mind the filter.
    """
    run = _MembersRun(desk, context, parallel or choose_parallel(desk.bridge.parts.rate), earlier or {}, done)

    def pages() -> Generator[MembersPage]:
        run.check_heeded()
        later: list[tuple[_ListAsked, Tally]] = []
        for each in run.read(run.open_direct(groups, later if indirect else None), found):
            tell(found.count, None)
            yield each
        for each in run.read(iter(later), found):
            tell(found.count, None)
            yield each
        found.counted = run.counted()

    found = MembersWalk(pages())
    return found


class _MembersRun:
    """What all lists of one walk share."""

    def __init__(
        self,
        desk: SyncDesk,
        context: RequestContext,
        most: int,
        earlier: Mapping[str, Iterable[str]],
        done: AbstractSet[str],
    ) -> None:
        self._desk = desk
        self._context = context
        self._most = most
        self._earlier = earlier
        self._ended = done
        self._stopped = threading.Event()
        self._gone: set[WholeList] = set()
        self._counts: dict[tuple[str, str], int | None] = {}
        parts = desk.bridge.parts
        self._clock = parts.wall
        self._division = Division(readers=most, populations=cache(lambda: read_populations(desk, context)))
        self._readers: dict[str, Callable[[PageCall], Page]] = {
            kind.collection: PatientReader(
                desk.endpoint(kind.name).records, context,
                limit=parts.page_size, sleep=parts.sleep, stopped=self._stopped,
            )
            for kind in KINDS
        }  # fmt: skip

    def check_heeded(self) -> None:
        """Hold PingOne to the filter: it must find nobody in a group that is not there. Raises `Misconfigured`."""
        for kind in KINDS:
            knowledge = self._desk.endpoint(kind.name).lists.listing.knowledge
            knowledge.check_heeded(self._context.call, MemberOf(NOBODY))

    def open_direct(
        self, groups: Iterable[Native], later: list[tuple[_ListAsked, Tally]] | None
    ) -> Iterator[tuple[_ListAsked, Tally]]:
        """Yield what is asked for the direct members of groups; `later` is given what is to be asked after that."""
        for group in groups:
            if is_surely_empty(group):
                continue
            for kind, number in zip(KINDS, direct_members(group), strict=True):
                text = native.render(MemberOf(group["id"], direct=True))
                tally = self._open_tally(text, kind.collection)
                if f"{kind.collection} {text}" in self._ended:
                    self._counts[group["id"], kind.collection] = len(tally)
                elif number != 0 or is_dynamic(group):
                    yield _ListAsked(group, kind.collection, True, text), tally
                if later is not None and _may_have_indirect(group):
                    later.append(
                        (_ListAsked(group, kind.collection, False, native.render(MemberOf(group["id"]))), tally)
                    )

    def _open_tally(self, text: str, kind: str) -> Tally:
        seen = tuple(self._earlier.get(f"{kind} {text}", ()))
        return Tally(seen=seen, old=len(seen))

    def read(self, asked: Iterator[tuple[_ListAsked, Tally]], found: MembersWalk) -> Iterator[MembersPage]:
        """Yield what comes of lists."""
        known: dict[WholeList, _ListAsked] = {}

        def open_lists() -> Iterator[tuple[WholeList, Callable[[PageCall], Page]]]:
            for each, tally in asked:
                if not each.direct:
                    seen = self._earlier.get(f"{each.kind} {each.text}", ())
                    tally.take(Native({"id": key}) for key in seen)
                    if f"{each.kind} {each.text}" in self._ended:
                        self._counts[each.group["id"], each.kind] = len(tally)
                        continue
                whole = WholeList(
                    each.text, tally, self._division if each.kind == USERS.collection else None, clock=self._clock
                )
                known[whole] = each
                yield whole, self._readers[each.kind]

        def is_gone(whole: WholeList, error: Refused) -> bool:
            gone = self._is_gone(known[whole].group, error)
            if gone:
                self._gone.add(whole)
            return gone

        self._stopped.clear()
        for fresh in SideBySide(ReadLists(open_lists(), is_gone), self._most, self._stopped):
            each = known[fresh.of]
            if fresh.ended:
                del known[fresh.of]
                self._note_count(fresh.of, each)
            found.count += len(fresh.records)
            of = f"{each.kind} {each.text}"
            yield MembersPage(each.group, each.kind, each.direct, fresh.records, of, fresh.ended)

    def _note_count(self, whole: WholeList, each: _ListAsked) -> None:
        """Note what PingOne counts of a group's members; all of them, where these were asked for, after the direct."""
        gone = whole in self._gone
        self._gone.discard(whole)
        self._counts[each.group["id"], each.kind] = 0 if gone else whole.counted

    def counted(self) -> int | None:
        """Return what PingOne counts of all members, None where it does not say of some."""
        total = 0
        for count in self._counts.values():
            if count is None:
                return None
            total += count
        return total

    def _is_gone(self, group: Native, error: Refused) -> bool:
        if error.has("INVALID_FILTER"):
            return False
        try:
            self._desk.endpoint(GROUPS.name).records.read(self._context, group["id"])
        except NotThere:
            return True
        return False


def _may_have_indirect(group: Native) -> bool:
    """Whether somebody may be in a group through another, or by its filter."""
    return is_dynamic(group) or direct_members(group)[1] != 0
