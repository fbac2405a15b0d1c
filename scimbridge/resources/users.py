"""Users: each verb in as few calls as PingOne allows.

Everything is validated before the first call. In what order the calls of one change go is in `user_writer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from scimbridge.mapping.native import plan_operations, removed_facets, settle
from scimbridge.mapping.plan import Changes, keep_unmentioned, plan_change, without_composed
from scimbridge.mapping.translate import attribute_value, leaf_value
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.kinds import USERS
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.progress import Progress
from scimbridge.request.refusals import refusing
from scimbridge.request.rights import check_facets, check_password, check_selection, guarded_facets, may_read
from scimbridge.request.view import View
from scimbridge.resources.placement import Placement
from scimbridge.resources.user_creation import UserCreation
from scimbridge.resources.user_records import GROUP_IDS, UserRecords
from scimbridge.resources.user_writer import UserWriter
from scimbridge.scim.messages import read_patch
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import PathChange, read_operations
from scimbridge.scim.reading import is_empty, read_resource
from scimbridge.sides import Body, Native, Resource


class Users:
    """The resource type User."""

    def __init__(
        self, view: View, records: UserRecords, placement: Placement, creation: UserCreation, writer: UserWriter
    ) -> None:
        self.view = view
        self._table = view.table
        self._records = records
        self._passwords = frozenset(row for row in view.table.rows if row.facet is not None and row.facet.secret)
        self._guarded = tuple(
            row for row in view.table.rows if row.facet is not None and row.facet.scope and not row.facet.state
        )
        self._placement = placement
        self._creation = creation
        self.writer = writer

    def get(self, context: RequestContext, options: AnswerOptions, key: str) -> Reply:
        """Read one user, with its groups unless they are not wanted: one call."""
        return self.view.show(options, self.read(context, options, key))

    def read(self, context: RequestContext, options: AnswerOptions, key: str) -> Native:
        """Return PingOne's record with what the answer needs. Raises `NotFound`."""
        include = self.view.includes_for(self.view.projection(options))
        with refusing(self._table, reading=True):
            return self._records.read(context, key, include)

    def complete(self, context: RequestContext, options: AnswerOptions, records: list[Native]) -> list[Native]:
        """Give the users of a list what PingOne's lists do not hold, where the client names it: the groups.

        Costs a call for each user. Raises `TooMany` before the first where they cannot end in time.
        """
        return self._records.complete(context, records, self.view.includes_for(self.view.list_projection(options)))

    def create(self, context: RequestContext, options: AnswerOptions, body: Body) -> Reply:
        """Make a user in one call, whatever comes with it; what PingOne did not take at creation is set afterwards."""
        resource = self._read_resource(replace(context, manner=replace(context.manner, making=True)), body, new=True)
        return self._creation.create(context, options, body, resource)

    def _read_resource(self, context: RequestContext, body: Body, *, new: bool = False) -> Resource:
        """Read a body. Raises `Forbidden` where it holds a password or a state that the client may not set."""
        resource = read_resource(body, self._table.type, context.manner)
        for row in self._passwords:
            if attribute_value(self._table, resource, row.urn, row.attr) is not None:
                check_password(context.caller)
        if not may_read(context.caller, USERS.collection):  # it has nothing to echo, and may not find out what is there
            check_facets(context.caller, USERS, self._guarded_in(resource), self._table)
        self.writer.states.check_named(context, resource, new=new)
        return resource

    def _guarded_in(self, resource: Resource) -> Iterator[str]:
        for row in self._guarded:
            value = attribute_value(self._table, resource, row.urn, row.attr)
            if not is_empty(value.get(row.sub) if isinstance(value, dict) and row.sub else value):
                yield str(row.via)

    def _read_patch(self, context: RequestContext, body: Body) -> tuple[PathChange, ...]:
        """Read a PATCH. Raises `Forbidden` for what the client may not set, and for guesses at values."""
        operations = read_operations(read_patch(body, strict=context.manner.strict), self._table.type, context.manner)
        for shape in map(self._table.shape_of, (operation.found for operation in operations)):
            if shape is not None and self._passwords.intersection(shape.rows):
                check_password(context.caller)
            if shape is not None and not may_read(context.caller, USERS.collection):
                named = (str(row.via) for row in self._guarded if row in shape.rows)
                check_facets(context.caller, USERS, named, self._table)
        self.writer.states.check_operations(context, operations)
        check_selection(context.caller, "users", operations)
        return operations

    def replace(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Make a user what the body says: one read, then the difference."""
        resource = self._read_resource(context, body)
        context = _hurry(context, self._named_facets(resource))
        return self._change(context, options, key, lambda before: keep_unmentioned(self._table, body, before, resource))

    def patch(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Change a user: in one call where PingOne's own operations say the same, else by read and difference."""
        operations = self._read_patch(context, body)
        native = None
        if not context.manner.strict and not context.is_conditional:
            native = plan_operations(self._table, operations, context.manner)
        if native is None or guarded_facets(context.caller, USERS, native.facets):  # what is there may be the same
            strict = context.manner.strict
            gone = removed_facets(self._table, operations)
            settled = tuple(settle(self._table, operations))

            def make(before: Resource) -> Resource:
                return apply_operations(without_composed(self._table, before), settled, strict=strict)

            return self._change(context, options, key, make, gone)
        native = replace(native, operations=self.writer.hold_operations(context, list(native.operations)))
        context.notes.planned(self._table, native)
        progress = context.notes.follow(Progress())
        context = _hurry(context, native.facets)
        with refusing(self._table, progress), self._records.turn(context, key):
            self.look(context, key)
            self._placement.check_move(context, native.facets)
            record = self._carry_out(context, options, key, native, progress)
        return self._answer(options, record)

    def delete(self, context: RequestContext, key: str) -> Reply:
        """Delete a user: one call."""
        with refusing(self._table), self._records.turn(context, key):
            known: Native | None = None
            if context.is_conditional:
                known = self._records.read_before_end(context, key)
                self.view.check_match(context, known)
            else:
                self._records.look(context, key)
            self.writer.delete(context, key)
            context.notes.left(sorted(_groups_in(known)))
        return Reply(204)

    def look(self, context: RequestContext, key: str) -> None:
        """Read a user before a call that needs no read, where something has to be held against it.

        Raises `NotThere` and `PreconditionFailed`.
        """
        if context.is_conditional:
            self.view.check_match(context, self._records.read(context, key))
        else:
            self._records.look(context, key)

    def _change(
        self,
        context: RequestContext,
        options: AnswerOptions,
        key: str,
        make: Callable[[Resource], Resource],
        gone: Mapping[str, Any] | None = None,
    ) -> Reply:
        progress = context.notes.follow(Progress())
        with refusing(self._table, progress), self._records.turn(context, key):
            record = self._records.read_to_change(context, key, self.view.includes_named(options))
            self.view.check_match(context, record)
            before = self.view.resource(record, options.base)
            after = make(before)
            changes = plan_change(self._table, record, before, after, context.manner)
            body = self.writer.hold(context, changes.body, record)
            changes = replace(changes, body=body, facets={**(gone or {}), **changes.facets})
            changes = self.writer.settle(context, changes, record, self._named_facets(after))
            context.notes.planned(self._table, changes, record)
            check_facets(context.caller, USERS, changes.facets, self._table)
            self._placement.check_move(context, changes.facets)
            context = _hurry(context, changes.facets)
            groups = _groups_in(record)
            if changes:
                record = self._carry_out(context, options, key, changes, progress)
            if groups and GROUP_IDS in record:
                context.notes.left(sorted(groups - _groups_in(record)))
        return self._answer(options, record)

    def _named_facets(self, resource: Resource) -> dict[str, Any]:
        """Return the values of a resource that PingOne has calls of their own for, as they stand there."""
        rows = (row for row in self._table.rows if row.via is not None)
        return {str(row.via): leaf_value(self._table, resource, row) for row in rows}

    def _answer(self, options: AnswerOptions, record: Native) -> Reply:
        if not record:
            return Reply(204)
        if options.minimal:
            return Reply(204, etag=self.view.version(record))
        return self.view.show(options, record)

    def _carry_out(
        self, context: RequestContext, options: AnswerOptions, key: str, changes: Changes, progress: Progress
    ) -> Native:
        """Make the calls in their order. Returns the record afterwards, {} where nobody wants it."""
        written = self.writer.write(context, key, changes, progress)
        record = written.record
        if options.minimal and written.wrote:
            return record
        # A move drops memberships, which the answer has to show.
        moved = POPULATION.name in changes.facets
        include = self.view.includes_for(self.view.projection(options)) if moved else self.view.includes_named(options)
        return record if record and not include else self._records.read(context, key, include)


def _groups_in(record: Native | None) -> frozenset[str]:
    """Return the ids of the groups that a record names, as far as they were read with it."""
    return frozenset() if record is None else frozenset(record.get(GROUP_IDS) or ())


def _hurry(context: RequestContext, facets: Mapping[str, Any]) -> RequestContext:
    """Let all calls of a disable go before what others wait for: it takes rights away."""
    urgent = any(facet.is_urgent(facets.get(facet.name)) for facet in USERS.facets)
    return replace(context, call=replace(context.call, urgent=True)) if urgent else context
