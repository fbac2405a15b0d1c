"""What any kind is read and written by that has neither facets nor members: one call a verb, a PUT for a change.

Read always; made, changed and deleted where the table allows it, which for a read-only kind it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from scimbridge.mapping.plan import keep_unmentioned, plan_change, plan_create
from scimbridge.once.creation import Creation, NewRecord
from scimbridge.once.locks import ChangeLocks
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.progress import Progress
from scimbridge.request.refusals import refusing
from scimbridge.request.view import View
from scimbridge.resources.plain_writer import PlainWriter
from scimbridge.resources.writer import Baseline
from scimbridge.scim.messages import read_patch
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import read_resource
from scimbridge.scim.verbs import CREATE
from scimbridge.sides import Body, Resource


class Plain:
    """A resource type without verbs of its own.

    Making it raises ValueError for a kind that these verbs would not do justice, so that it is never served.
    """

    def __init__(
        self, records: ReachableRecords, view: View, creation: Creation, writer: PlainWriter, turns: ChangeLocks
    ) -> None:
        kind = records.kind
        if kind.facets or kind.has_members:
            raise ValueError(f"kind {kind.name}: it has facets or members, and no verbs that know of them")
        self.view = view
        self._records = records
        self._table = view.table
        self._creation = creation
        self.writer = writer
        self._turns = turns
        self._held_as = kind.name.lower()

    def get(self, context: RequestContext, options: AnswerOptions, key: str) -> Reply:
        """Read one: one call."""
        with refusing(self._table, reading=True):
            return self.view.show(options, self._records.read(context, key))

    def create(self, context: RequestContext, options: AnswerOptions, body: Body) -> Reply:
        """Make one."""
        resource = read_resource(body, self._table.type, context.manner)
        changes = plan_create(self._table, resource, context.manner)
        context.notes.planned(self._table, changes)
        with self._creation.intent(context, body) as intent, refusing(self._table):
            created = self._creation.create(context, intent, changes.body)
            if isinstance(created, NewRecord):
                self.writer.kept.look(context, changes.body, created.record)
            return self.view.show(options, created.record, CREATE.success)

    def replace(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Make it what the body says."""
        resource = read_resource(body, self._table.type, context.manner)
        return self._change(context, options, key, lambda before: keep_unmentioned(self._table, body, before, resource))

    def patch(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Change it: PingOne has no PATCH for such a kind, so by read and difference."""
        operations = read_operations(read_patch(body, strict=context.manner.strict), self._table.type, context.manner)
        strict = context.manner.strict
        return self._change(context, options, key, lambda before: apply_operations(before, operations, strict=strict))

    def delete(self, context: RequestContext, key: str) -> Reply:
        """Delete it; what PingOne refuses, as a population that has users, is a 409."""
        with refusing(self._table), self._turn(context, key):
            self.look(context, key)
            self.writer.delete(context, key)
        return Reply(204)

    def look(self, context: RequestContext, key: str) -> None:
        """Hold a change that needs no read to where the caller may go, and to the conditions of its request."""
        self._records.look(context, key)
        if context.is_conditional:
            self.view.check_match(context, self._records.read(context, key))

    def _turn(self, context: RequestContext, key: str) -> AbstractContextManager[None]:
        return self._turns.of(context, self._held_as, key, lambda: self._records.look(context, key))

    def _change(
        self, context: RequestContext, options: AnswerOptions, key: str, make: Callable[[Resource], Resource]
    ) -> Reply:
        with refusing(self._table), self._turn(context, key):
            record = self._records.read(context, key)
            self.view.check_match(context, record)
            before = self.view.resource(record, options.base)
            changes = plan_change(self._table, record, before, make(before), context.manner)
            context.notes.planned(self._table, changes, record)
            # One step has nothing to tell of how far it came, so nobody follows its progress.
            record = self.writer.write(context, key, changes, Progress(), Baseline(record)).record
        if options.minimal:
            return Reply(204, etag=self.view.version(record))
        return self.view.show(options, record)
