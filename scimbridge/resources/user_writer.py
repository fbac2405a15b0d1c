"""How a user's changes are carried out: one call after the other, in the one order that is safe.

The order is that of the facets: a disable comes first and an enable last. What the changes are is decided before; see
`mapping.plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from scimbridge.mapping.leaving import clear, leave_out, remove
from scimbridge.mapping.native import NativeOperations, as_operations
from scimbridge.mapping.plan import Changes
from scimbridge.pingone.collections import UserCollection as NativeUsers
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.kinds import USERS
from scimbridge.request.context import Ask
from scimbridge.request.progress import Progress
from scimbridge.resources.enforced import Enforced
from scimbridge.resources.lookalikes import Lookalikes
from scimbridge.resources.members.own_changes import OwnMemberships

Record = dict[str, Any]
Made = TypeVar("Made")
BODY = "attributes"  # the step that writes all fields without a call of their own


@dataclass(frozen=True, slots=True)
class _Step:
    """One call of a change; `facet` is the name of the one that it sets, None for the call of the other fields."""

    place: int
    name: str
    facet: str | None = None


class UserWriter:
    """Writes users at PingOne, held against what the environment is known to enforce and to have."""

    def __init__(self, users: NativeUsers, own: OwnMemberships, lookalikes: Lookalikes, enforced: Enforced) -> None:
        self._users = users
        self._own = own
        self._lookalikes = lookalikes
        self._enforced = enforced

    # -- before the first call -------------------------------------------------------------------------------------

    def hold_new(self, ask: Ask, body: Record) -> Record:
        """Return the body of a new user as it can be sent. Raises `InvalidValue` for what is sure to be refused."""
        return self._enforced.hold_new(ask, body)

    def hold(self, ask: Ask, body: Record, record: Mapping[str, Any]) -> Record:
        """Return the changed fields of a record as they can be sent. Raises `InvalidValue`."""
        return self._enforced.hold(ask, body, clear, record)

    def hold_operations(self, ask: Ask, operations: list[Record]) -> tuple[Record, ...]:
        """Return PingOne's operations as they can be sent. Raises `InvalidValue`."""
        return tuple(self._enforced.hold(ask, operations, remove))

    # -- the calls -------------------------------------------------------------------------------------------------

    def create(self, ask: Ask, body: Record, make: Callable[[Record], Made]) -> Made:
        """Make a user by `make`, once more without what PingOne refuses and may be left out.

        Raises PingOne's errors, `InvalidValue`, and `Uniqueness` for a name that is taken in another form.
        """
        self._lookalikes.check(ask, None, body)
        return self._enforced.send(ask, body, leave_out, make)

    def write(
        self, ask: Ask, key: str, changes: Changes, native: NativeOperations | None, progress: Progress
    ) -> tuple[bool, Record]:
        """Make the calls of a change, noting each in `progress`.

        Returns whether there was anything to write, and the record as it then is where PingOne says so, else {}.
        Raises PingOne's errors, `InvalidValue`, `Uniqueness`.
        """
        record: Record = {}
        self._lookalikes.check(ask, key, changes.body, () if native is None else native.operations)
        steps = _steps(changes, native)
        progress.plan(*(step.name for step in steps))
        if POPULATION.name in changes.facets:
            self._own.note_moved(key)
        for step in steps:
            with progress.step(step.name):
                if step.facet is None:
                    record = self._write_body(ask, key, changes, native)
                else:  # PingOne's facet calls do not return the user
                    self._users.set_facet(ask.call, key, step.facet, changes.facets[step.facet])
                    record = {}
        return bool(steps), record

    def _write_body(self, ask: Ask, key: str, changes: Changes, native: NativeOperations | None) -> Record:
        operations = native.operations if native is not None else as_operations(changes) if changes.shrunk else ()
        if not operations:
            return self._enforced.send(ask, changes.body, clear, partial(self._users.merge, ask.call, key))
        return self._enforced.send(ask, list(operations), remove, partial(self._users.operate, ask.call, key))

    def delete(self, ask: Ask, key: str) -> None:
        """Delete a user. Raises PingOne's errors."""
        self._own.note_deleted(key)
        self._users.delete(ask.call, key)


def _steps(changes: Changes, native: NativeOperations | None) -> list[_Step]:
    """Return the calls of a change in their order."""
    values = changes.facets
    steps = [
        _Step(facet.place(values[facet.name]), facet.step(values[facet.name]), facet.name)
        for facet in USERS.facets
        if facet.name in values
    ]
    if changes.body or (native is not None and native.operations):
        steps.append(_Step(0, BODY))
    return sorted(steps, key=lambda step: step.place)
