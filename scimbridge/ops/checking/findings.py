"""What `check` finds: how bad it is, where, what is so, and what to do about it.

Knows PingOne's failures in general. No finding holds a secret, an id of a person or a value of an attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from scimbridge.pingone import errors
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target

PATIENCE = 20.0  # seconds that one call may take, repetitions included
ROLE = (
    'assign the role "Identity Data Admin" for this environment to the worker application'
    " (PingOne's console: Applications, the application, Roles)"
)


class Grade(StrEnum):
    """How bad a finding is. A note adds to the finding before it."""

    OK = "ok"
    WARN = "warn"
    FAULT = "fault"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: where, what is so, and how it is cured where it is not as it should be."""

    grade: Grade
    where: str
    what: str
    cure: str | None = None


def ok(where: str, what: str) -> Finding:
    """Return that something is right."""
    return Finding(Grade.OK, where, what)


def warn(where: str, what: str, cure: str) -> Finding:
    """Return that something works, but not as it should."""
    return Finding(Grade.WARN, where, what, cure)


def fault(where: str, what: str, cure: str) -> Finding:
    """Return that something does not work."""
    return Finding(Grade.FAULT, where, what, cure)


def note(where: str, what: str) -> Finding:
    """Return what else is to be known of the finding before."""
    return Finding(Grade.NOTE, where, what)


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a check, and how many of them are bad."""

    findings: tuple[Finding, ...]
    faults: int
    warnings: int

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Report:
        """Return the report of a check, when all of it has been looked at."""
        found = tuple(findings)
        grades = [finding.grade for finding in found]
        return cls(found, grades.count(Grade.FAULT), grades.count(Grade.WARN))


@dataclass(frozen=True, slots=True)
class Probe:
    """What every check of the environment is made with. `page_size` is the one that is set."""

    target: Target
    clock: Callable[[], float]
    page_size: int

    def call(self) -> Call:
        """Return what goes along with a call that starts now."""
        return Call(deadline=self.clock() + PATIENCE, trace="scimbridge-check")


def refused(where: str, what: str, error: errors.PingOneError) -> Finding:
    """Return as a fault that something failed, and why."""
    text, remedy = explain_failure(error)
    return fault(where, f"{what}: {text}", remedy)


def explain_failure(error: errors.PingOneError) -> tuple[str, str]:
    """Return why a call failed, and what to do about it."""
    support = f" (Correlation-Id {error.correlation})" if error.correlation else ""
    match error:
        case errors.NoPermission():
            return f"PingOne answers 403, the worker application lacks the right{support}", ROLE
        case errors.NotThere():
            return f"PingOne answers 404{support}", "compare SCIMBRIDGE_PINGONE_ENVIRONMENT_ID with PingOne's console"
        case errors.BadCredentials():
            return f"PingOne does not accept its own fresh token{support}", ROLE
        case errors.Throttled():
            return (
                "PingOne's rate limit is reached",
                "run check again later; if it comes back, lower SCIMBRIDGE_PINGONE_RATE",
            )
        case errors.Refused():
            named = ", ".join(fault.code for fault in error.faults if fault.code) or error.code or "no reason given"
            return (
                f"PingOne refuses with {error.status}, {named}{support}",
                "if it comes back, ask Ping's support with the Correlation-Id",
            )
    return (
        f"{error.message}{support}",
        "run check again; if it comes back, look at the network between here and PingOne",
    )
