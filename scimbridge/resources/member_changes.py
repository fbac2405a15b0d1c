"""Membership changes: added and removed by one call each, in parallel and exact.

PingOne has no bulk call and no transaction. Each change is safe to repeat, so what a deadline cuts off is finished by
the same request sent again. A refusal is different: its cause is read once, and what this request had done is undone.
Whom a client may not know of is to it nobody: not added, not removed, and told apart from nobody by no word.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any

from scimbridge.mapping.links import Links, Member
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import Forbidden, NotThere, PingOneError, Refused
from scimbridge.pingone.memberships import Outcome
from scimbridge.pingone.target import Target
from scimbridge.resources.ask import Ask
from scimbridge.resources.confinement import Confinement
from scimbridge.resources.ids import is_id, is_token
from scimbridge.resources.refusals import seconds_to_wait
from scimbridge.resources.rights import may_read
from scimbridge.scim.errors import InvalidValue, Mutability, NotFound, ScimError, Unavailable, Uniqueness
from scimbridge.scim.reading import Manner

Record = dict[str, Any]
COLLECTION = {"User": "users", "Group": "groups"}
KIND = {name: kind for kind, name in COLLECTION.items()}
IN_FLIGHT = 32  # membership calls of one request at a time
NAMED = 20  # members that an error names
FEW = 100  # changes up to which all are tried, so that an error names every member that is wrong


@dataclass(frozen=True, slots=True)
class _Change:
    add: bool
    member: Member


@dataclass(slots=True)
class _Run:
    """What became of the changes of one request; `known` are members that the client is known to see."""

    known: frozenset[str]
    done: list[tuple[_Change, str, Outcome]] = field(default_factory=list)  # with the kind that it turned out to be
    refused: list[tuple[_Change, Refused]] = field(default_factory=list)
    failed: PingOneError | None = None
    unsure: bool = False  # whether more may be done: an answer was lost or came too late


@dataclass(frozen=True, slots=True)
class Made:
    """What membership changes came to.

    `users` and `groups`: how many direct members came, less those that went; `certain` is False where a lost answer
    leaves that open. `kinds`: what each member that was added or removed turned out to be, User or Group.
    """

    users: int
    groups: int
    certain: bool
    kinds: Mapping[str, str]


class MemberChanges:
    """Changes the members of the groups of one environment."""

    def __init__(self, target: Target, pool: Executor) -> None:
        self._target = target
        self._pool = pool

    def make(self, ask: Ask, group_id: str, links: Links, group: Record | None, known: frozenset[str]) -> Made:
        """Carry out membership changes; `group` is its record where the caller has it.

        `known` are ids that need no look whether the client may know of them.

        Raises `InvalidValue` naming members that cannot be added, `Uniqueness` naming those that are in a group of
        that name, `Mutability` naming members that cannot be removed (all after undoing what was done), `NotFound`
        where the group is not there, PingOne's `Forbidden`, and `Unavailable` with how much was done where PingOne or
        the time fails.
        """
        gone = [member for member in links.remove if is_id(member.id)]
        nested = [_Change(False, member) for member in gone if member.kind == "Group"]
        others = [_Change(False, member) for member in gone if member.kind != "Group"]
        others += [_Change(True, member) for member in links.add]
        total = len(nested) + len(others)
        run = _Run(known)
        # A member group goes first: with it go the memberships that came through it.
        for changes in (nested, others):
            self._carry_out(ask, group_id, changes, run, stop_early=total > FEW)
            if run.refused or run.failed is not None:
                break
        if run.refused:
            raise self._explain(ask, group_id, run, group)
        if run.failed is not None:
            if run.done:
                ask.notes.came(f"members: {len(run.done)} of {total}")
            sure = "at least " if run.unsure else ""
            raise Unavailable(
                f"{sure}{len(run.done)} of {total} membership changes are done, then PingOne was not available or the"
                " time was up; the same request sent again does the rest",
                retry_after=seconds_to_wait(run.failed),
            ) from run.failed
        return Made(
            users=_net(run, "users"),
            groups=_net(run, "groups"),
            certain=all(outcome is not Outcome.PERHAPS for _change, _kind, outcome in run.done),
            kinds={change.member.id: KIND[kind] for change, kind, _outcome in run.done},
        )

    def _carry_out(self, ask: Ask, group_id: str, changes: list[_Change], run: _Run, *, stop_early: bool) -> None:
        waiting = iter(changes)
        flying: dict[Future[tuple[str, Outcome]], _Change] = {}

        def launch() -> None:
            while len(flying) < IN_FLIGHT and run.failed is None and not (run.refused and stop_early):
                change = next(waiting, None)
                if change is None:
                    return
                flying[self._pool.submit(self._one, ask, group_id, change, run.known)] = change

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
                    run.unsure = run.unsure or error.maybe_done
                else:
                    run.done.append((change, kind, outcome))
            launch()

    def _one(self, ask: Ask, group_id: str, change: _Change, known: frozenset[str]) -> tuple[str, Outcome]:
        """Make one change. Returns of what kind the member turned out to be, and how it went."""
        call, memberships = ask.call, self._target.memberships
        member = change.member if change.member.id in known else self._look(ask, change.member)
        if member is None and change.add:
            raise NotThere("no such member", status=404)
        if member is None:
            return COLLECTION[change.member.kind or "User"], Outcome.ALREADY
        kind = COLLECTION[member.kind or "User"]
        if not change.add:
            outcome = memberships.remove(call, kind, member.id, group_id)
            if outcome is Outcome.ALREADY and member.kind is None:
                return "groups", memberships.remove(call, "groups", member.id, group_id)
            return kind, outcome
        try:
            return kind, memberships.add(call, kind, member.id, group_id)
        except NotThere:
            if member.kind is not None or not _exists(self._target.groups, ask, member.id):
                raise
            return "groups", memberships.add(call, "groups", member.id, group_id)

    def _look(self, ask: Ask, member: Member) -> Member | None:
        """Return a member with its kind, or None where the client may know of none; costs nothing where it may of all.

        It is asked for before PingOne is told to change anything: what PingOne would refuse, it would refuse otherwise
        than for nobody.
        """
        for kind in (member.kind,) if member.kind else KIND.values():
            if Confinement.of(ask.caller, COLLECTION[kind]).is_open:
                return member
            if _exists(self._collection(kind), ask, member.id):
                return replace(member, kind=kind)
        return None

    def _undo(self, ask: Ask, group_id: str, run: _Run) -> list[Member]:
        """Take back what this request surely changed. Returns the members for which that failed or nobody knows."""
        stands = [change.member for change, _kind, outcome in run.done if outcome is Outcome.PERHAPS]
        changed = [(change, kind) for change, kind, outcome in run.done if outcome is Outcome.DONE]
        memberships = self._target.memberships
        futures = [
            (change.member, self._pool.submit(memberships.remove if change.add else memberships.add,
                                              ask.call, kind, change.member.id, group_id))
            for change, kind in changed
        ]  # fmt: skip
        for member, future in futures:
            if future.exception() is not None:
                stands.append(member)
        return stands

    # -- saying what was wrong -------------------------------------------------------------------------------------

    def _explain(self, ask: Ask, group_id: str, run: _Run, group: Record | None) -> ScimError:
        """Undo, read the cause once, and return the refusal. Raises PingOne's `Forbidden` where that is the cause."""
        stands = self._undo(ask, group_id, run)
        kept = f"; could not be taken back: {_names(stands)}" if stands else ""
        if stands:
            ask.notes.came(f"members: {len(stands)} not taken back")
        for _change, error in run.refused:
            if isinstance(error, Forbidden):
                raise error
        try:
            group = group or self._target.groups.read(ask.call, group_id)
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
        doubled = [change.member for change, error in run.refused if error.has("UNIQUENESS_VIOLATION")]
        if doubled and ask.caller.populations is None:
            return Uniqueness(f"members: these are in another group of the same name already: {_names(doubled)}{kept}")
        if doubled:  # PingOne looks at all groups, of which the other may be one that the client may not know of
            return Uniqueness(f"members: PingOne does not take these into the group: {_names(doubled)}{kept}")
        return InvalidValue(f"members: {self._reason(ask, group, run)}{kept}")

    def _collection(self, kind: str | None) -> Collection:
        return self._target.groups if kind == "Group" else self._target.users

    def _reason(self, ask: Ask, group: Record, run: _Run) -> str:
        own = _population(group)
        refused = [change.member for change, _error in run.refused]
        strangers = []
        if own is not None and may_read(ask.caller, "users") and may_read(ask.caller, "groups"):
            for member in refused[:NAMED]:
                collection = self._collection(member.kind)
                try:
                    record = Confinement.of(ask.caller, collection.name).check(collection.read(ask.call, member.id))
                except PingOneError:
                    continue
                if _population(record) != own:
                    strangers.append(f"{member.id} is of population {_population(record)}")
        if not strangers:
            return f"PingOne does not take these into the group: {_names(refused)}"
        return f"the group takes members of its own population {own} only; {', '.join(strangers)}"


def check_ids(links: Links) -> None:
    """Refuse members that cannot exist, before anything is written. Raises `InvalidValue` naming them."""
    impossible = [member for member in links.add if not is_id(member.id)]
    if impossible:
        msg = f"members: there is no such user or group: {_names(impossible)}"
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


def _exists(collection: Collection, ask: Ask, key: str) -> bool:
    try:
        Confinement.of(ask.caller, collection.name).check(collection.read(ask.call, key))
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
