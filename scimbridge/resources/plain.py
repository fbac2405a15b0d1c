"""What any kind is read and written by that has neither facets nor members: one call a verb, a PUT for a change.

Read always; made, changed and deleted where the table allows it, which for a read-only kind it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimbridge.mapping.plan import keep_unmentioned, plan_change, plan_create
from scimbridge.once.creation import Creation
from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone import bodies
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.kinds import kind_of
from scimbridge.pingone.media import JSON
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask, Reply
from scimbridge.request.refusals import refusing
from scimbridge.request.view import View
from scimbridge.scim.messages import read_patch
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import read_resource

Record = dict[str, Any]


class Plain:
    """A resource type without verbs of its own.

    Making it raises ValueError for a kind that these verbs would not do justice, so that it is never served.
    """

    def __init__(self, collection: Collection, view: View, creation: Creation, turns: ChangeLocks) -> None:
        kind = kind_of(collection.name)
        if kind.facets or kind.has_members:
            raise ValueError(f"kind {kind.name}: it has facets or members, and no verbs that know of them")
        self.view = view
        self._collection = collection
        self._table = view.table
        self._creation = creation
        self._turns = turns
        self._held_as = kind.name.lower()

    def get(self, ask: Ask, key: str) -> Reply:
        """Read one: one call."""
        with refusing(self._table, reading=True):
            return self.view.show(ask, self._read(ask, key))

    def _read(self, ask: Ask, key: str) -> Record:
        """Return PingOne's record. Raises `NotThere` for what is outside of where the client may go."""
        self._check_own(ask, key)
        return self._collection.read(ask.call, key)

    def _check_own(self, ask: Ask, key: str) -> None:
        """Hold an id to where the client may go: without a call where the id says it. Raises `NotThere`."""
        within = Confinement.of(ask.caller, self._collection.name)
        if not within.is_open:
            within.check({"id": key} if within.is_told_by_id else self._collection.read(ask.call, key))

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make one."""
        resource = read_resource(body, self._table.type, ask.manner)
        changes = plan_create(self._table, resource, ask.manner)
        ask.notes.planned(self._table, changes)
        with self._creation.intent(ask, body) as intent, refusing(self._table):
            return self.view.show(ask, self._creation.create(ask, intent, changes.body, JSON).record, 201)

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make it what the body says."""
        resource = read_resource(body, self._table.type, ask.manner)
        return self._change(ask, key, lambda before: keep_unmentioned(self._table, body, before, resource))

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change it: PingOne has no PATCH for such a kind, so by read and difference."""
        operations = read_operations(read_patch(body, strict=ask.manner.strict), self._table.type, ask.manner)
        strict = ask.manner.strict
        return self._change(ask, key, lambda before: apply_operations(before, operations, strict=strict))

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete it; what PingOne refuses, as a population that has users, is a 409."""
        with refusing(self._table), self._turns.of(ask, self._held_as, key, lambda: self._check_own(ask, key)):
            self._check_own(ask, key)
            if ask.is_conditional:
                self.view.check_match(ask, self._read(ask, key))
            self._collection.delete(ask.call, key)
        return Reply(204)

    def _change(self, ask: Ask, key: str, make: Callable[[Record], Record]) -> Reply:
        with refusing(self._table), self._turns.of(ask, self._held_as, key, lambda: self._check_own(ask, key)):
            record = self._read(ask, key)
            self.view.check_match(ask, record)
            before = self.view.resource(record, ask.base)
            changes = plan_change(self._table, record, before, make(before), ask.manner)
            ask.notes.planned(self._table, changes, record)
            if changes.body:
                record = bodies.put(self._collection, ask.call, record, changes.body)
        if ask.minimal:
            return Reply(204, etag=self.view.version(record))
        return self.view.show(ask, record)
