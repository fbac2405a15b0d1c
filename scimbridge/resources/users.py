"""Users: each verb in as few calls as PingOne allows.

Fields with a call of their own are changed in one order: disable, population, identity provider, [the body], MFA,
password, enable; so that a disable comes first and an enable last. Everything is validated before the first call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from scimbridge.mapping.native import NativeOperations, as_operations, plan_operations, removed_facets, settle
from scimbridge.mapping.plan import Changes, keep_unmentioned, plan_change, plan_create
from scimbridge.mapping.translate import attribute_value
from scimbridge.pingone import bodies
from scimbridge.pingone.collections import Users as NativeUsers
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.resources.ask import Ask, Reply
from scimbridge.resources.confinement import Confinement
from scimbridge.resources.creation import Created, Creation, FoundRecord, NewRecord
from scimbridge.resources.exclusive import Turns
from scimbridge.resources.own_memberships import OwnMemberships
from scimbridge.resources.placement import Placement
from scimbridge.resources.progress import Progress
from scimbridge.resources.refusals import refusing
from scimbridge.resources.rights import check_password, check_selection
from scimbridge.resources.unfinished import Unfinished
from scimbridge.resources.user_records import UserRecords
from scimbridge.resources.view import View
from scimbridge.scim.messages import read_patch
from scimbridge.scim.operations import Operation, read_operations
from scimbridge.scim.patch import apply_operations
from scimbridge.scim.reading import read_resource

Record = dict[str, Any]
BODY = "attributes"
DISABLE = "disable"
BEFORE_BODY = ("population", "identityProvider")
PASSWORD = "password"  # noqa: S105 - the name of a call
AFTER_BODY = ("mfaEnabled", PASSWORD)


class Users:
    """The resource type User."""

    def __init__(
        self,
        users: NativeUsers,
        view: View,
        placement: Placement,
        creation: Creation,
        turns: Turns,
        records: UserRecords,
        own: OwnMemberships,
        unfinished: Unfinished,
    ) -> None:
        self.view = view
        self._records = records
        self._users = users
        self._table = view.table
        self._passwords = frozenset(row for row in view.table.rows if row.via == PASSWORD)
        self._placement = placement
        self._creation = creation
        self._turns = turns
        self._own = own
        self._unfinished = unfinished

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
        changes = plan_create(self._table, resource, ask.manner)
        facets = dict(changes.facets)
        ask.notes.planned(self._table, changes)
        progress = ask.notes.follow(Progress())
        with self._creation.intent(ask, body) as intent, refusing(self._table, progress):
            if population := self._placement.choose(ask, resource, facets.get("population")):
                facets["population"] = population
                ask.notes.planned(self._table, Changes(facets={"population": population}))
            native, media = bodies.creation(changes.body, facets)
            created = self._creation.create(ask, intent, native, media, own=changes.body)
            record, include = created.record, self._asked_for(ask)
            if missed := self._open_facets(created, facets):
                record = self._complete(ask, created, missed, progress)
            elif include:
                record = self._read_new(ask, record, include)
        return self.view.show(ask, record, 201)

    def _open_facets(self, created: Created, facets: Mapping[str, Any]) -> Record:
        """Return what a create has still to set: what PingOne left out, and nothing that others may have changed."""
        record = created.record
        missed = bodies.facets_of(record, facets)
        if not missed or isinstance(created, NewRecord) or created.is_untouched:
            return missed
        left = self._unfinished.fields(record["id"])
        return {
            name: value
            for name, value in missed.items()
            if name in left and left[name] == bodies.facet_of(record, name)
        }

    def _complete(self, ask: Ask, created: Created, missed: Record, progress: Progress) -> Record:
        """Set what PingOne left out at creation; where it refuses, a user that this request made is taken back."""
        key, is_new = created.record["id"], isinstance(created, NewRecord)
        progress.finish(f"created as {key}" if is_new else f"exists as {key}")
        with self._turn(ask, key):
            if not is_new:  # another request may have changed it until this one's turn
                created = FoundRecord(self._records.read(ask, key))
                missed = self._open_facets(created, missed)
            self._unfinished.note(key, {name: bodies.facet_of(created.record, name) for name in missed})
            try:
                self._write(ask, key, Changes(facets=missed), None, progress)
            except Refused:
                if is_new:
                    with progress.taking_back():
                        self._users.delete(ask.call, key)
                raise
            self._unfinished.forget(key)
        return self._read_new(ask, {**created.record, **bodies.creation({}, missed)[0]}, self._asked_for(ask))

    def _read_new(self, ask: Ask, record: Record, include: tuple[str, ...]) -> Record:
        """Read what a creation does not return; PingOne may not show a new user for a moment (reference.md §13.15)."""
        try:
            return self._records.read(ask, record["id"], include)
        except NotThere:
            return record

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
            return self._change(ask, key, lambda before: apply_operations(before, settled, strict=strict), gone)
        ask.notes.planned(self._table, Changes(facets=native.facets), operations=native.operations)
        progress = ask.notes.follow(Progress())
        ask = _hurry(ask, native.facets)
        with refusing(self._table, progress), self._turn(ask, key):
            self._look(ask, key)
            self._placement.check_move(ask, native.facets)
            record = self._carry_out(ask, key, Changes(facets=native.facets), native, progress)
        return self._answer(ask, record)

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete a user: one call."""
        with refusing(self._table), self._turn(ask, key):
            self._look(ask, key)
            self._own.note_deleted(key)
            self._users.delete(ask.call, key)
        return Reply(204)

    def _look(self, ask: Ask, key: str) -> None:
        """Read a user before a call that needs no read, where something has to be held against it."""
        if ask.is_conditional or not Confinement.of(ask.caller, "users").is_open:
            self.view.check_match(ask, self._records.read(ask, key))

    def _turn(self, ask: Ask, key: str) -> AbstractContextManager[None]:
        """Hold a user. Raises `NotThere` where others hold one that the client may not know of."""
        may_know_all = Confinement.of(ask.caller, "users").is_open
        return self._turns.of(ask, "user", key, lambda: may_know_all or self._records.read(ask, key))

    def _change(
        self, ask: Ask, key: str, make: Callable[[Record], Record], gone: Mapping[str, Any] | None = None
    ) -> Reply:
        progress = ask.notes.follow(Progress())
        with refusing(self._table, progress), self._turn(ask, key):
            record = self._records.read(ask, key, self._asked_for(ask))
            self.view.check_match(ask, record)
            before = self.view.resource(record, ask.base)
            changes = plan_change(self._table, record, before, make(before), ask.manner)
            changes = replace(changes, facets={**(gone or {}), **changes.facets})
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

    def _asked_for(self, ask: Ask) -> tuple[str, ...]:
        """Return what PingOne has to include because the client named it: the groups."""
        return () if ask.minimal else self.view.includes_for(self.view.list_projection(ask))

    def _carry_out(
        self, ask: Ask, key: str, changes: Changes, native: NativeOperations | None, progress: Progress
    ) -> Record:
        """Make the calls in their order. Returns the record afterwards, {} where nobody wants it."""
        wrote, record = self._write(ask, key, changes, native, progress)
        if ask.minimal and wrote:
            return record
        # A move drops memberships, which the answer has to show.
        moved = "population" in changes.facets
        include = self.view.includes_for(self.view.projection(ask)) if moved else self._asked_for(ask)
        return record if record and not include else self._records.read(ask, key, include)

    def _write(
        self, ask: Ask, key: str, changes: Changes, native: NativeOperations | None, progress: Progress
    ) -> tuple[bool, Record]:
        """Return whether there was anything to write, and the record as it then is where PingOne says so, else {}."""
        record: Record = {}
        steps = list(_steps(changes, native))
        progress.plan(*(name for name, _value in steps))
        if "population" in changes.facets:
            self._own.note_moved(key)
        for name, value in steps:
            with progress.step(name):
                if name == BODY and native is not None:
                    record = self._users.operate(ask.call, key, list(native.operations))
                elif name == BODY and changes.shrunk:
                    record = self._users.operate(ask.call, key, list(as_operations(changes)))
                elif name == BODY:
                    record = self._users.merge(ask.call, key, value)
                else:  # PingOne's facet calls do not return the user
                    self._users.set_facet(ask.call, key, _facet(name), value)
                    record = {}
        return bool(steps), record


def _hurry(ask: Ask, facets: Mapping[str, Any]) -> Ask:
    """Let all calls of a disable go before what others wait for: it takes rights away."""
    return replace(ask, call=replace(ask.call, urgent=True)) if facets.get("enabled") is False else ask


def _steps(changes: Changes, native: NativeOperations | None) -> Iterator[tuple[str, Any]]:
    facets = changes.facets
    if facets.get("enabled") is False:
        yield DISABLE, False
    for name in BEFORE_BODY:
        if name in facets:
            yield name, facets[name]
    if changes.body or (native is not None and native.operations):
        yield BODY, changes.body
    for name in AFTER_BODY:
        if name in facets:
            yield name, facets[name]
    if facets.get("enabled") is True:
        yield "enable", True


def _facet(step: str) -> str:
    return "enabled" if step in (DISABLE, "enable") else step
