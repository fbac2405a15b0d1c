"""What PingOne's refusal of an operation means to a client: a state is 409, a value 400, and the input is named.

PingOne's own sentences do not go along: they could repeat a secret. What is the same for every call stands in
`request.refusals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scimbridge.operations.rows import Input, Operation
from scimbridge.pingone import errors
from scimbridge.request.refusals import USED_BEFORE, of_no_answer
from scimbridge.scim.errors import (
    BadGateway,
    Conflict,
    Forbidden,
    GatewayTimeout,
    InvalidValue,
    NotFound,
    ScimError,
    Uniqueness,
)

NO_PATH = frozenset({"gateways", "agreements", "agreementConsents", "devices", "sessions", "roles"})
"""Parts of paths that few tenants have: PingOne answers an unknown one as it answers a missing right."""
STATES = {
    "NO_PASSWORD": "the user has no password",
    "ACCOUNT_NOT_USABLE": "the account cannot be used: it is disabled, locked, or its password lies elsewhere",
    "PASSWORD_LOCKED_OUT": "the password is locked out after wrong ones",
    "REQUEST_FAILED": "the present state forbids it: the password may lie at a gateway or at another provider",
}
OF_INPUTS = frozenset({
    "INVALID_VALUE", "REQUIRED_VALUE", "EMPTY_VALUE", "OUT_OF_RANGE", "SIZE_LIMIT_EXCEEDED", "UNIQUENESS_VIOLATION",
    "CONSTRAINT_VIOLATION", "INVALID_PARAMETER", "INVALID_FILTER",
})  # fmt: skip
CODES = ("verificationCode", "recoveryCode")
POLICY = "PingOne's password policy is not met"
WRONG_CODE = "the code is wrong, over, or was used"
NO_MAIL = "the user has no e-mail address, or got as many messages today as PingOne lets a user get"


@contextmanager
def refusing_parts(operation: Operation) -> Iterator[None]:
    """Turn PingOne's failures into SCIM's, in the words of the operation's inputs."""
    try:
        yield
    except errors.PingOneError as error:
        refusal = _refusal(error, operation)
        raise refusal from error


def _refusal(error: errors.PingOneError, operation: Operation) -> ScimError:
    if isinstance(error, errors.NotThere):
        return NotFound(_not_there(operation))
    if isinstance(error, errors.NoPermission):
        return Forbidden(_no_permission(operation))
    if isinstance(error, errors.Refused):
        return _refused(error, operation)
    return of_no_answer(error)


def _not_there(operation: Operation) -> str:
    part = "" if operation.item is None else f"nothing of that {operation.item.name}"
    if operation.is_service:
        return part or f"PingOne has no {operation.name} here"
    return f"no {operation.resource} of that id{part and f', or {part}'}"


def _no_permission(operation: Operation) -> str:
    role = operation.role or "Identity Data Admin"
    rare = ", or this environment does not have it" if NO_PATH & set(operation.call.path.split("/")) else ""
    return (
        f"PingOne does not let the bridge call {operation.name}: its worker application lacks a role such as"
        f" {role}{rare} (see `scimbridge check`)"
    )


def _refused(error: errors.Refused, operation: Operation) -> ScimError:
    if error.status in (405, 415):
        return BadGateway(f"PingOne refuses the call of {operation.name} with status {error.status}")
    for fault in error.faults:
        refusal = _of_fault(fault, operation)
        if refusal is not None:
            return refusal
    if error.code in STATES:
        return Conflict(f"{operation.name}: {STATES[error.code]}")
    if error.status == 409 or not operation.inputs:  # noqa: PLR2004 - nothing was sent that could be wrong
        return Conflict(f"{operation.name}: PingOne's present state forbids it")
    return InvalidValue(f"{operation.name}: PingOne refuses the request ({error.code or error.status})")


def _of_fault(fault: errors.Fault, operation: Operation) -> ScimError | None:
    """Return what one fault means; None for a code that says nothing."""
    if fault.code == "INVALID_OTP":
        return InvalidValue(f"{_code_of(operation)}: {WRONG_CODE}")
    if fault.code in STATES:
        return Conflict(f"{operation.name}: {STATES[fault.code]}")
    named = _input_of(fault.target, operation)
    if fault.code == "UNIQUENESS_VIOLATION" and not (named and named.secret):
        return Uniqueness(f"{operation.name}: it is there already, or something wider is")
    if named is not None and fault.code in OF_INPUTS:
        return InvalidValue(f"{named.name}: {_why(fault, named)}")
    if fault.code == "CONSTRAINT_VIOLATION" and fault.target == "email":
        return Conflict(f"{operation.name}: {NO_MAIL}")
    if fault.code == "CONSTRAINT_VIOLATION" or (fault.code in OF_INPUTS and not _is_sent(fault.target, operation)):
        return Conflict(f"{operation.name}: PingOne cannot do it in the present state")
    if fault.code in OF_INPUTS:
        return InvalidValue(f"{_code_of(operation)}: PingOne refuses the value")
    return None


def _why(fault: errors.Fault, named: Input) -> str:
    if fault.code == "UNIQUENESS_VIOLATION":
        return USED_BEFORE
    remaining: Any = fault.inner.get("failuresRemaining")
    if isinstance(remaining, int):
        return f"it is wrong; {remaining} more wrong ones lock the password"
    needs: Any = fault.inner.get("unsatisfiedRequirements")
    if isinstance(needs, list) and all(isinstance(each, str) and each.isidentifier() for each in needs):
        return f"{POLICY}: {', '.join(needs)}"
    if named.name in CODES:
        return WRONG_CODE
    return POLICY if named.secret else "PingOne refuses the value"


def _input_of(target: str | None, operation: Operation) -> Input | None:
    """Return the input that PingOne's target is, whole or as a part of its path."""
    if not target:
        return None
    for each in operation.inputs:
        path = ".".join(each.to)
        if target in (path, each.name) or path.startswith(f"{target}.") or path.endswith(f".{target}"):
            return each
    aliases = {"password": ("value", "newPassword", "password"), "recoveryCode": CODES, "verificationCode": CODES}
    return next((each for each in operation.inputs if each.name in aliases.get(target, ())), None)


def _is_sent(target: str | None, operation: Operation) -> bool:
    """Whether a target may be something that was sent; without one it may, and what is the resource's own was not."""
    if not target:
        return bool(operation.inputs)
    return any(each.to and each.to[0] == target.split(".", 1)[0] for each in operation.inputs)


def _code_of(operation: Operation) -> str:
    return next((each.name for each in operation.inputs if each.name in CODES), operation.name)


def lost_answer(operation: Operation) -> GatewayTimeout:
    """Return what is said where nobody knows whether an operation was carried out."""
    msg = (
        f"PingOne's answer to {operation.name} was lost: it is not known whether it was carried out, and the bridge"
        " does not send it again, since that may do harm; look at the state first"
    )
    return GatewayTimeout(msg)
