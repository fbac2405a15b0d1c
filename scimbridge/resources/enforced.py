"""What an environment enforces where PingOne's documents leave it open, and what is done about it.

Such a value is sent. A refusal shows that the environment enforces the pattern: from then on it is held against it
before the first call, for a day. Only a refusal that names the field, of a value that the pattern refuses, shows that.
What the table marks as derived is left out where it is refused, so that no person is lost for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from scimbridge.mapping.leaving import leave_out, read_value, takes_away
from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.mapping.tables.table import Table
from scimbridge.pingone.errors import Refused
from scimbridge.pingone.fields import Field
from scimbridge.pingone.kinds import USERS
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import InvalidValue
from scimbridge.state.base import State

LEARNT = 24 * 3600.0  # seconds
PATTERN, NEED = "pattern", "need"
_MISSING = ("REQUIRED_VALUE", "EMPTY_VALUE")

Record = dict[str, Any]
Written = TypeVar("Written", Record, list[Record])  # the body of a call, or PingOne's operations
Made = TypeVar("Made")  # what the call gives


class Findings:
    """What is known of one environment, shared through `state`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def enforces(self, native: str, what: str) -> bool:
        """Whether the environment is known to enforce the doubtful pattern of a field, or to need a value there."""
        return self._state.get(_key(native, what)) is not None

    def learn(self, native: str, what: str, *, enforced: bool) -> None:
        """Remember for a day that something is enforced, or forget that it was."""
        if enforced:
            self._state.set(_key(native, what), b"1", LEARNT)
        else:
            self._state.delete(_key(native, what))


def _key(native: str, what: str) -> str:
    return f"enforced:{USERS.collection}:{native}:{what}"


class Enforced:
    """Holds what is written to users against what the environment is known to enforce, and learns of it."""

    def __init__(self, findings: Findings, table: Table) -> None:
        self._findings = findings
        known = USERS.fields
        rows = tuple((row, known[row.native]) for row in table.rows if row.writable and row.native in known)
        self._doubtful = tuple((row, field) for row, field in rows if field.doubt is not None)
        self._needed = tuple(row for row, field in rows if field.may_be_required)

    def hold_new(self, context: RequestContext, body: Record) -> Record:
        """Return the body of a new user as it can be sent. Raises `InvalidValue` for what is sure to be refused."""
        for row in self._needed:
            if read_field(body, row.to) is None and self._findings.enforces(row.native, NEED):
                raise _needed(row)
        return self.hold(context, body, leave_out)

    def hold(
        self,
        context: RequestContext,
        written: Written,
        leave: Callable[[Written, list[Row]], Written],
        record: Mapping[str, Any] | None = None,
    ) -> Written:
        """Return a change as it can be sent, by `leave` without what is left out. Raises `InvalidValue`.

        What the `record` holds already is not judged.
        """
        for row in self._needed:
            if takes_away(written, row) and self._findings.enforces(row.native, NEED):
                raise _needed(row)
        left = []
        for row, field in self._suspects(written):
            if read_value(written, row) == read_field(record, row.to) or not self._enforces(row):
                continue
            if not _is_forgiven(context, row):
                raise _refused(row, field, "PingOne would refuse this value")
            left.append(row)
            _tell(context, row, field)
        return leave(written, left) if left else written

    def send(
        self,
        context: RequestContext,
        written: Written,
        leave: Callable[[Written, list[Row]], Written],
        call: Callable[[Written], Made],
    ) -> Made:
        """Make a call, and once more without what is left out where PingOne refuses nothing else.

        Raises PingOne's errors, and `InvalidValue` where one of the doubtful values is the reason.
        """
        try:
            return call(written)
        except Refused as error:
            self._learn_needs(error)
            refused = self._learn_patterns(error, written)
            for row, field in refused:
                if not _is_forgiven(context, row):
                    raise _refused(row, field, "PingOne refuses this value") from error
            if not refused or len(refused) < len(error.faults):
                raise
        for row, field in refused:
            _tell(context, row, field)
        return call(leave(written, [row for row, _field in refused]))

    def _enforces(self, row: Row) -> bool:
        return self._findings.enforces(row.native, PATTERN)

    def _suspects(self, written: Record | list[Record]) -> Iterable[tuple[Row, Field]]:
        for row, field in self._doubtful:
            if field.doubt is not None and field.doubt.refuses(read_value(written, row)):
                yield row, field

    def _learn_patterns(self, error: Refused, written: Record | list[Record]) -> list[tuple[Row, Field]]:
        named = {fault.target for fault in error.faults if fault.code == "INVALID_VALUE"}
        refused = [(row, field) for row, field in self._suspects(written) if row.native in named]
        for row, _field in refused:
            self._findings.learn(row.native, PATTERN, enforced=True)
        return refused

    def _learn_needs(self, error: Refused) -> None:
        named = {fault.target for fault in error.faults if fault.code in _MISSING}
        for row in self._needed:
            if row.native in named:
                self._findings.learn(row.native, NEED, enforced=True)


def _is_forgiven(context: RequestContext, row: Row) -> bool:
    return row.codec.forgiving and not context.manner.strict


def _tell(context: RequestContext, row: Row, field: Field) -> None:
    context.notes.left_out(row.spelled)
    context.manner.notice(f"{row.spelled}: left out, PingOne takes only {field.doubt.hint if field.doubt else ''}")


def _refused(row: Row, field: Field, said: str) -> InvalidValue:
    return InvalidValue(f"{row.spelled}: {said}; it has to be {field.doubt.hint if field.doubt else ''}")


def _needed(row: Row) -> InvalidValue:
    return InvalidValue(f"{row.spelled} is required in this environment: it needs a value")
