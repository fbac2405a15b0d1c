"""The operations that do no harm, carried out on the throw-away user of a trial: each row through the bridge itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.bridge import Bridge
from scimbridge.mapping.translate import silent
from scimbridge.operations.carrying_out import Asked
from scimbridge.operations.rows import Operation
from scimbridge.ops.checking.findings import Finding, Grade, Probe, explain_failure
from scimbridge.ops.checking.operations.harmless import Material, inputs_of, place_of
from scimbridge.ops.checking.operations.reading import leave_harm
from scimbridge.ops.checking.operations.standing import RowFound, Standing, carried_out, forbidden, role_of, tell
from scimbridge.ops.checking.trying.rows import cause_of
from scimbridge.pingone.errors import NoPermission, Refused
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.scim.errors import ScimError
from scimbridge.scim.reading import Manner

_CALLER = Caller("scimbridge-check", scopes=ALL_SCOPES)
_OPTIONS = AnswerOptions("/scim/v2")
_MANNER = Manner(strict=False, notice=silent)
_YOURSELF = "try it with `scimbridge call` on a user of your own"


def try_operations(bridge: Bridge, probe: Probe, standing: Standing, user: str, some: Material) -> Iterator[Finding]:
    """Carry out once what does no harm, on the user of an id, and say what came of each row that changes something."""
    room = bridge.rooms.to(_CALLER)

    def carry_out(operation: Operation, given: Mapping[str, Any]) -> None:
        context = RequestContext(_CALLER, probe.call(), _MANNER)
        room.do(Asked(operation, "POST", user), context, _OPTIONS, lambda: given)

    rows = [each for each in carried_out(room.catalogue) if not each.reads]
    turns = [(place, each) for each in rows if (place := place_of(each)) is not None]
    turns.sort(key=lambda turn: turn[0])
    outcomes = [_try(each, inputs_of(each, some), carry_out, standing) for _place, each in turns]
    yield from tell(outcomes)
    proved = {role_of(each.operation) for each in outcomes if each.grade is Grade.OK}
    yield from leave_harm(rows, standing, proved)


def _try(
    operation: Operation,
    given: Mapping[str, Any] | None,
    carry_out: Callable[[Operation, Mapping[str, Any]], None],
    standing: Standing,
) -> RowFound:
    if given is None:
        told = ": the row wants more than the trial has to give"
        return RowFound(operation, Grade.NOT_TRIED, "not tried on the throw-away user: ", told, _YOURSELF)
    try:
        carry_out(operation, given)
    except ScimError as error:
        return _tell(operation, error, standing)
    return RowFound(
        operation, Grade.OK, "PingOne lets the application do these, tried once each on the user made for it: ", ""
    )


def _tell(operation: Operation, error: ScimError, standing: Standing) -> RowFound:
    cause = cause_of(error)
    match cause:
        case None:
            return RowFound(operation, Grade.WARNING, "", f": {error.detail}", "look at the row in operations.toml")
        case NoPermission():
            return forbidden(operation, standing)
        case Refused():
            # It is not known whether PingOne looks at the right before it looks at the state or the value.
            why, _cure = explain_failure(cause)
            return RowFound(operation, Grade.NOT_TRIED, "does not show on the throw-away user: ", f": {why}", _YOURSELF)
    why, cure = explain_failure(cause)
    return RowFound(operation, standing.grade(operation), "cannot be done: ", f": {why}", cure)


def material(digits: str, now: float, group: str | None) -> Material:
    """Return what the trial gives; `now` is seconds since 1970."""
    return Material(digits, dt.datetime.fromtimestamp(now, dt.UTC), group)
