"""Populations: read always, made, changed and deleted where the table allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimbridge.mapping.plan import keep_unmentioned, plan_change, plan_create
from scimbridge.once.creation import Creation
from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone import bodies
from scimbridge.pingone.collections import MERGE, Collection
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask, Reply
from scimbridge.request.refusals import refusing
from scimbridge.request.view import View
from scimbridge.scim.messages import read_patch
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import read_resource

Record = dict[str, Any]


class Populations:
    """The resource type Population."""

    def __init__(self, populations: Collection, view: View, creation: Creation, turns: ChangeLocks) -> None:
        self.view = view
        self._populations = populations
        self._table = view.table
        self._creation = creation
        self._turns = turns

    def get(self, ask: Ask, key: str) -> Reply:
        """Read one population: one call."""
        with refusing(self._table, reading=True):
            return self.view.show(ask, self._read(ask, key))

    def _read(self, ask: Ask, key: str) -> Record:
        """Return PingOne's record of a population of the client's. Raises `NotThere`, for any other without a call."""
        self._check_own(ask, key)
        return self._populations.read(ask.call, key)

    def _check_own(self, ask: Ask, key: str) -> None:
        Confinement.of(ask.caller, "populations").check({"id": key})

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make a population."""
        resource = read_resource(body, self._table.type, ask.manner)
        changes = plan_create(self._table, resource, ask.manner)
        ask.notes.planned(self._table, changes)
        with self._creation.intent(ask, body) as intent, refusing(self._table):
            return self.view.show(ask, self._creation.create(ask, intent, changes.body, MERGE).record, 201)

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make a population what the body says."""
        resource = read_resource(body, self._table.type, ask.manner)
        return self._change(ask, key, lambda before: keep_unmentioned(self._table, body, before, resource))

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change a population: PingOne has no PATCH for it, so by read and difference."""
        operations = read_operations(read_patch(body, strict=ask.manner.strict), self._table.type, ask.manner)
        strict = ask.manner.strict
        return self._change(ask, key, lambda before: apply_operations(before, operations, strict=strict))

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete a population; PingOne refuses while it has users, which is a 409."""
        with refusing(self._table), self._turns.of(ask, "population", key, lambda: self._check_own(ask, key)):
            self._check_own(ask, key)
            if ask.is_conditional:
                self.view.check_match(ask, self._read(ask, key))
            self._populations.delete(ask.call, key)
        return Reply(204)

    def _change(self, ask: Ask, key: str, make: Callable[[Record], Record]) -> Reply:
        with refusing(self._table), self._turns.of(ask, "population", key, lambda: self._check_own(ask, key)):
            record = self._read(ask, key)
            self.view.check_match(ask, record)
            before = self.view.resource(record, ask.base)
            changes = plan_change(self._table, record, before, make(before), ask.manner)
            ask.notes.planned(self._table, changes, record)
            if changes.body:
                record = bodies.put(self._populations, ask.call, record, changes.body)
        if ask.minimal:
            return Reply(204, etag=self.view.version(record))
        return self.view.show(ask, record)
