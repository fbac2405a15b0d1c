"""Every way in which a call to PingOne can end badly, told apart by what may be done about it.

Knows PingOne's error shape (docs/pingone.md §8). Knows nothing of SCIM: the resources say what a failure
means to the client. No message here ever holds a secret, a token or the body of a request.

    PingOneError
    ├── Refused            4xx: this request is wrong, repeating it is useless
    │   ├── NotThere       404
    │   └── Forbidden      403
    ├── Throttled          429, or a wait for our own rate that would pass the deadline
    ├── Unreachable        no answer, half an answer, 408 or 5xx
    │   └── Misconfigured  ... and no repetition will change it: redirect, bad certificate, 501
    ├── OutOfTime          the deadline of the call would be passed
    ├── CircuitOpen        not even tried: PingOne was down a moment ago
    └── BadCredentials     a fresh token is not accepted
        └── NoToken        ... or the token endpoint gives none
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One member of `details`: code, the native attribute it is about, PingOne's sentence, `innerError`."""

    code: str
    target: str | None = None
    message: str = ""
    inner: dict[str, Any] = field(default_factory=dict)


class PingOneError(Exception):
    """A call that did not end in 2xx.

    `status`       HTTP status that PingOne gave; 0 when it gave none.
    `code`         PingOne's top-level code, such as INVALID_DATA; "" when there is none.
    `faults`       its `details`.
    `correlation`  what support at Ping asks for.
    `retry_after`  seconds after which a repetition makes sense; None when nobody knows.
    `server_date`  PingOne's own clock (Date header), seconds since 1970; None without an answer.
    `maybe_done`   a write may have been carried out, by this try or an earlier one.
    `repeated`     this answers a repetition: an earlier try had its answer lost and may have done it.
    `host`         which of Ping's hosts it was about; "" where that is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        faults: tuple[Fault, ...] = (),
        correlation: str | None = None,
        retry_after: float | None = None,
        server_date: float | None = None,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.faults = faults
        self.correlation = correlation
        self.retry_after = retry_after
        self.server_date = server_date
        self.maybe_done = maybe_done
        self.repeated = False
        self.host = ""

    def has(self, detail_code: str) -> bool:
        """Return whether one of the faults has this code, such as UNIQUENESS_VIOLATION."""
        return any(fault.code == detail_code for fault in self.faults)


class Refused(PingOneError):
    """PingOne understood and said no (4xx)."""


class NotThere(Refused):
    """404: no such resource, or none that this application may see."""


class NoPermission(Refused):
    """403: the worker application lacks a role, the licence is used up, or the environment is unknown."""


class Throttled(PingOneError):
    """Too many requests: PingOne's 429 (status 429), or our own rate is too low to be in time (status 0)."""


class Unreachable(PingOneError):
    """No usable answer: no connection, a lost or malformed answer, 408 or 5xx."""


class Misconfigured(Unreachable):
    """An answer that comes from the set-up and not from the moment: redirect, untrusted certificate, 501."""


class OutOfTime(PingOneError):
    """The deadline of the call is reached, or would be before the next try."""


class CircuitOpen(PingOneError):
    """PingOne is known to be down; nothing was sent."""


class BadCredentials(PingOneError):
    """PingOne refuses a token that is fresh (401), or there is none."""


class NoToken(BadCredentials):
    """The token endpoint refuses the application."""
