"""What is known of a row before PingOne is asked for it: which role it needs, and which client may call it.

Knows rows, roles and rights; makes no call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from scimbridge.access.caller import Caller
from scimbridge.operations.offering import lacks
from scimbridge.operations.reading import Catalogue
from scimbridge.operations.rooms import open_catalogue
from scimbridge.operations.rows import Operation
from scimbridge.ops.checking.findings import Finding, Grade, note
from scimbridge.ops.checking.roles import Roles

WHERE = "operations"
USUAL_ROLE = "Identity Data Admin"
"""What rows need that name no role (docs/pingone.md §1.3)."""


@dataclass(frozen=True, slots=True)
class RowFound:
    """What was found of one row. Rows of which the same is so become one finding: `before`, their names, `after`."""

    operation: Operation
    grade: Grade
    before: str
    after: str
    cure: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The roles of the worker, None where PingOne does not show them; and everybody who may call something."""

    roles: Roles | None
    callers: tuple[Caller, ...]

    def is_offered(self, operation: Operation) -> bool:
        """Whether some client may call it, or delete a part of it."""
        ways = (False, True) if operation.deletes_parts else (False,)
        return any(lacks(operation, caller, deletes=way) is None for caller in self.callers for way in ways)

    def may(self, operation: Operation) -> bool | None:
        """Whether the worker may by its roles; None where they do not say so."""
        if self.roles is None:
            return None
        if self.roles.cover(role_of(operation), everywhere=operation.is_service):
            return True
        return False if self.roles.only_read and not operation.reads else None

    def grade(self, operation: Operation) -> Grade:
        """Return how bad it is that a row cannot be carried out: a fault where clients may ask for it."""
        return Grade.FAULT if self.is_offered(operation) else Grade.NOTE


def role_of(operation: Operation) -> str:
    """Return the role that the worker needs for a row."""
    return operation.role or USUAL_ROLE


def roles_of(catalogue: Iterable[Operation]) -> Collection[str]:
    """Return every role that a row needs."""
    return {role_of(each) for each in catalogue}


def carried_out(catalogue: Catalogue) -> Iterator[Operation]:
    """Yield the rows that say a call: those of `refuse` say none, and those taken out are not here."""
    return (each for each in catalogue if not each.refuse)


def forbidden(operation: Operation, standing: Standing) -> RowFound:
    """Return that PingOne answers 403, which it does where a right is missing and where a path is not known."""
    out = "take them out, by `disable` in operations.toml"
    if standing.may(operation):
        why = ", though by its roles the application may: this environment may not have that path"
        cure = f"see whether the licence has it, or {out}"
    else:
        why = ": the application lacks the right, or this environment does not have that path (PingOne answers both so)"
        cure = f'assign the role "{role_of(operation)}" for this environment to the worker application, or {out}'
    return RowFound(operation, standing.grade(operation), "PingOne answers 403 to ", why, cure)


def tell(outcomes: Iterable[RowFound]) -> Iterator[Finding]:
    """Yield one finding for all rows of which the same is so."""
    found: dict[tuple[Grade, str, str, str | None], list[Operation]] = {}
    for each in outcomes:
        found.setdefault((each.grade, each.before, each.after, each.cure), []).append(each.operation)
    for (grade, before, after, cure), operations in found.items():
        yield Finding(grade, WHERE, f"{before}{_name(operations)}{after}", cure)


def tell_unoffered(catalogue: Catalogue, standing: Standing) -> Iterator[Finding]:
    """Say for which rows no client has the right."""
    left = [each for each in carried_out(catalogue) if not standing.is_offered(each)]
    if left:
        scopes = ", ".join(sorted({each.scope for each in left}))
        yield note(
            WHERE,
            f"no client has {scopes}, so that only `scimbridge call` can call {_count(len(left))}",
            "nothing, unless a client should: `scimbridge client add` gives scopes",
        )


def tell_table(catalogue: Catalogue) -> str:
    """Return how many rows there are, and how they differ from the shipped ones."""
    shipped = {(each.resource, each.name): each for each in open_catalogue(None)}
    rows = [*carried_out(catalogue)]
    reading = sum(each.reads for each in rows)
    own = [each for each in catalogue if shipped.get((each.resource, each.name)) != _as_shipped(each, shipped)]
    gone = [each for key, each in shipped.items() if key not in catalogue.operations]
    told = f"{len(rows)} rows, of which {reading} read and {len(rows) - reading} change something"
    told += f"; operations.toml says {_name(own)} itself" if own else ""
    return told + (f"; it takes out {_name(gone)}" if gone else "")


def _as_shipped(operation: Operation, shipped: dict[tuple[str, str], Operation]) -> Operation:
    held = shipped.get((operation.resource, operation.name))
    return operation if held is None else replace(operation, file=held.file)


def _name(operations: Iterable[Operation]) -> str:
    named: dict[str, list[str]] = {}
    for each in operations:
        named.setdefault(each.resource, []).append(each.name)
    return ", ".join(f"{resource} ({', '.join(names)})" for resource, names in named.items())


def _count(number: int) -> str:
    return "1 operation" if number == 1 else f"{number} operations"
