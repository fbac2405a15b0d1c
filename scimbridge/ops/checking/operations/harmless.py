"""Which calls do no harm on a throw-away user, in which order, and what they are given.

A row is known by its call and not by its name, which an operator may give to anything. No mail and no code, no role, no
device, no consent and no link is among them; and no check of a password, since PingOne checks none of a disabled user.
Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.operations.rows import VENDOR, Operation

_USER, _PASSWORD = "users/{id}", "users/{id}/password"
_SOON, _LATER = dt.timedelta(minutes=2), dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Material:
    """What calls are given: hexadecimal digits never used, the present moment, a throw-away group if there is one."""

    digits: str
    now: dt.datetime
    group: str | None

    @property
    def first(self) -> str:
        """A password that the usual policies take."""
        return f"Aa1!{'-'.join(self.digits)}"

    @property
    def second(self) -> str:
        """Another."""
        return f"Bb2?{'-'.join(reversed(self.digits))}"


Given = Mapping[str, Any]
_STEPS: Mapping[tuple[str, str, str | None], Callable[[Material], Given | None]] = {
    ("PUT", _PASSWORD, "password.set"): lambda some: {"value": some.first, "forceChange": False, "bypassPolicy": True},
    ("PUT", _PASSWORD, "password.reset"): lambda some: {"newPassword": some.second},
    ("POST", _PASSWORD, "password.forceChange"): lambda _some: {},
    ("POST", _PASSWORD, "password.unlock"): lambda _some: {},
    ("POST", _USER, "account.lock"): lambda some: {"unlockAt": _moment(some.now + _LATER)},
    ("POST", _USER, "account.unlock"): lambda _some: {},
    ("PUT", f"{_USER}/bypassMFA", None): lambda some: {"bypassMFAEnabledUntil": _moment(some.now + _SOON)},
    ("POST", f"{_USER}/notifications/quota", "quota.reset"): lambda _some: {},
    ("POST", f"{_USER}/memberOfGroups", None): lambda some: None if some.group is None else {"id": some.group},
    ("PUT", _PASSWORD, "password.setValue"): lambda _some: {},
}
"""By method, path and media type, in the order of the trial: what PingOne's fields are given, None where it is not
there: a default of the row's own could be a real group."""
_ORDER = [*_STEPS]


def place_of(operation: Operation) -> int | None:
    """Return when in the trial a row has its turn; None for one that is never tried."""
    call = operation.call
    media = None if call.media is None else call.media.removeprefix(VENDOR).removesuffix("+json")
    key = (call.method, call.path, media)
    return _ORDER.index(key) if operation.resource == "User" and key in _STEPS else None


def inputs_of(operation: Operation, some: Material) -> dict[str, Any] | None:
    """Return what a row is given in the trial, by the names of its inputs; None where something is missing.

    Nothing of the row's own is sent: a default that the trial has no value for is a reason not to try.
    """
    place = place_of(operation)
    given = None if place is None else _STEPS[_ORDER[place]](some)
    if given is None:
        return None
    found = {each.name: given[path] for each in operation.inputs if (path := ".".join(each.to)) in given}
    if any((each.required or each.default is not None) and each.name not in found for each in operation.inputs):
        return None
    return found


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
