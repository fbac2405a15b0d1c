"""Groups: their own fields by PUT of what PingOne holds, their members by one call each.

A population-level group carries its population in every update and an environment-level one never does; both follow
from what PingOne holds, whatever the client sent. Every list of members that calls are decided by has the bridge's own
changes of the last minute over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from scimbridge.mapping.links import Links, plan_links
from scimbridge.mapping.plan import Changes, keep_unmentioned, plan_change
from scimbridge.pingone.bodies import is_dynamic
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.progress import Progress
from scimbridge.request.refusals import refusing
from scimbridge.request.rights import check_selection
from scimbridge.request.view import View
from scimbridge.resources.group_creation import GroupCreation
from scimbridge.resources.group_records import GroupRecords
from scimbridge.resources.group_writer import GroupWriter
from scimbridge.resources.members.changes import check_ids, leave_foreign
from scimbridge.resources.members.current import CurrentMembers, may_have_indirect
from scimbridge.resources.members.own_changes import Laid, OwnMemberships, Recent
from scimbridge.resources.writer import Baseline, Written
from scimbridge.scim.messages import read_patch
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import PathChange, read_operations
from scimbridge.scim.reading import read_resource
from scimbridge.scim.versions import check_conditions
from scimbridge.sides import Body, Native, Resource

Record = dict[str, Any]
MANY = 10  # membership changes from which on it may be cheaper to read the members first


class Groups:
    """The resource type Group."""

    def __init__(
        self,
        groups: ReachableRecords,
        view: View,
        records: GroupRecords,
        members: CurrentMembers,
        creation: GroupCreation,
        writer: GroupWriter,
        own: OwnMemberships,
    ) -> None:
        self.view = view
        self._groups = groups
        self._table = view.table
        self._records = records
        self._members = members
        self._creation = creation
        self.writer = writer
        self._own = own

    def get(self, context: RequestContext, options: AnswerOptions, key: str) -> Reply:
        """Read one group, with its members unless they are not wanted."""
        with refusing(self._table, reading=True):
            record = self._records.read(context, key)
            if self._records.wants_members(options):
                record = self._records.joined(record, self._members.lists.read(context, record))
        return self.view.show(options, record)

    def create(self, context: RequestContext, options: AnswerOptions, body: Body) -> Reply:
        """Make a group, then its members."""
        return self._creation.create(context, options, body)

    def replace(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Make a group what the body says. Members that the body does not mention stay as they are."""
        resource = read_resource(body, self._table.type, context.manner)
        names_members = any(name.casefold().rpartition(":")[2] == self._records.attribute.casefold() for name in body)

        def make(before: Resource) -> Resource:
            return keep_unmentioned(self._table, body, before, resource)

        return self._change(context, options, key, make, with_members=names_members, always_answered=True)

    def patch(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Change a group: memberships as they are named where that is enough, else by read and difference."""
        operations = read_operations(read_patch(body, strict=context.manner.strict), self._table.type, context.manner)
        about = [operation for operation in operations if operation.found.attribute.name == self._records.attribute]
        fields = [operation for operation in operations if operation not in about]
        links = plan_links(self._table, about) if about else Links()
        if links and not fields:
            return self._patch_links(context, options, key, links)
        strict, named = context.manner.strict, self._natives_in(fields)
        if links is None:
            check_selection(context.caller, "groups", about)
            return self._change(
                context, options, key, lambda before: apply_operations(before, operations, strict=strict),
                with_members=True, always_answered=False, named=named,
            )  # fmt: skip
        return self._change(
            context, options, key, lambda before: apply_operations(before, fields, strict=strict),
            with_members=False, always_answered=False, named=named, links=leave_foreign(links, context.manner),
        )  # fmt: skip

    def _natives_in(self, operations: list[PathChange]) -> frozenset[str]:
        shapes = (self._table.shape_of(operation.found) for operation in operations)
        return frozenset(row.native for shape in shapes if shape is not None for row in shape.rows)

    def delete(self, context: RequestContext, key: str) -> Reply:
        """Delete a group: one call."""
        with refusing(self._table), self._records.turn(context, key):
            self.look(context, key)
            self.writer.delete(context, key)
        return Reply(204)

    def look(self, context: RequestContext, key: str) -> None:
        """Hold a change that needs no read to where the caller may go, and to the conditions of its request."""
        if context.is_conditional:
            self._check_match(context, self._records.read(context, key), self._own.of(key))
        else:
            self._groups.look(context, key)

    def _read_to_change(self, context: RequestContext, key: str, own: Recent) -> Native:
        record = self._records.read(context, key)
        self._check_match(context, record, own)
        return record

    # -- membership changes alone ----------------------------------------------------------------------------------

    def _patch_links(self, context: RequestContext, options: AnswerOptions, key: str, links: Links) -> Reply:
        links = leave_foreign(links, context.manner)
        check_ids(links)
        progress = context.notes.follow(Progress())
        with refusing(self._table, progress), self._records.turn(context, key):
            own = self._own.of(key)
            record, laid = None, None
            if _count(links) >= MANY or context.is_conditional or not self._groups.is_open(context):
                record = self._read_to_change(context, key, own)
                links, laid = self._needed(context, record, links, own)
            changes = Changes(links=links)
            context.notes.planned(self._table, changes)
            written = self.writer.write(context, key, changes, progress, Baseline(record, own, laid))
            if options.minimal:
                return Reply(204)
            return self._answer(context, options, written, own, laid)

    def _needed(self, context: RequestContext, record: Native, links: Links, own: Recent) -> tuple[Links, Laid | None]:
        """Return what is still to be changed, and the members where reading them is cheaper than repeating."""
        if _count(links) < MANY or self._members.lists.pages(record) * MANY > _count(links):
            return links, None
        laid = self._members.read_laid(context, record, own)
        return laid.needed(links), laid

    # -- changes that depend on the present state ------------------------------------------------------------------

    def _change(
        self,
        context: RequestContext,
        options: AnswerOptions,
        key: str,
        make: Callable[[Resource], Resource],
        *,
        with_members: bool,
        always_answered: bool,
        named: AbstractSet[str] = frozenset(),
        links: Links | None = None,
    ) -> Reply:
        """Make what a change says of the group as it is; `named` are the fields that it names one by one."""
        progress = context.notes.follow(Progress())
        with refusing(self._table, progress), self._records.turn(context, key):
            own = self._own.of(key)
            record = self._read_to_change(context, key, own)
            self._groups.check_shown(record, named)
            laid = self._members.read_laid(context, record, own) if with_members else None
            changes = self._plan(context, options, record, laid, make)
            if not with_members:
                needed, laid = self._needed(context, record, links or Links(), own)
                changes = replace(changes, links=needed)
            context.notes.planned(self._table, changes, record)
            was_dynamic = is_dynamic(record)
            written = self.writer.write(context, record["id"], changes, progress, Baseline(record, own, laid))
            if options.minimal:
                return Reply(204)
            if was_dynamic and changes.body:
                laid = None  # whom the filter brought may be gone
            return self._answer(context, options, written, own, laid, whole=always_answered)

    def _plan(
        self,
        context: RequestContext,
        options: AnswerOptions,
        record: Native,
        laid: Laid | None,
        make: Callable[[Resource], Resource],
    ) -> Changes:
        """Return the difference that a change makes.

        Where own changes of late leave open who is a member, who may be one is removed and who may be none is added.
        """
        if laid is None:
            return self._difference(context, options, record, None, make)
        changes = self._difference(context, options, record, list(laid.possibly.values()), make)
        if laid.is_plain:
            return changes
        surely = [member for key, member in laid.possibly.items() if key in laid.surely]
        add = self._difference(context, options, record, surely, make).links.add
        named = {member.id for member in add}
        gone = tuple(member for member in changes.links.remove if member.id not in named)
        return replace(changes, links=Links(add, gone))

    def _difference(
        self,
        context: RequestContext,
        options: AnswerOptions,
        record: Native,
        members: list[Record] | None,
        make: Callable[[Resource], Resource],
    ) -> Changes:
        whole = record if members is None else self._records.joined(record, members)
        before = self.view.resource(whole, options.base)
        return plan_change(self._table, record, before, make(before), context.manner)

    # -- lists -----------------------------------------------------------------------------------------------------

    def complete(self, context: RequestContext, options: AnswerOptions, records: list[Native]) -> list[Native]:
        """Give the groups of a list their members, unless these are not wanted.

        Raises `TooMany` before the first call where the reads cannot end in time.
        """
        attribute = self._records.attribute
        if not attribute or not self.view.list_projection(options).wants(attribute):
            return records
        members = self._members.lists.read_each(context, records)
        return [self._records.joined(record, found) for record, found in zip(records, members, strict=True)]

    # -- answers ---------------------------------------------------------------------------------------------------

    def _answer(
        self,
        context: RequestContext,
        options: AnswerOptions,
        written: Written,
        own: Recent,
        laid: Laid | None,
        *,
        whole: bool = False,
    ) -> Reply:
        """Answer a change: with the whole group where that costs no more than one page of members, or is demanded."""
        record, made = written.record, written.members
        if not self._records.wants_members(options):
            return self.view.show(options, record)
        members: list[Record] | None = None
        with refusing(self._table, reading=True):
            if laid is not None and (not made.kinds or not may_have_indirect(record, laid.listed, made)):
                members = self._members.lay(context, record, laid.listed, own, made.kinds).shown
            elif whole or self.view.projection(options).explicit:
                members = self._members.read_laid(context, record, own, made.kinds).shown
            else:
                members = self._members.read_page_laid(context, record, own, made.kinds)
        if members is None:
            return Reply(204)
        return self.view.show(options, self._records.settled(context, record, members))

    def _check_match(self, context: RequestContext, record: Native, own: Recent) -> None:
        """Hold a change to the version that the client knows, which may be one with or without members."""
        check_conditions(context.if_match, context.if_none_match, self._versions(context, record, own))

    def _versions(self, context: RequestContext, record: Native, own: Recent) -> Iterator[str]:
        """Yield the versions under which clients may know a group: without its members, and with them."""
        yield self.view.version(record)
        members = self._members.read_laid(context, record, own).shown
        yield self.view.version(self._records.settled(context, record, members))


def _count(links: Links) -> int:
    return len(links.add) + len(links.remove)
