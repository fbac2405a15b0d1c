"""Which roles PingOne says the worker application has, where it lets the worker see that (docs/pingone.md §1.3).

Reads only. A role is what allows to write: without knowing it, only trying shows.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass

from scimbridge.ops.checking.findings import ROLE, Finding, Probe, fault, note, ok
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.send import Json

_WHERE = "roles"
_WRITES = frozenset({"Identity Data Admin"})
_READS = frozenset({"Identity Data Read Only"})
_EVERYWHERE = frozenset({"ENVIRONMENT", "ORGANIZATION"})


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role at a place: its name, or its id where PingOne shows no name; and ENVIRONMENT, POPULATION and so on."""

    role: str
    scope: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of the worker. `permissions` are those of a role by its name, as far as PingOne shows them."""

    held: tuple[HeldRole, ...]
    permissions: Mapping[str, frozenset[str]]

    @property
    def only_read(self) -> bool:
        """Whether none of them lets write anything."""
        return all(each.role in _READS for each in self.held)

    def cover(self, role: str, *, everywhere: bool) -> bool:
        """Whether the worker has a role, or by others all permissions of it; with `everywhere`, not for parts only."""
        names = {each.role for each in self.held if not everywhere or each.scope in _EVERYWHERE}
        needed = self.permissions.get(role, frozenset())
        had = frozenset[str]().union(*(self.permissions.get(name, frozenset()) for name in names))
        return role in names or (bool(needed) and needed <= had)


def check_roles(probe: Probe, application: str, named: Collection[str] = ()) -> Generator[Finding, None, Roles | None]:
    """Say what the roles of the worker are worth, and return them; None where PingOne does not show them.

    `application` is its client id, which is its id too. Permissions of roles that are `named` are looked at as well.
    """
    try:
        roles = _read(probe, application, named)
    except PingOneError:
        yield note(_WHERE, "PingOne does not show them to this application, so that only trying shows what it may do")
        return None
    names = ", ".join(dict.fromkeys(f"{each.role} ({each.scope.lower()})" for each in roles.held)) or "none"
    writing = {each.scope for each in roles.held if each.role in _WRITES}
    if writing & _EVERYWHERE:
        yield ok(_WHERE, f"{names}: PingOne lets this application write everywhere")
    elif writing:
        yield note(_WHERE, f"{names}: the bridge sees and changes these populations only")
    elif roles.only_read:
        yield fault(_WHERE, f"{names}: PingOne lets this application read, and write nothing", ROLE)
    else:
        yield note(_WHERE, f"{names}: whether they let this application write is not known here")
    return roles


def _read(probe: Probe, application: str, named: Collection[str]) -> Roles:
    held = []
    assignments = probe.target.role_assignments(probe.call(), application)
    known = {str(role.get("id")): role for role in probe.target.roles(probe.call())}
    for assignment in assignments:
        role, scope = assignment.get("role"), assignment.get("scope")
        key = role.get("id") if isinstance(role, dict) else None
        kind = scope.get("type") if isinstance(scope, dict) else None
        held.append(HeldRole(str(known.get(str(key), {}).get("name") or key), str(kind or "scope unknown")))
    wanted = {*named, *(each.role for each in held)}
    looked_at = {str(role["name"]): role for role in known.values() if role.get("name") in wanted}
    return Roles(tuple(held), {name: _permissions(probe, role) for name, role in looked_at.items()})


def _permissions(probe: Probe, role: Json) -> frozenset[str]:
    """Return the permissions of a role; none where PingOne does not show them."""
    if not isinstance(role.get("permissions"), list):
        try:
            role = probe.target.role(probe.call(), str(role["id"]))
        except PingOneError:
            return frozenset()
    listed = role.get("permissions")
    return frozenset(
        str(each["id"]) for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and "id" in each
    )  # fmt: skip
