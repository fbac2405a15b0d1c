"""How a user's changes are carried out: one call after the other, in the one order that is safe.

The order is that of the facets: a disable, with the end of sessions, and a lock come first, an unlock and an enable
last. What the changes are is decided before; see `mapping.plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scimbridge.mapping.leaving import clear, leave_out, remove
from scimbridge.mapping.native import as_operations
from scimbridge.mapping.plan import Changes
from scimbridge.mapping.tables.table import END_SESSIONS
from scimbridge.once.change_marks import ChangeMarks
from scimbridge.pingone.facets import ENABLED, POPULATION, Facet
from scimbridge.pingone.kinds import USERS
from scimbridge.reach.records import ReachableUsers
from scimbridge.request.context import RequestContext
from scimbridge.request.kept_values import KeptValues
from scimbridge.request.progress import Progress
from scimbridge.resources.accounts.endings import Endings
from scimbridge.resources.accounts.states import States
from scimbridge.resources.enforced import Enforced
from scimbridge.resources.lookalikes import Lookalikes
from scimbridge.resources.members.own_changes import OwnMemberships
from scimbridge.resources.writer import BODY, UNREAD, Baseline, Written
from scimbridge.sides import Native

Record = dict[str, Any]
Made = TypeVar("Made")
Body = TypeVar("Body", Record, list[Record])


@dataclass(frozen=True, slots=True)
class _Step:
    """One call of a change; `facet` is the one that it sets, None for the other fields and for what follows."""

    place: int
    name: str
    facet: Facet | None = None


class UserWriter:
    """Writes users at PingOne, held against what the environment is known to enforce and to have."""

    def __init__(
        self,
        users: ReachableUsers,
        own: OwnMemberships,
        lookalikes: Lookalikes,
        enforced: Enforced,
        kept: KeptValues,
        states: States,
        endings: Endings,
        marks: ChangeMarks,
    ) -> None:
        self.kept = kept
        self.marks = marks
        self._users = users
        self._endings = endings
        self.states = states
        self._own = own
        self._lookalikes = lookalikes
        self._enforced = enforced

    # -- before the first call -------------------------------------------------------------------------------------

    def hold_new(self, context: RequestContext, body: Record) -> Record:
        """Return the body of a new user as it can be sent. Raises `InvalidValue` for what is sure to be refused."""
        return self._enforced.hold_new(context, body)

    def hold(self, context: RequestContext, body: Record, record: Native) -> Record:
        """Return the changed fields of a record as they can be sent. Raises `InvalidValue`."""
        return self._enforced.hold(context, body, clear, record)

    def settle(self, context: RequestContext, changes: Changes, record: Native, named: Mapping[str, Any]) -> Changes:
        """Return the changes of a record as they can be carried out; `named` is what the client says of each facet.

        Raises `Forbidden`, `InvalidValue`.
        """
        return self._endings.resumed(self.states.settle(context, changes, record), record, named.get(ENABLED.name))

    def hold_operations(self, context: RequestContext, operations: list[Record]) -> tuple[Record, ...]:
        """Return PingOne's operations as they can be sent. Raises `InvalidValue`."""
        return tuple(self._enforced.hold(context, operations, remove))

    # -- the calls -------------------------------------------------------------------------------------------------

    def create(self, context: RequestContext, body: Record, make: Callable[[Record], Made]) -> Made:
        """Make a user by `make`, once more without what PingOne refuses and may be left out.

        Raises PingOne's errors, `InvalidValue`, and `Uniqueness` for a name that is taken in another form.
        """
        self._lookalikes.check(context, None, body)
        return self._enforced.send(context, body, leave_out, make)

    def write(
        self, context: RequestContext, key: str, changes: Changes, progress: Progress, _present: Baseline = UNREAD
    ) -> Written:
        """Make the calls of a change, noting each in `progress`; nothing has to be read for them.

        Raises PingOne's errors, `InvalidValue`, `Uniqueness`.
        """
        record = Native({})
        self._lookalikes.check(context, key, changes.body, changes.operations)
        steps = _steps(changes)
        if self._endings.follow(changes):  # right behind the disable: whatever fails later leaves nobody signed on
            steps.insert(1, _Step(steps[0].place, END_SESSIONS))
            self._endings.open(key)
        progress.plan(*(step.name for step in steps))
        if POPULATION.name in changes.facets:
            self._own.note_moved(key)
        try:
            for step in steps:
                with progress.step(step.name):
                    record = self._take(context, key, step, changes, record)
        finally:
            if steps:
                self.marks.note(key)
        return Written(record, bool(steps))

    def _take(self, context: RequestContext, key: str, step: _Step, changes: Changes, record: Native) -> Native:
        """Make the call of a step. Returns the record as it then is, {} where nobody says."""
        if step.name == END_SESSIONS:
            self._endings.end(context, key)
            return record
        if step.facet is None:
            return self._write_body(context, key, changes)
        return self.states.write(context, key, step.facet, changes.facets)

    def _write_body(self, context: RequestContext, key: str, changes: Changes) -> Native:
        operations = changes.operations or (as_operations(changes) if changes.shrunk else ())
        if not operations:
            return self._enforced.send(context, changes.body, clear, self._held_to(self._users.merge, context, key))
        return self._enforced.send(context, list(operations), remove, self._held_to(self._users.operate, context, key))

    def _held_to(
        self, call: Callable[[RequestContext, str, Body], Native], context: RequestContext, key: str
    ) -> Callable[[Body], Native]:
        """Return a call whose answer is held against what it writes."""

        def write(written: Body) -> Native:
            record = call(context, key, written)
            self.kept.look(context, written, record)
            return record

        return write

    def delete(self, context: RequestContext, key: str) -> None:
        """Delete a user. Raises PingOne's errors."""
        self._own.note_deleted(key)
        self._users.delete(context, key)


def _steps(changes: Changes) -> list[_Step]:
    """Return the calls of a change in their order."""
    values = changes.facets
    steps = [
        _Step(facet.place(values[facet.name]), facet.step(values[facet.name]), facet)
        for facet in USERS.facets
        if facet.name in values and not facet.along
    ]
    if changes.body or changes.operations:
        steps.append(_Step(0, BODY))
    return sorted(steps, key=lambda step: step.place)
