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
WRITE = "run with --write --population NAME"
"""How what reading does not show is tried."""


class Grade(StrEnum):
    """What a finding says. A note is to be known and neither good nor bad; what was not tried is never called good."""

    OK = "ok"
    NOTE = "note"
    NOT_TRIED = "not tried"
    WARNING = "warning"
    FAULT = "fault"


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
    return Finding(Grade.WARNING, where, what, cure)


def fault(where: str, what: str, cure: str) -> Finding:
    """Return that something does not work."""
    return Finding(Grade.FAULT, where, what, cure)


def note(where: str, what: str, cure: str | None = None) -> Finding:
    """Return what is to be known and is neither good nor bad."""
    return Finding(Grade.NOTE, where, what, cure)


def not_tried(where: str, what: str, cure: str = WRITE) -> Finding:
    """Return what nobody looked at, and how it is looked at."""
    return Finding(Grade.NOT_TRIED, where, what, cure)


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a check, how many of them are bad or say that nobody looked, and what it all comes to."""

    findings: tuple[Finding, ...]
    faults: int
    warnings: int
    not_tried: int
    summary: str

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Report:
        """Return the report of a check that has ended."""
        found = tuple(findings)
        grades = [finding.grade for finding in found]
        faults, warnings = grades.count(Grade.FAULT), grades.count(Grade.WARNING)
        open_ = tuple(finding for finding in found if finding.grade is Grade.NOT_TRIED)
        return cls(found, faults, warnings, len(open_), _summarize(len(found), faults, warnings, open_))

    @property
    def exit_code(self) -> int:
        """What the command ends with: 0 all was tried and nothing is at fault, 1 a fault, 3 not all was tried."""
        return 1 if self.faults else 3 if self.not_tried else 0


def _summarize(findings: int, faults: int, warnings: int, open_: tuple[Finding, ...]) -> str:
    """Return what was looked at and what was not, so that nobody takes silence for a good sign."""
    bad = " and ".join(_count(number, word) for number, word in ((faults, "fault"), (warnings, "warning")) if number)
    looked = _count(findings - len(open_), "finding")
    if not open_:
        tried = "all that can be tried was tried"
        return f"{bad} in {looked}, and {tried}" if bad else f"everything fits: {looked}, {tried}"
    fits = f"{bad} in {looked}" if bad else f"everything that was looked at fits ({looked})"
    names = ", ".join(dict.fromkeys(finding.where for finding in open_))
    how = WRITE if all(finding.cure == WRITE for finding in open_) else "the lines `not tried` say how"
    were = "thing was" if len(open_) == 1 else "things were"
    return f"{fits}; {len(open_)} {were} not tried ({names}): {how}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


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
