"""Whether a client may call an operation: decided once, for what it is offered and for what it asks for.

By its rights, by what it is confined to, and by the tables of attributes: an operation tells and changes no more than
they do. Knows no request and makes no call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scimbridge.access.caller import Caller
from scimbridge.access.scopes import OF_ENVIRONMENTS
from scimbridge.operations.rows import KIND_OF, SERVICE, Operation
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.errors import Forbidden
from scimbridge.scim.verbs import PATCH

Endpoints = Mapping[str, Endpoint]
"""The resource types that a client is served, by name."""
_TYPES = {kind.collection: name for name, kind in KIND_OF.items()}


@dataclass(frozen=True, slots=True)
class Offer:
    """An operation that a client may call; `deletes`: a part of it too; `matches`: who has no id is found."""

    operation: Operation
    deletes: bool = True
    matches: bool = True


def offered(operations: Iterable[Operation], endpoints: Endpoints, caller: Caller) -> Iterator[Offer]:
    """Yield what a client may call."""
    for each in operations:
        if each.refuse or not is_served(each, endpoints):
            continue
        deletes = each.deletes_parts and why_not(each, endpoints, caller, deletes=True) is None
        if why_not(each, endpoints, caller) is None:
            yield Offer(each, deletes, each.on_one and caller.may(each.scope_to_find))


def is_served(operation: Operation, endpoints: Endpoints) -> bool:
    """Whether the resource types that an operation is about, reads or changes, and answers with, are served."""
    about = _TYPES.get(operation.scope.partition(":")[0], "")  # the type of a right to groups is Group
    fields = (field.partition(".")[0] for field in (operation.tells, operation.changes))
    return {operation.resource, operation.shows, about, *fields} - {"", SERVICE} <= endpoints.keys()


def check_offered(operation: Operation, endpoints: Endpoints, caller: Caller, *, deletes: bool) -> None:
    """Hold a client to what it may call. Raises `Forbidden`, which names the right or the attribute."""
    if (why := why_not(operation, endpoints, caller, deletes=deletes)) is not None:
        raise Forbidden(why)


def why_not(operation: Operation, endpoints: Endpoints, caller: Caller, *, deletes: bool = False) -> str | None:
    """Return why a client may not call an operation, or delete a part by it; None where it may."""
    why, changes = lacks(operation, caller, deletes=deletes), deletes or not operation.reads
    field = operation.changes if changes else operation.tells
    if why is None and field and (withheld := _withheld(field, endpoints, changes=changes)) is not None:
        why = f"{field} {withheld}"
    return None if why is None else f"this client may not call {operation.name}: {why}"


def lacks(operation: Operation, caller: Caller, *, deletes: bool = False) -> str | None:
    """Return what a client lacks to call an operation, or to delete a part by it, whatever is served."""
    scope = operation.scope_to_delete if deletes else operation.scope
    if caller.is_token and (deletes or not operation.reads or not caller.may(scope)):
        return f"it is that of SCIMBRIDGE_BEARER_TOKEN; `scimbridge client add` makes one that has {scope}"
    if not caller.may(scope):
        return f"it has not the scope {scope}"
    if caller.populations is not None and scope in OF_ENVIRONMENTS:
        return f"it is confined to populations, and {scope} is about all"
    if caller.populations is not None and _is_about_all(operation):
        return "it is confined to populations, and the row is about all"
    return None


def _withheld(field: str, endpoints: Endpoints, *, changes: bool) -> str | None:
    """Return why the table of its type keeps a field from a client; None where it does not."""
    resource, _dot, native = field.partition(".")
    endpoint = endpoints.get(resource)
    if endpoint is None or endpoint.lists.view.table.scim_name(native) is None:
        return "is hidden from it"
    if changes and not endpoint.lists.view.table.is_changed(native):
        return "is no attribute that can be changed"
    if changes and PATCH.allow not in endpoint.allow:
        return f"cannot be changed, since {endpoint.path} does not allow to {PATCH.allow}"
    return None


def _is_about_all(operation: Operation) -> bool:
    """Whether the call of a row can reach any resource, so that nothing here could hold a client to its own."""
    path = operation.call.path
    if operation.code or "{id}" in path:
        return False
    return operation.on_all or not operation.reads or path.split("/")[0] in _TYPES
