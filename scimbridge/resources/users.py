"""Users: each verb in as few calls as PingOne allows.

Everything is validated before the first call. In what order the calls of one change go is in `user_writer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scimbridge.mapping.native import NativeOperations, plan_operations, removed_facets, settle
from scimbridge.mapping.plan import Changes, keep_unmentioned, plan_change, without_composed
from scimbridge.mapping.translate import attribute_value
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.kinds import USERS
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask, Reply
from scimbridge.request.progress import Progress
from scimbridge.request.refusals import refusing
from scimbridge.request.rights import check_password, check_selection
from scimbridge.request.view import View
from scimbridge.resources.placement import Placement
from scimbridge.resources.user_creation import UserCreation
from scimbridge.resources.user_records import UserRecords
from scimbridge.resources.user_writer import UserWriter
from scimbridge.scim.messages import read_patch
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import Operation, read_operations
from scimbridge.scim.reading import read_resource

Record = dict[str, Any]


class Users:
    """The resource type User."""

    def __init__(
        self, view: View, records: UserRecords, placement: Placement, creation: UserCreation, writer: UserWriter
    ) -> None:
        self.view = view
        self._table = view.table
        self._records = records
        self._passwords = frozenset(row for row in view.table.rows if row.facet is not None and row.facet.secret)
        self._placement = placement
        self._creation = creation
        self._writer = writer

    def get(self, ask: Ask, key: str) -> Reply:
        """Read one user, with its groups unless they are not wanted: one call."""
        return self.view.show(ask, self.read(ask, key))

    def read(self, ask: Ask, key: str) -> Record:
        """Return PingOne's record with what the answer needs. Raises `NotFound`."""
        include = self.view.includes_for(self.view.projection(ask))
        with refusing(self._table, reading=True):
            return self._records.read(ask, key, include)

    def complete(self, ask: Ask, records: list[Record]) -> list[Record]:
        """Give the users of a list what PingOne's lists do not hold, where the client names it: the groups.

        Costs a call for each user. Raises `TooMany` before the first where they cannot end in time.
        """
        return self._records.complete(ask, records, self.view.includes_for(self.view.list_projection(ask)))

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make a user in one call, whatever comes with it; what PingOne did not take at creation is set afterwards."""
        resource = self._read_resource(replace(ask, manner=replace(ask.manner, making=True)), body)
        return self._creation.create(ask, body, resource)

    def _read_resource(self, ask: Ask, body: Mapping[str, Any]) -> Record:
        """Read a body. Raises `Forbidden` where it holds a password that the client may not set."""
        resource = read_resource(body, self._table.type, ask.manner)
        for row in self._passwords:
            if attribute_value(self._table, resource, row.urn, row.attr) is not None:
                check_password(ask.caller)
        return resource

    def _read_patch(self, ask: Ask, body: Mapping[str, Any]) -> tuple[Operation, ...]:
        """Read a PATCH. Raises `Forbidden` for a password that the client may not set, and for guesses at values."""
        operations = read_operations(read_patch(body, strict=ask.manner.strict), self._table.type, ask.manner)
        for shape in map(self._table.shape_of, (operation.found for operation in operations)):
            if shape is not None and self._passwords.intersection(shape.rows):
                check_password(ask.caller)
        check_selection(ask.caller, "users", operations)
        return operations

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make a user what the body says: one read, then the difference."""
        resource = self._read_resource(ask, body)
        ask = _hurry(ask, self._named_facets(resource))
        return self._change(ask, key, lambda before: keep_unmentioned(self._table, body, before, resource))

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change a user: in one call where PingOne's own operations say the same, else by read and difference."""
        operations = self._read_patch(ask, body)
        native = None
        if not ask.manner.strict and not ask.is_conditional:
            native = plan_operations(self._table, operations, ask.manner)
        if native is None:
            strict = ask.manner.strict
            gone = removed_facets(self._table, operations)
            settled = tuple(settle(self._table, operations))

            def make(before: Record) -> Record:
                return apply_operations(without_composed(self._table, before), settled, strict=strict)

            return self._change(ask, key, make, gone)
        native = replace(native, operations=self._writer.hold_operations(ask, list(native.operations)))
        ask.notes.planned(self._table, Changes(facets=native.facets), operations=native.operations)
        progress = ask.notes.follow(Progress())
        ask = _hurry(ask, native.facets)
        with refusing(self._table, progress), self._records.turn(ask, key):
            self._look(ask, key)
            self._placement.check_move(ask, native.facets)
            record = self._carry_out(ask, key, Changes(facets=native.facets), native, progress)
        return self._answer(ask, record)

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete a user: one call."""
        with refusing(self._table), self._records.turn(ask, key):
            self._look(ask, key)
            self._writer.delete(ask, key)
        return Reply(204)

    def _look(self, ask: Ask, key: str) -> None:
        """Read a user before a call that needs no read, where something has to be held against it."""
        if ask.is_conditional or not Confinement.of(ask.caller, "users").is_open:
            self.view.check_match(ask, self._records.read(ask, key))

    def _change(
        self, ask: Ask, key: str, make: Callable[[Record], Record], gone: Mapping[str, Any] | None = None
    ) -> Reply:
        progress = ask.notes.follow(Progress())
        with refusing(self._table, progress), self._records.turn(ask, key):
            record = self._records.read(ask, key, self.view.includes_named(ask))
            self.view.check_match(ask, record)
            before = self.view.resource(record, ask.base)
            changes = plan_change(self._table, record, before, make(before), ask.manner)
            body = self._writer.hold(ask, changes.body, record)
            changes = replace(changes, body=body, facets={**(gone or {}), **changes.facets})
            ask.notes.planned(self._table, changes, record)
            self._placement.check_move(ask, changes.facets)
            ask = _hurry(ask, changes.facets)
            if changes:
                record = self._carry_out(ask, key, changes, None, progress)
        return self._answer(ask, record)

    def _named_facets(self, resource: Record) -> dict[str, Any]:
        """Return the values of a resource that PingOne has calls of their own for, as they stand there."""
        rows = (row for row in self._table.rows if row.via is not None)
        return {str(row.via): resource.get(row.attribute.name) for row in rows}

    def _answer(self, ask: Ask, record: Record) -> Reply:
        if not record:
            return Reply(204)
        if ask.minimal:
            return Reply(204, etag=self.view.version(record))
        return self.view.show(ask, record)

    def _carry_out(
        self, ask: Ask, key: str, changes: Changes, native: NativeOperations | None, progress: Progress
    ) -> Record:
        """Make the calls in their order. Returns the record afterwards, {} where nobody wants it."""
        wrote, record = self._writer.write(ask, key, changes, native, progress)
        if ask.minimal and wrote:
            return record
        # A move drops memberships, which the answer has to show.
        moved = POPULATION.name in changes.facets
        include = self.view.includes_for(self.view.projection(ask)) if moved else self.view.includes_named(ask)
        return record if record and not include else self._records.read(ask, key, include)


def _hurry(ask: Ask, facets: Mapping[str, Any]) -> Ask:
    """Let all calls of a disable go before what others wait for: it takes rights away."""
    urgent = any(facet.is_urgent(facets.get(facet.name)) for facet in USERS.facets)
    return replace(ask, call=replace(ask.call, urgent=True)) if urgent else ask
