"""Which roles PingOne says the worker application has, where it lets the worker see that (docs/pingone.md §1.3).

Reads only. A role is what allows to write: without knowing it, only trying shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scimbridge.ops.checking.findings import ROLE, Finding, Probe, fault, note, ok
from scimbridge.pingone.errors import PingOneError

_WHERE = "roles"
_WRITES = frozenset({"Identity Data Admin"})
_READS = frozenset({"Identity Data Read Only"})
_EVERYWHERE = frozenset({"ENVIRONMENT", "ORGANIZATION"})


@dataclass(frozen=True, slots=True)
class _Held:
    role: str  # its name, or its id where PingOne shows no name
    scope: str  # ENVIRONMENT, POPULATION and so on


def check_roles(probe: Probe, application: str) -> Iterator[Finding]:
    """Say what the roles of the worker are worth; `application` is its client id, which is its id too."""
    try:
        held = _read(probe, application)
    except PingOneError:
        yield note(_WHERE, "PingOne does not show them to this application, so that only trying shows what it may do")
        return
    names = ", ".join(dict.fromkeys(f"{each.role} ({each.scope.lower()})" for each in held)) or "none"
    writing = {each.scope for each in held if each.role in _WRITES}
    if writing & _EVERYWHERE:
        yield ok(_WHERE, f"{names}: PingOne lets this application write everywhere")
    elif writing:
        yield note(_WHERE, f"{names}: the bridge sees and changes these populations only")
    elif all(each.role in _READS for each in held):
        yield fault(_WHERE, f"{names}: PingOne lets this application read, and write nothing", ROLE)
    else:
        yield note(_WHERE, f"{names}: whether they let this application write is not known here")


def _read(probe: Probe, application: str) -> list[_Held]:
    names = {role.get("id"): role.get("name") for role in probe.target.roles(probe.call())}
    found = []
    for assignment in probe.target.role_assignments(probe.call(), application):
        role, scope = assignment.get("role"), assignment.get("scope")
        key = role.get("id") if isinstance(role, dict) else None
        kind = scope.get("type") if isinstance(scope, dict) else None
        found.append(_Held(str(names.get(key) or key), str(kind or "scope unknown")))
    return found
