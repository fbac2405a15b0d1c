"""What a client may do: its scopes, held against a request before anything of it is looked at.

Pure: the answer depends on the client and the kind of thing that it asks for, never on what there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scimbridge.access.caller import SCOPES, Caller
from scimbridge.mapping.tables.table import Table
from scimbridge.pingone.facets import PASSWORD, Facet
from scimbridge.pingone.kinds import Kind
from scimbridge.request.context import AnswerOptions, Reply
from scimbridge.scim.errors import Forbidden
from scimbridge.scim.filtering.trees import paths_of
from scimbridge.scim.patching.operations import PathChange
from scimbridge.scim.verbs import READ, WRITE

PASSWORDS = PASSWORD.scope
_SHOWN = "id,meta.resourceType,meta.location"  # what a client is told that may write and not read
_TELLING_NOTHING = {"type", "primary"}


def may_read(caller: Caller, kind: str) -> bool:
    """Whether a client may read what is in a collection."""
    return caller.may(f"{kind}:{READ}")


def may_write(caller: Caller, kind: str) -> bool:
    """Whether a client may change what is in a collection."""
    return caller.may(f"{kind}:{WRITE}")


def check_scope(caller: Caller, kind: str, right: str) -> None:
    """Hold a client to its scopes; `right` is read or write. Raises `Forbidden`.

    Where there is no right to write, whoever may read is told so by the table.
    """
    right = right if f"{kind}:{right}" in SCOPES else READ
    if not caller.may(f"{kind}:{right}"):
        msg = f"this client may not {right} {kind}: it has not the scope {kind}:{right}"
        raise Forbidden(msg)


def check_any(caller: Caller, kinds: Iterable[str], right: str) -> None:
    """Hold a client to having a right, read or write, on one of several kinds at least. Raises `Forbidden`."""
    if not any(caller.may(f"{kind}:{right}") for kind in kinds):
        msg = f"this client may not {right} anything here: it has no scope for that"
        raise Forbidden(msg)


def check_password(caller: Caller) -> None:
    """Hold a client that sends a password to its scopes. Raises `Forbidden`."""
    if not caller.may(PASSWORDS):
        msg = f"this client may not set passwords: it has not the scope {PASSWORDS}"
        raise Forbidden(msg)


def guarded_facets(caller: Caller, kind: Kind, facets: Iterable[str]) -> tuple[Facet, ...]:
    """Return those of the facets named that the client has no right to set, beside its right to write."""
    return tuple(facet for facet in map(kind.facet, facets) if facet.scope and not caller.may(facet.scope))


def check_facets(caller: Caller, kind: Kind, facets: Iterable[str], table: Table) -> None:
    """Hold a client that sets what decides who can sign in to its scopes. Raises `Forbidden`."""
    for facet in guarded_facets(caller, kind, facets):
        name = table.scim_name(facet.field) or facet.name
        msg = f"{name}: this client may not change it, since it has not the scope {facet.scope}"
        raise Forbidden(msg)


def check_shown(caller: Caller, scopes: Iterable[str]) -> None:
    """Hold a client to the rights that it needs to see what it asks for. Raises `Forbidden`."""
    for scope in scopes:
        if not caller.may(scope):
            msg = f"this client may not see all that it asks for by name: it has not the scope {scope}"
            raise Forbidden(msg)


def check_state(caller: Caller, scope: str, spelled: str) -> None:
    """Hold a client that sets a state to its scopes. Raises `Forbidden`."""
    if scope and not caller.may(scope):
        msg = f"{spelled}: this client may not set it: it has not the scope {scope}"
        raise Forbidden(msg)


def check_selection(caller: Caller, kind: str, operations: Iterable[PathChange]) -> None:
    """Refuse to select values by what they hold to a client that may not read: it could find them out one by one.

    Their type, and which is primary, says nothing of them. Raises `Forbidden`.
    """
    if may_read(caller, kind):
        return
    for operation in operations:
        named = set() if operation.where is None else {path.attr.casefold() for path in paths_of(operation.where)}
        if operation.op == "remove" and isinstance(operation.value, list):  # the elements that go
            for element in operation.value:
                named |= set(element) if isinstance(element, dict) else {"value"}
        if not named <= _TELLING_NOTHING:
            msg = f"{operation.name}: this client may select by type only: it has not the scope {kind}:{READ}"
            raise Forbidden(msg)


def veil(caller: Caller, kind: str, options: AnswerOptions) -> AnswerOptions:
    """Let the answer to a change show a client that may not read no more than where the resource is."""
    return options if may_read(caller, kind) else replace(options, attributes=_SHOWN, excluded=None)


def veil_reply(caller: Caller, kind: str, reply: Reply) -> Reply:
    """Take the version from an answer to a client that may not read: it would tell whether anything was changed."""
    return reply if may_read(caller, kind) else replace(reply, etag=None)
