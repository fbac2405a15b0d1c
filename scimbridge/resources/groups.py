"""Groups: their own fields by PUT of what PingOne holds, their members by one call each.

A population-level group carries its population in every update and an environment-level one never does; both follow
from what PingOne holds, whatever the client sent. Every list of members that calls are decided by has the bridge's own
changes of the last minute over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from scimbridge.mapping.links import Links, plan_links
from scimbridge.mapping.plan import Changes, keep_unmentioned, plan_change
from scimbridge.pingone import bodies
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import Refused
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask, Reply
from scimbridge.request.progress import Progress
from scimbridge.request.refusals import refusing
from scimbridge.request.rights import check_selection
from scimbridge.request.view import View
from scimbridge.resources.group_creation import GroupCreation
from scimbridge.resources.group_records import GroupRecords
from scimbridge.resources.members.changes import check_ids, leave_foreign
from scimbridge.resources.members.current import CurrentMembers, may_have_indirect
from scimbridge.resources.members.outcomes import MadeChanges
from scimbridge.resources.members.own_changes import Laid, OwnMemberships, Recent
from scimbridge.scim.errors import ScimError, Unavailable
from scimbridge.scim.messages import read_patch
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import read_resource
from scimbridge.scim.versions import check_conditions

Record = dict[str, Any]
NOTHING_MADE = MadeChanges(0, 0, certain=True, kinds={})
MANY = 10  # membership changes from which on it may be cheaper to read the members first


class Groups:
    """The resource type Group."""

    def __init__(
        self,
        groups: Collection,
        view: View,
        records: GroupRecords,
        members: CurrentMembers,
        creation: GroupCreation,
        own: OwnMemberships,
    ) -> None:
        self.view = view
        self._groups = groups
        self._table = view.table
        self._records = records
        self._members = members
        self._creation = creation
        self._own = own

    def get(self, ask: Ask, key: str) -> Reply:
        """Read one group, with its members unless they are not wanted."""
        with refusing(self._table, reading=True):
            record = self._records.read(ask, key)
            if self._records.wants_members(ask):
                record = self._records.joined(record, self._members.lists.read(ask, record))
        return self.view.show(ask, record)

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make a group, then its members."""
        return self._creation.create(ask, body)

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make a group what the body says. Members that the body does not mention stay as they are."""
        resource = read_resource(body, self._table.type, ask.manner)
        names_members = any(name.casefold().rpartition(":")[2] == self._records.attribute.casefold() for name in body)

        def make(before: Record) -> Record:
            return keep_unmentioned(self._table, body, before, resource)

        return self._change(ask, key, make, with_members=names_members, always_answered=True)

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change a group: memberships as they are named where that is enough, else by read and difference."""
        operations = read_operations(read_patch(body, strict=ask.manner.strict), self._table.type, ask.manner)
        about = [operation for operation in operations if operation.found.attribute.name == self._records.attribute]
        fields = [operation for operation in operations if operation not in about]
        links = plan_links(self._table, about) if about else Links()
        if links and not fields:
            return self._patch_links(ask, key, links)
        strict = ask.manner.strict
        if links is None:
            check_selection(ask.caller, "groups", about)
            return self._change(
                ask, key, lambda before: apply_operations(before, operations, strict=strict),
                with_members=True, always_answered=False,
            )  # fmt: skip
        return self._change(
            ask, key, lambda before: apply_operations(before, fields, strict=strict),
            with_members=False, always_answered=False, links=leave_foreign(links, ask.manner),
        )  # fmt: skip

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete a group: one call."""
        with refusing(self._table), self._records.turn(ask, key):
            if ask.is_conditional:
                self._check_match(ask, self._records.read(ask, key), self._own.of(key))
            elif not self._is_open(ask):
                self._records.read(ask, key)
            self._own.note_deleted(key)
            self._groups.delete(ask.call, key)
        return Reply(204)

    def _is_open(self, ask: Ask) -> bool:
        return Confinement.of(ask.caller, "groups").is_open

    def _read_to_change(self, ask: Ask, key: str, own: Recent) -> Record:
        record = self._records.read(ask, key)
        self._check_match(ask, record, own)
        return record

    # -- membership changes alone ----------------------------------------------------------------------------------

    def _patch_links(self, ask: Ask, key: str, links: Links) -> Reply:
        links = leave_foreign(links, ask.manner)
        check_ids(links)
        progress = ask.notes.follow(Progress(["members"]))
        with refusing(self._table, progress), self._records.turn(ask, key):
            own = self._own.of(key)
            record, laid = None, None
            if _count(links) >= MANY or ask.is_conditional or not self._is_open(ask):
                record = self._read_to_change(ask, key, own)
                links, laid = self._needed(ask, record, links, own)
            ask.notes.planned(self._table, Changes(links=links))
            with progress.step("members"):
                made = self._members.change(ask, key, links, own, record, laid)
            record = self._records.read(ask, key) if record is None else self._records.after(ask, record, made)
            if ask.minimal:
                return Reply(204)
            return self._answer(ask, record, own, laid, made)

    def _needed(self, ask: Ask, record: Record, links: Links, own: Recent) -> tuple[Links, Laid | None]:
        """Return what is still to be changed, and the members where reading them is cheaper than repeating."""
        if _count(links) < MANY or self._members.lists.pages(record) * MANY > _count(links):
            return links, None
        laid = self._members.read_laid(ask, record, own)
        return laid.needed(links), laid

    # -- changes that depend on the present state ------------------------------------------------------------------

    def _change(
        self,
        ask: Ask,
        key: str,
        make: Callable[[Record], Record],
        *,
        with_members: bool,
        always_answered: bool,
        links: Links | None = None,
    ) -> Reply:
        progress = ask.notes.follow(Progress())
        with refusing(self._table, progress), self._records.turn(ask, key):
            own = self._own.of(key)
            record = self._read_to_change(ask, key, own)
            laid = self._members.read_laid(ask, record, own) if with_members else None
            changes = self._plan(ask, record, laid, make)
            if not with_members:
                needed, laid = self._needed(ask, record, links or Links(), own)
                changes = replace(changes, links=needed)
            ask.notes.planned(self._table, changes, record)
            was_dynamic = bool(record.get("userFilter"))
            record, made = self._carry_out(ask, record, laid, changes, own, progress)
            if ask.minimal:
                return Reply(204)
            if was_dynamic and changes.body:
                laid = None  # whom the filter brought may be gone
            return self._answer(ask, record, own, laid, made, whole=always_answered)

    def _plan(self, ask: Ask, record: Record, laid: Laid | None, make: Callable[[Record], Record]) -> Changes:
        """Return the difference that a change makes.

        Where own changes of late leave open who is a member, who may be one is removed and who may be none is added.
        """
        if laid is None:
            return self._difference(ask, record, None, make)
        changes = self._difference(ask, record, list(laid.possibly.values()), make)
        if laid.is_plain:
            return changes
        surely = [member for key, member in laid.possibly.items() if key in laid.surely]
        add = self._difference(ask, record, surely, make).links.add
        named = {member.id for member in add}
        gone = tuple(member for member in changes.links.remove if member.id not in named)
        return replace(changes, links=Links(add, gone))

    def _difference(
        self, ask: Ask, record: Record, members: list[Record] | None, make: Callable[[Record], Record]
    ) -> Changes:
        whole = record if members is None else self._records.joined(record, members)
        before = self.view.resource(whole, ask.base)
        return plan_change(self._table, record, before, make(before), ask.manner)

    def _carry_out(
        self, ask: Ask, record: Record, laid: Laid | None, changes: Changes, own: Recent, progress: Progress
    ) -> tuple[Record, MadeChanges]:
        """Make the calls: the group's own fields, then the members; a refusal of these takes both back."""
        key, after = record["id"], record
        check_ids(changes.links)
        progress.plan(*(["attributes"] if changes.body else []), *(["members"] if changes.links else []))
        if changes.body:
            with progress.step("attributes"):
                after = bodies.put(self._groups, ask.call, record, changes.body)
        if not changes.links:
            return after, NOTHING_MADE
        try:
            with progress.step("members"):
                made = self._members.change(ask, key, changes.links, own, after, laid)
        except Unavailable:
            raise
        except (ScimError, Refused):
            if changes.body:
                with progress.taking_back():
                    self._restore(ask, record, after, changes)
            raise
        return self._records.after(ask, after, made), made

    def _restore(self, ask: Ask, before: Record, after: Record, changes: Changes) -> None:
        """Put back those of a group's own fields that still are as this request has set them."""
        now = self._groups.read(ask.call, before["id"])
        ours = {name: before.get(name) for name in changes.body if now.get(name) == after.get(name)}
        if ours:
            bodies.put(self._groups, ask.call, now, ours)

    # -- lists -----------------------------------------------------------------------------------------------------

    def complete(self, ask: Ask, records: list[Record]) -> list[Record]:
        """Give the groups of a list their members, unless these are not wanted.

        Raises `TooMany` before the first call where the reads cannot end in time.
        """
        attribute = self._records.attribute
        if not attribute or not self.view.list_projection(ask).wants(attribute):
            return records
        members = self._members.lists.read_each(ask, records)
        return [self._records.joined(record, found) for record, found in zip(records, members, strict=True)]

    # -- answers ---------------------------------------------------------------------------------------------------

    def _answer(
        self, ask: Ask, record: Record, own: Recent, laid: Laid | None, made: MadeChanges, *, whole: bool = False
    ) -> Reply:
        """Answer a change: with the whole group where that costs no more than one page of members, or is demanded."""
        if not self._records.wants_members(ask):
            return self.view.show(ask, record)
        members: list[Record] | None = None
        with refusing(self._table, reading=True):
            if laid is not None and (not made.kinds or not may_have_indirect(record, laid.listed, made)):
                members = self._members.lay(ask, record, laid.listed, own, made.kinds).shown
            elif whole or self.view.projection(ask).explicit:
                members = self._members.read_laid(ask, record, own, made.kinds).shown
            else:
                members = self._members.read_page_laid(ask, record, own, made.kinds)
        if members is None:
            return Reply(204)
        return self.view.show(ask, self._records.settled(ask, record, members))

    def _check_match(self, ask: Ask, record: Record, own: Recent) -> None:
        """Hold a change to the version that the client knows, which may be one with or without members."""
        check_conditions(ask.if_match, ask.if_none_match, self._versions(ask, record, own))

    def _versions(self, ask: Ask, record: Record, own: Recent) -> Iterator[str]:
        """Yield the versions under which clients may know a group: without its members, and with them."""
        yield self.view.version(record)
        members = self._members.read_laid(ask, record, own).shown
        yield self.view.version(self._records.settled(ask, record, members))


def _count(links: Links) -> int:
    return len(links.add) + len(links.remove)
