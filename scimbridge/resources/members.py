"""Members of groups: read by page, added and removed by one call each, in parallel and exact.

PingOne has no bulk call and no transaction. Each change is safe to repeat, so what a deadline cuts off is finished by
the same request sent again. A refusal is different: its cause is read once, and what this request had done is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from scimbridge.mapping.plan import Links, Member
from scimbridge.pingone import filters as native
from scimbridge.pingone.bodies import direct_members, is_surely_empty
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import NotThere, PingOneError, Refused
from scimbridge.pingone.memberships import Outcome
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target
from scimbridge.resources.refusals import RETRY_AFTER
from scimbridge.scim.errors import InvalidValue, Mutability, NotFound, ScimError, TooMany, Unavailable

Record = dict[str, Any]
COLLECTION = {"User": "users", "Group": "groups"}
IN_FLIGHT = 32  # membership calls of one request at a time
NAMED = 20  # members that an error names
FEW = 100  # changes up to which all are tried, so that an error names every member that is wrong


@dataclass(frozen=True, slots=True)
class _Change:
    add: bool
    member: Member


@dataclass(slots=True)
class _Run:
    """What became of the changes of one request."""

    done: list[tuple[_Change, str, Outcome]] = field(default_factory=list)  # with the kind that it turned out to be
    refused: list[tuple[_Change, Refused]] = field(default_factory=list)
    failed: PingOneError | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """How many direct members came and went; `certain` is False where a lost answer leaves that open."""

    users: int
    groups: int
    certain: bool
    undo: Callable[[Call], list[Member]]


class Members:
    """The members of the groups of one environment."""

    def __init__(
        self, target: Target, pool: Executor, *, page_size: int, rate: float, clock: Callable[[], float]
    ) -> None:
        self._target = target
        self._pool = pool
        self._page_size = page_size
        self._rate = rate
        self._clock = clock

    # -- reading ---------------------------------------------------------------------------------------------------

    def read(self, call: Call, group: Record) -> list[Record]:
        """Return all members as `{"id", "type"}`: users, also through nesting and filters, and member groups."""
        if is_surely_empty(group):
            return []
        asked = native.render(native.MemberOf(group["id"]))
        found = [{"id": key, "type": "User"} for key in self._ids(call, self._target.users, asked)]
        if direct_members(group)[1] != 0:
            found += [{"id": key, "type": "Group"} for key in self._ids(call, self._target.groups, asked)]
        return found

    def read_one_page(self, call: Call, group: Record) -> list[Record] | None:
        """Return all members where that costs one page of users, else None."""
        users, _groups = direct_members(group)
        if users is not None and users > self._page_size:
            return None
        if is_surely_empty(group):
            return []
        asked = native.render(native.MemberOf(group["id"]))
        page = self._target.users.page(call, filter=asked, limit=self._page_size)
        if page.next is not None:
            return None
        found = [{"id": record["id"], "type": "User"} for record in page.records]
        if direct_members(group)[1] != 0:
            found += [{"id": key, "type": "Group"} for key in self._ids(call, self._target.groups, asked)]
        return found

    def read_each(self, call: Call, groups: Iterable[Record]) -> list[list[Record]]:
        """Return the members of several groups, read in parallel."""
        return list(self._pool.map(lambda group: self.read(call, group), groups))

    def pages(self, group: Record) -> int:
        """Return how many calls it costs at least to read the members."""
        if is_surely_empty(group):
            return 0
        users, groups = direct_members(group)
        return max(1, -(-(users or 0) // self._page_size)) + (0 if groups == 0 else 1)

    def check_time(self, call: Call, groups: Iterable[Record]) -> None:
        """Refuse what cannot end before the deadline at the rate that PingOne allows. Raises `TooMany`."""
        calls = sum(self.pages(group) for group in groups)
        if calls / self._rate > call.deadline - self._clock():
            msg = (
                f"the members of these groups take {calls} calls to PingOne, more than fit into the time of a request;"
                " add excludedAttributes=members, or ask for fewer groups with count"
            )
            raise TooMany(msg)

    def users_of(self, call: Call, group_id: str) -> frozenset[str]:
        """Return the ids of a group's users; none where there is no such group."""
        try:
            return frozenset(self._ids(call, self._target.users, native.render(native.MemberOf(group_id))))
        except NotThere:
            return frozenset()

    def groups_of(self, call: Call, member_id: str) -> list[Record]:
        """Return the groups that a user or group is in; none where there is no such member."""
        found: dict[str, Record] = {}
        for kind in COLLECTION.values():
            try:
                for page in self._target.memberships.of(call, kind, member_id, self._page_size):
                    for membership in page.records:
                        embedded = membership.get("_embedded")
                        whole = embedded.get("group") if isinstance(embedded, dict) else None
                        found[membership["id"]] = whole or self._target.groups.read(call, membership["id"])
            except NotThere:
                continue
        return [found[key] for key in sorted(found)]

    def _ids(self, call: Call, collection: Collection, asked: str) -> list[str]:
        ids: dict[str, None] = {}
        for page in collection.pages(call, filter=asked, limit=self._page_size):
            ids.update(dict.fromkeys(record["id"] for record in page.records))
        return list(ids)

    # -- changing --------------------------------------------------------------------------------------------------

    def change(self, call: Call, group_id: str, links: Links) -> Made:
        """Carry out membership changes.

        Raises `InvalidValue` naming members that cannot be added, `Mutability` naming members that cannot be removed
        (both after undoing what was done), `NotFound` where the group is not there, and `Unavailable` with how much
        was done where PingOne or the time fails.
        """
        nested = [_Change(False, member) for member in links.remove if member.kind == "Group"]
        others = [_Change(False, member) for member in links.remove if member.kind != "Group"]
        others += [_Change(True, member) for member in links.add]
        total = len(nested) + len(others)
        run = _Run()
        # A member group goes first: with it go the memberships that came through it.
        for changes in (nested, others):
            self._carry_out(call, group_id, changes, run, stop_early=total > FEW)
            if run.refused or run.failed is not None:
                break
        if run.refused:
            raise self._explain(call, group_id, run)
        if run.failed is not None:
            after = run.failed.retry_after
            raise Unavailable(
                f"{len(run.done)} of {total} membership changes are done, then PingOne was not available or the time was"
                " up; the same request sent again does the rest",
                retry_after=RETRY_AFTER if after is None else max(1, round(after)),
            ) from run.failed
        return Made(
            users=_net(run, "users"),
            groups=_net(run, "groups"),
            certain=all(outcome is not Outcome.PERHAPS for _change, _kind, outcome in run.done),
            undo=lambda call: self._undo(call, group_id, run),
        )

    def _carry_out(self, call: Call, group_id: str, changes: list[_Change], run: _Run, *, stop_early: bool) -> None:
        waiting = iter(changes)
        flying: dict[Future[tuple[str, Outcome]], _Change] = {}

        def launch() -> None:
            while len(flying) < IN_FLIGHT and run.failed is None and not (run.refused and stop_early):
                change = next(waiting, None)
                if change is None:
                    return
                flying[self._pool.submit(self._one, call, group_id, change)] = change

        launch()
        while flying:
            finished, _rest = wait(flying, return_when=FIRST_COMPLETED)
            for future in finished:
                change = flying.pop(future)
                try:
                    kind, outcome = future.result()
                except Refused as error:
                    run.refused.append((change, error))
                except PingOneError as error:
                    run.failed = run.failed or error
                else:
                    run.done.append((change, kind, outcome))
            launch()

    def _one(self, call: Call, group_id: str, change: _Change) -> tuple[str, Outcome]:
        member = change.member
        kind = COLLECTION[member.kind or "User"]
        if not change.add:
            outcome = self._target.memberships.remove(call, kind, member.id, group_id)
            if outcome is Outcome.ALREADY and member.kind is None:
                return "groups", self._target.memberships.remove(call, "groups", member.id, group_id)
            return kind, outcome
        try:
            return kind, self._target.memberships.add(call, kind, member.id, group_id)
        except NotThere:
            if member.kind is not None or not _exists(self._target.groups, call, member.id):
                raise
            return "groups", self._target.memberships.add(call, "groups", member.id, group_id)

    def _undo(self, call: Call, group_id: str, run: _Run) -> list[Member]:
        """Take back what changed anything. Returns the members for which that failed."""
        stands = []
        changed = [(change, kind) for change, kind, outcome in run.done if outcome is not Outcome.ALREADY]
        memberships = self._target.memberships
        futures = [
            (change.member, self._pool.submit(memberships.remove if change.add else memberships.add,
                                              call, kind, change.member.id, group_id))
            for change, kind in changed
        ]  # fmt: skip
        for member, future in futures:
            if future.exception() is not None:
                stands.append(member)
        return stands

    # -- saying what was wrong -------------------------------------------------------------------------------------

    def _explain(self, call: Call, group_id: str, run: _Run) -> ScimError:
        """Undo, read the cause once, and return the refusal."""
        stands = self._undo(call, group_id, run)
        kept = f"; could not be taken back: {_names(stands)}" if stands else ""
        try:
            group = self._target.groups.read(call, group_id)
        except NotThere:
            return NotFound("no Group of that id")
        removals = [change.member for change, _error in run.refused if not change.add]
        if removals:
            return Mutability(
                "members: these stem from a dynamic filter or from a member group and cannot be removed by hand:"
                f" {_names(removals)}{kept}"
            )
        unknown = [change.member for change, error in run.refused if isinstance(error, NotThere)]
        if unknown:
            return InvalidValue(f"members: there is no such user or group: {_names(unknown)}{kept}")
        return InvalidValue(f"members: {self._reason(call, group, run)}{kept}")

    def _collection(self, member: Member) -> Collection:
        return self._target.groups if member.kind == "Group" else self._target.users

    def _reason(self, call: Call, group: Record, run: _Run) -> str:
        own = _population(group)
        refused = [change.member for change, _error in run.refused]
        if own is None:
            return f"PingOne does not take these into the group: {_names(refused)}"
        strangers = []
        for member in refused[:NAMED]:
            try:
                record = self._collection(member).read(call, member.id)
            except PingOneError:
                continue
            if _population(record) != own:
                strangers.append(f"{member.id} is of population {_population(record)}")
        if not strangers:
            return f"PingOne does not take these into the group: {_names(refused)}"
        return f"the group takes members of its own population {own} only; {', '.join(strangers)}"


def _exists(collection: Collection, call: Call, key: str) -> bool:
    try:
        collection.read(call, key)
    except NotThere:
        return False
    return True


def _population(record: Record) -> str | None:
    held = record.get("population")
    return held.get("id") if isinstance(held, dict) else None


def _net(run: _Run, kind: str) -> int:
    return sum(
        1 if change.add else -1 for change, found, outcome in run.done if found == kind and outcome is Outcome.DONE
    )


def _names(members: list[Member]) -> str:
    named = ", ".join(member.id[:64] for member in members[:NAMED])
    return named if len(members) <= NAMED else f"{named} and {len(members) - NAMED} more"
