"""Membership changes: added and removed by one call each, in parallel and exact.

PingOne has no bulk call and no transaction. Each change is safe to repeat, so what a deadline cuts off is finished by
the same request sent again. A refusal is different: what this request had surely done is undone, save in a group that
is being created, to which members are only added. Whom a client may not know of is to it nobody: not added, not
removed, and told apart from nobody by no word. How a refusal is worded is in `member_refusals`.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace

from scimbridge.mapping.links import Links, Member
from scimbridge.pingone.errors import NotThere, PingOneError, Refused
from scimbridge.reach.memberships import Outcome
from scimbridge.reach.reach import Reach
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.request.ids import is_id, is_token
from scimbridge.request.progress import PartlyDone
from scimbridge.request.refusals import seconds_to_wait
from scimbridge.resources.members.outcomes import COLLECTION, KIND, Done, MadeChanges, MemberChange, Run, names
from scimbridge.resources.members.own_changes import ChangeState, Recent
from scimbridge.resources.members.refusals import Refusals
from scimbridge.scim.errors import InvalidValue, Unavailable
from scimbridge.scim.reading import Manner
from scimbridge.sides import Native

IN_FLIGHT = 32  # membership calls of one request at a time
FEW = 100  # changes up to which all are tried, so that an error names every member that is wrong


class MemberChanges:
    """Changes the members of the groups of one environment.

    In its methods `group` is the record where the caller has it, and `own` the late changes of that group, where what
    becomes of these is noted. `listed` are ids of members that were read just now, None where none were read: these
    need no look whether the client may know of them.
    """

    def __init__(self, reach: Reach, pool: Executor) -> None:
        self._reach = reach
        self._pool = pool
        self._refusals = Refusals(reach)

    def make(
        self,
        context: RequestContext,
        group_id: str,
        links: Links,
        group: Native | None,
        own: Recent,
        listed: frozenset[str] | None,
    ) -> MadeChanges:
        """Carry out membership changes; where PingOne refuses one, what was done is undone.

        Raises `InvalidValue` naming members that cannot be added, `Uniqueness` naming those that are in a group of
        that name, `Mutability` naming members that cannot be removed (all after undoing what was done), `NotFound`
        where the group is not there, PingOne's `Forbidden`, and `Unavailable` with how much was done where PingOne or
        the time fails.
        """
        total = len(links.add) + len(links.remove)
        run = self._run(context, group_id, links, own, listed, all_tried=total <= FEW)
        if run.refused:
            stands = self._undo(context, group_id, run, own, listed)
            context.notes.joined(run.results(links, stands))
            if stands:
                context.notes.came(f"members: {len(stands)} not taken back")
            kept = f"; could not be taken back: {names([each.member for each in stands])}" if stands else ""
            raise self._refusals.explain(context, group_id, run, group, kept) from run.lost
        if run.failed is not None:
            raise _cut_off(context, run, total) from (run.lost or run.failed)
        return run.made()

    def add(
        self, context: RequestContext, group: Native, links: Links, own: Recent, listed: frozenset[str] | None
    ) -> MadeChanges:
        """Add members to a group that is being created, as `make` does, but undo nothing: all are added that can be."""
        run = self._run(context, group["id"], links, own, listed, all_tried=True)
        if run.failed is not None:
            raise _cut_off(context, run, len(links.add)) from (run.lost or run.failed)
        if run.refused:
            if run.done:
                context.notes.came(f"members: {len(run.done)} of {len(links.add)}")
            kept = "; the others are members now" if run.done else ""
            raise self._refusals.explain(context, group["id"], run, group, kept) from run.lost
        return run.made()

    def _run(
        self,
        context: RequestContext,
        group_id: str,
        links: Links,
        own: Recent,
        listed: frozenset[str] | None,
        *,
        all_tried: bool,
    ) -> Run:
        """Make the calls, and note what became of them; after a refusal the rest only where all are to be tried."""
        gone = [member for member in links.remove if is_id(member.id)]
        nested = [MemberChange(False, member) for member in gone if member.kind == "Group"]
        others = [MemberChange(False, member) for member in gone if member.kind != "Group"]
        others += [MemberChange(True, member) for member in links.add]
        held = {change.member.id for change in others if own.standing(change.member.id) not in (None, ChangeState.OUT)}
        run = Run(listed or frozenset(), frozenset(held))
        own.expect(change.member for change in (*nested, *others))
        try:
            # A member group goes first: with it go the memberships that came through it.
            for changes in (nested, others):
                self._carry_out(context, group_id, changes, run, own, all_tried=all_tried)
                if run.refused or run.failed is not None:
                    break
        finally:
            own.settle(run.outcomes())
            context.notes.joined(run.results(links))
        return run

    def _carry_out(
        self,
        context: RequestContext,
        group_id: str,
        changes: list[MemberChange],
        run: Run,
        own: Recent,
        *,
        all_tried: bool,
    ) -> None:
        waiting = iter(changes)
        flying: dict[Future[Done], MemberChange] = {}

        def launch() -> None:
            while len(flying) < IN_FLIGHT and run.failed is None and (all_tried or not run.refused):
                change = next(waiting, None)
                if change is None:
                    return
                flying[self._pool.submit(self._one, context, group_id, change, run.known, own)] = change

        launch()
        while flying:
            finished, _rest = wait(flying, return_when=FIRST_COMPLETED)
            for future in finished:
                change = flying.pop(future)
                try:
                    run.done.append(future.result())
                except PingOneError as error:
                    run.fail(change, error)
            launch()

    def _one(
        self, context: RequestContext, group_id: str, change: MemberChange, known: frozenset[str], own: Recent
    ) -> Done:
        """Make one change."""
        memberships = self._reach.memberships
        member = change.member if change.member.id in known else self._look(context, change.member)
        if member is None and change.add:
            raise NotThere("no such member", status=404)
        if member is None:
            return Done(change, COLLECTION[change.member.kind or "User"], Outcome.ALREADY, is_seen=False)
        kind = COLLECTION[member.kind or "User"]
        if not change.add:
            outcome = memberships.remove(context, kind, member.id, group_id)
            if outcome is Outcome.ALREADY and member.kind is None:
                kind, outcome = "groups", memberships.remove(context, "groups", member.id, group_id)
            return Done(change, kind, outcome)
        try:
            return Done(change, kind, memberships.add(context, kind, member.id, group_id))
        except NotThere:
            if member.kind is not None or not _exists(self._reach.groups, context, member.id):
                raise
            return Done(change, "groups", memberships.add(context, "groups", member.id, group_id))
        except Refused as error:
            # PingOne may not show yet what was made here a moment ago, and refuses to make it again.
            if own.standing(member.id) is not ChangeState.IN or not error.has("UNIQUENESS_VIOLATION"):
                raise
            return Done(change, kind, Outcome.ALREADY)

    def _look(self, context: RequestContext, member: Member) -> Member | None:
        """Return a member with its kind, or None where the client may know of none; costs nothing where it may of all.

        It is asked for before PingOne is told to change anything: what PingOne would refuse, it would refuse otherwise
        than for nobody.
        """
        for kind in (member.kind,) if member.kind else KIND.values():
            if self._reach.of(COLLECTION[kind]).is_open(context):
                return member
            if _exists(self._reach.of(COLLECTION[kind]), context, member.id):
                return replace(member, kind=kind)
        return None

    def is_visible(self, context: RequestContext, member: Member) -> bool:
        """Whether the client may know of a member: a call or two where it is confined, else none."""
        return self._look(context, member) is not None

    # -- taking back -----------------------------------------------------------------------------------------------

    def _undo(
        self, context: RequestContext, group_id: str, run: Run, own: Recent, listed: frozenset[str] | None
    ) -> list[MemberChange]:
        """Take back what this request surely changed. Returns the changes for which that failed or nobody knows."""
        ours = self._ours(context, group_id, run, listed)
        kept = {done.change.member.id for done in ours}
        stands = [
            done.change
            for done in run.done
            if done.outcome is not Outcome.ALREADY and done.change.member.id not in kept
        ]
        memberships = self._reach.memberships
        futures = [
            (done, self._pool.submit(memberships.remove if done.change.add else memberships.add,
                                     context, done.kind, done.change.member.id, group_id))
            for done in ours
        ]  # fmt: skip
        settled = []
        for done, future in futures:
            member, kind = done.change.member, KIND[done.kind]
            error = future.exception()
            if error is None:
                settled.append((member.id, ChangeState.OUT if done.change.add else ChangeState.IN, kind))
                continue
            if not isinstance(error, PingOneError) or error.maybe_done:
                settled.append((member.id, ChangeState.UNKNOWN, kind))
            stands.append(done.change)
        own.settle(settled)
        return stands

    def _ours(self, context: RequestContext, group_id: str, run: Run, listed: frozenset[str] | None) -> list[Done]:
        """Return the changes that this request made for sure: who was a member before is not taken out again.

        A PingOne that takes who is a member already does not tell. Then the members that were read before do; where
        none were, whether PingOne tells is tried with one who now is.
        """
        done = [each for each in run.done if each.outcome is Outcome.DONE]
        before = run.held | (listed or frozenset())
        fresh = [each for each in done if each.change.add and each.change.member.id not in before]
        if fresh and listed is None and not self._refuses_members(context, group_id, fresh[0]):
            fresh = []
        return [*(each for each in done if not each.change.add), *fresh]

    def _refuses_members(self, context: RequestContext, group_id: str, member: Done) -> bool:
        """Whether PingOne refuses to add somebody who is a member already."""
        try:
            again = self._reach.memberships.add(context, member.kind, member.change.member.id, group_id)
        except PingOneError as error:
            return error.has("UNIQUENESS_VIOLATION")
        return again is Outcome.ALREADY


def _cut_off(context: RequestContext, run: Run, total: int) -> Unavailable:
    """Return the error of changes that PingOne or the time cut off, with how much of them is done."""
    if run.done:
        context.notes.came(f"members: {len(run.done)} of {total}")
    sure = "at least " if run.unknown else ""
    return (PartlyDone if run.done else Unavailable)(
        f"{sure}{len(run.done)} of {total} membership changes are done, then PingOne was not available or the"
        " time was up; the same request sent again does the rest",
        retry_after=None if run.failed is None else seconds_to_wait(run.failed),
    )


def check_ids(links: Links) -> None:
    """Refuse members that cannot exist, before anything is written. Raises `InvalidValue` naming them."""
    impossible = [member for member in links.add if not is_id(member.id)]
    if impossible:
        msg = f"members: there is no such user or group: {names(impossible)}"
        raise InvalidValue(msg)


def leave_foreign(links: Links, manner: Manner) -> Links:
    """Return the changes without members whose id is of another maker's: nobody is added, and it is noticed.

    RFC 7644 §3.5.2 asks no server to look members up, and a checker adds one that it made up. An id that could be
    PingOne's is never let pass, nor is any where a client is held to the letter: see `check_ids`.
    """
    foreign = {member for member in links.add if not is_id(member.id) and is_token(member.id)}
    if manner.strict or not foreign:
        return links
    manner.notice("members: an id that no user and no group can have")
    return Links(tuple(member for member in links.add if member not in foreign), links.remove)


def _exists(records: ReachableRecords, context: RequestContext, key: str) -> bool:
    try:
        records.read(context, key)
    except NotThere:
        return False
    return True
