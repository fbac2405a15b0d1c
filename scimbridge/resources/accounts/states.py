"""Writing what has a call of its own, and what has to be so before: rights, times to come, a lock that has to lock.

Who asks for a state that is there makes no call: the difference is planned before, see `mapping.plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from scimbridge.mapping.moments import read_time, shift_time
from scimbridge.mapping.plan import Changes
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import leaf_value
from scimbridge.pingone.facets import ACCOUNT, LOCKED, UNLOCK_AT, Facet
from scimbridge.pingone.kinds import USERS
from scimbridge.reach.reach import Reach
from scimbridge.request.context import RequestContext
from scimbridge.request.rights import check_state, may_read
from scimbridge.scim.errors import Conflict, InvalidValue
from scimbridge.scim.patching.operations import PathChange
from scimbridge.sides import Native, Resource

SKEW = 5.0  # seconds by which clocks may differ


class States:
    """The facets of users, as the table names them. `wall` is seconds since 1970."""

    def __init__(self, reach: Reach, table: Table, wall: Callable[[], float]) -> None:
        self._reach = reach
        self._table = table
        self._wall = wall
        self._rows = {row.facet.name: row for row in table.rows if row.facet is not None}

    # -- before the first call -------------------------------------------------------------------------------------

    def check_named(self, context: RequestContext, resource: Resource, *, new: bool) -> None:
        """Hold a client to its rights on what it sends of a whole user. Raises `Forbidden`.

        Of a user that is there a state may come back as it was read; only who may not read is held to every one, since
        a refusal would tell it what is so.
        """
        for facet, row in self._guarded():
            value = leaf_value(self._table, resource, row)
            if value is None or (new and value == facet.born):
                continue
            if new or not may_read(context.caller, USERS.collection):
                check_state(context.caller, facet.scope, row.spelled)

    def check_operations(self, context: RequestContext, operations: tuple[PathChange, ...]) -> None:
        """Hold a client that may not read to its rights on what a PATCH names, as `check_named`. Raises `Forbidden`."""
        if may_read(context.caller, USERS.collection):
            return
        for facet, row in self._guarded():
            for operation in operations:
                found = operation.found
                shape = self._table.shape_of(found)
                if shape is None or row not in shape.rows or operation.op == "remove":  # nobody can remove a state
                    continue
                sub = None if found.sub is None else found.sub.name
                inner = operation.value if isinstance(operation.value, dict) and sub is None else {row.sub: None}
                if sub in (None, row.sub) and row.sub in inner:
                    check_state(context.caller, facet.scope, row.spelled)

    def settle(self, context: RequestContext, changes: Changes, record: Mapping[str, Any]) -> Changes:
        """Return the changes of a record as they can be carried out.

        Raises `Forbidden`, and `InvalidValue` for an end of a lock that is over or has no lock, and for what only a
        new user is.
        """
        changes = _without_echo(changes, record)
        for facet, row in self._guarded():
            if facet.name in changes.facets:
                check_state(context.caller, facet.scope, row.spelled)
                _check_possible(facet, row, changes.facets[facet.name])
        return self._with_end(changes, record)

    def settle_new(self, changes: Changes) -> Changes:
        """Return what a new user is made of; the client's rights were looked at before. Raises `InvalidValue`."""
        return self._with_end(changes, {})

    def _with_end(self, changes: Changes, record: Mapping[str, Any]) -> Changes:
        if changes.facets.get(UNLOCK_AT.name) is None:
            return changes
        spelled, lock = self._spell(UNLOCK_AT), self._spell(ACCOUNT)
        status = changes.facets.get(ACCOUNT.name, ACCOUNT.held(record))
        if status != LOCKED:
            msg = f"{spelled} is the end of a lock: it goes with {lock} {LOCKED}"
            raise InvalidValue(msg)
        end = shift_time(changes.facets[UNLOCK_AT.name], timedelta(0))  # written as PingOne writes it
        if _seconds(end) <= self._wall() + SKEW:
            msg = f"{spelled} is over, or as good as over; it has to be a time that is still to come"
            raise InvalidValue(msg)
        return replace(changes, facets={**changes.facets, ACCOUNT.name: LOCKED, UNLOCK_AT.name: end})

    def _guarded(self) -> list[tuple[Facet, Row]]:
        return [
            (facet, self._rows[facet.name])
            for facet in USERS.facets
            if facet.scope and facet.state and facet.name in self._rows
        ]

    def _spell(self, facet: Facet) -> str:
        row = self._rows.get(facet.name)
        return facet.field if row is None else row.spelled

    # -- the calls -------------------------------------------------------------------------------------------------

    def write(self, context: RequestContext, key: str, facet: Facet, values: Mapping[str, Any]) -> Native:
        """Make the call of a facet. Returns the record where PingOne answers with it, else {}.

        Raises PingOne's errors, and `Conflict` where PingOne took the call and the state is another.
        """
        value = values[facet.name]
        along = {
            each.name: values[each.name] for each in USERS.facets if each.along == facet.name and each.name in values
        }
        answer = self._reach.users.set_facet(context, key, facet.name, value, along)
        if facet.state and facet.held(answer) not in (None, value):
            msg = f"{self._spell(facet)}: PingOne took the call and it is not {value}"
            if facet.is_urgent(value) and not along:
                msg += f"; send {self._spell(UNLOCK_AT)} as well, a time that is still to come"
            raise Conflict(msg)
        return Native(answer) if facet.actions else Native({})


def _check_possible(facet: Facet, row: Row, value: Any) -> None:
    if value == facet.born and value not in dict(facet.actions):
        msg = f"{row.spelled}: {value} is what it is in a new user, and cannot be set again"
        raise InvalidValue(msg)


def _without_echo(changes: Changes, record: Mapping[str, Any]) -> Changes:
    """Return the changes without an end of a lock that is there already, only written in another way."""
    wanted, held = changes.facets.get(UNLOCK_AT.name), UNLOCK_AT.held(record)
    if wanted is None or held is None or _seconds(wanted) != _seconds(held):
        return changes
    return replace(changes, facets={name: value for name, value in changes.facets.items() if name != UNLOCK_AT.name})


def _seconds(text: str) -> float:
    """Return a moment, which is one of xsd:dateTime's, as seconds since 1970; without a zone it is in UTC."""
    moment = read_time(text)
    return float("-inf") if moment is None else moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
