"""What a failure of PingOne means to a SCIM client: status, scimType and the SCIM name of the attribute.

PingOne's names never reach the client, nor does a value: PingOne's sentence goes along only where it repeats nothing
that was sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from scimbridge.mapping.tables.table import Table
from scimbridge.pingone import errors
from scimbridge.pingone.facets import PASSWORD
from scimbridge.pingone.kinds import kind_named
from scimbridge.request.progress import Progress
from scimbridge.scim.errors import (
    BadGateway,
    BadRequest,
    Conflict,
    Forbidden,
    InvalidFilter,
    InvalidValue,
    NotFound,
    ScimError,
    TooManyRequests,
    Unavailable,
    Uniqueness,
)

_VALUE_CODES = frozenset(
    {
        "INVALID_VALUE",
        "EMPTY_VALUE",
        "REQUIRED_VALUE",
        "OUT_OF_RANGE",
        "SIZE_LIMIT_EXCEEDED",
        "INVALID_PARAMETER",
    }
)
USED_BEFORE = "it was used before, and PingOne's password policy wants a new one"
_OPERATORS = "it knows eq, sw, ew and co, not each of them on every attribute, and joins them with and, or"
RETRY_AFTER = 5  # seconds, where PingOne names none
AT_ONCE = 1  # seconds, where only the time of the request was up: the least that the header can say


@contextmanager
def refusing(table: Table, progress: Progress | None = None, *, reading: bool = False) -> Iterator[None]:
    """Turn PingOne's failures into SCIM's; with `progress` the detail says which steps were done before."""
    try:
        yield
    except errors.PingOneError as error:
        refusal = to_scim_error(error, table, reading=reading)
        done = "" if progress is None else progress.tell(refusal.status)
        raise type(refusal)(refusal.detail + done, retry_after=refusal.retry_after) from error
    except ScimError as error:
        done = "" if progress is None else progress.tell(error.status)
        if not done:
            raise
        raise type(error)(error.detail + done, retry_after=error.retry_after) from error


def to_scim_error(error: errors.PingOneError, table: Table, *, reading: bool = False) -> ScimError:
    """Return the SCIM error of a PingOne failure. `reading`: nothing was to be changed."""
    match error:
        case errors.NotThere():
            return NotFound(f"no {table.type.name} of that id")
        case errors.NoPermission():
            return _forbidden(error, reading=reading)
        case errors.Refused():
            return _refused(error, table)
    return of_no_answer(error)


def of_no_answer(error: errors.PingOneError) -> ScimError:
    """Return the SCIM error of a failure that is no refusal of what was asked."""
    match error:
        case errors.Throttled():
            return TooManyRequests(
                "PingOne's rate limit is reached; send the request again later", retry_after=seconds_to_wait(error)
            )
        case errors.CircuitOpen():
            return Unavailable("PingOne is not reachable at the moment", retry_after=seconds_to_wait(error))
        case errors.OutOfTime():
            return Unavailable("PingOne did not answer in time", retry_after=seconds_to_wait(error))
        case errors.BadCredentials():
            text = "PingOne refuses the credentials of the bridge; `scimbridge check` says what to do"
            return BadGateway(text, retry_after=None if error.retry_after is None else seconds_to_wait(error))
        case errors.Misconfigured():
            return BadGateway("PingOne's address answers with something else than PingOne; see `scimbridge check`")
    return Unavailable("PingOne could not be reached, or its answer was lost", retry_after=seconds_to_wait(error))


def seconds_to_wait(error: errors.PingOneError) -> int:
    """Return what Retry-After says of a failure: whole seconds, 1 at least."""
    if error.retry_after is not None:
        return max(AT_ONCE, math.ceil(error.retry_after))
    return AT_ONCE if isinstance(error, errors.OutOfTime) else RETRY_AFTER


def _forbidden(error: errors.PingOneError, *, reading: bool) -> ScimError:
    if error.has("LICENSE_EXCEEDED"):
        return Forbidden("PingOne's licence allows no more of these")
    text = "PingOne does not let the bridge do this; its worker application lacks a role (see `scimbridge check`)"
    # Some clients read 403 on a read as "no such resource" and would create it again.
    return BadGateway(text) if reading else Forbidden(text)


def _refused(error: errors.PingOneError, table: Table) -> ScimError:
    for fault in error.faults:
        name = _scim_name(fault.target, table)
        said = _sentence(fault, table)
        if fault.code == "UNIQUENESS_VIOLATION":
            return _taken(fault, name or table.type.name)
        if fault.code == "CONSTRAINT_VIOLATION":
            return Conflict(f"{name or table.type.name}: PingOne's present state forbids this{said}")
        if fault.code == "INVALID_FILTER" and fault.target in kind_named(table.type.name).filters_on:
            return InvalidValue(f"{name}: PingOne refuses this filter; {_OPERATORS}")
        if fault.code == "INVALID_FILTER":
            return InvalidFilter("PingOne refuses this filter")
        if fault.code in _VALUE_CODES:
            return InvalidValue(f"{name or table.type.name}: PingOne refuses the value{said}")
    if error.status == 409:  # noqa: PLR2004
        return Conflict(f"{table.type.name}: PingOne's present state forbids this")
    if error.status in (405, 415):
        return BadGateway(f"PingOne refuses a call of the bridge with status {error.status}")
    if error.code == "REQUEST_FAILED":
        return Conflict(f"{table.type.name}: PingOne could not carry out the change in its present state")
    return BadRequest(f"{table.type.name}: PingOne refuses the request ({error.code or error.status})")


def _taken(fault: errors.Fault, name: str) -> ScimError:
    """Return what it means that a value was there before: for a password, that this user had it."""
    if fault.target == PASSWORD.field:
        return InvalidValue(f"{name}: {USED_BEFORE}")
    return Uniqueness(f"{name}: the value is taken; it has to be unique in PingOne")


def _scim_name(target: str | None, table: Table) -> str | None:
    if not target or table.is_hidden(target):
        return None
    return table.scim_name(target) or target


def _sentence(fault: errors.Fault, table: Table) -> str:
    """PingOne's own words on what is wrong, without anything in quotes, which could be the value.

    Nothing is said where that would name what is hidden from the client.
    """
    text = " ".join(fault.message.split())
    if (fault.target and table.is_hidden(fault.target)) or any(name in text for name in table.unnamed):
        return ""
    return f": {text}" if text and not set(text) & set("\"'@`") and len(text) <= 200 else ""  # noqa: PLR2004
