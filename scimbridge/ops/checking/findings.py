"""What `check` finds, one line each: how bad it is, where, what is so, and what to do about it.

Knows PingOne's failures in general. No line holds a secret, an id of a person or a value of an attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scimbridge.pingone import errors
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target

PATIENCE = 20.0  # seconds that one call may take, repetitions included
ROLE = (
    'assign the role "Identity Data Admin" for this environment to the worker application'
    " (PingOne's console: Applications, the application, Roles)"
)

Write = Callable[[str], object]


@dataclass(slots=True)
class Report:
    """Writes each finding at once, so that a slow check shows where it is, and counts what is wrong."""

    write: Write
    faults: int = 0
    warnings: int = 0

    def ok(self, where: str, text: str) -> None:
        """Tell of something that is right."""
        self.write(f"ok    {where}: {text}")

    def warn(self, where: str, text: str, remedy: str) -> None:
        """Tell of something that works, but not as it should."""
        self.warnings += 1
        self.write(f"warn  {where}: {text}; do: {remedy}")

    def fault(self, where: str, text: str, remedy: str) -> None:
        """Tell of something that does not work."""
        self.faults += 1
        self.write(f"FAULT {where}: {text}; do: {remedy}")


@dataclass(frozen=True, slots=True)
class Probe:
    """What every check of the environment is made with. `page_size` is the one that is set."""

    target: Target
    report: Report
    clock: Callable[[], float]
    page_size: int

    def call(self) -> Call:
        """Return what goes along with a call that starts now."""
        return Call(deadline=self.clock() + PATIENCE, trace="scimbridge-check")

    def refused(self, where: str, what: str, error: errors.PingOneError) -> None:
        """Tell as a fault that something failed, and why."""
        text, remedy = explain_failure(error)
        self.report.fault(where, f"{what}: {text}", remedy)


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
