"""All that is wrong with a body, where the bridge itself stops at the first: piece by piece, each is judged.

What is right is kept, and the next piece is laid upon it: so pieces that need one another are judged together, and one
that is wrong hides none that comes after it. Knows bodies and how to part them; who judges is an argument.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.ops.explaining.explanations import Refusal
from scimbridge.ops.explaining.samples import make_resource
from scimbridge.scim.errors import ScimError
from scimbridge.sides import Body

Judge = Callable[[Body], Refusal | None]
Piece = tuple[tuple[str, ...], Any, bool]
"""Where it stands, what it is, and whether it is an element of the list there."""


def faults_of_resource(table: Table, body: Body, judge: Judge) -> tuple[str, ...]:
    """Return every reason for which a resource is refused."""
    current = _smallest(table)
    if judge(Body(current)) is not None:
        return ()  # nothing here is right by itself: what the whole is refused for is all that can be told
    needed, own = [name for name in current if name != "schemas"], set()
    faults: dict[str, None] = {}
    for path, value, is_element in _pieces(body):
        top = path[0].casefold()
        candidate = copy.deepcopy(current)
        if top not in own:
            _take_away(candidate, top)
        _put(candidate, path, value, is_element=is_element)
        refusal = judge(Body(candidate))
        if refusal is None:
            current = candidate
            own.add(top)
        else:
            faults[refusal.detail] = None
    given = {name.casefold() for name in body}
    for name in needed:
        if name.casefold() not in given and (refusal := judge(_without(current, name))) is not None:
            faults[refusal.detail] = None
    return tuple(faults)


def faults_of_patch(body: Body, judge: Judge) -> tuple[str, ...]:
    """Return every reason for which a PatchOp message is refused."""
    name = next((key for key in body if key.lower() == "operations"), "")
    operations = body.get(name)
    if not isinstance(operations, list):
        return ()
    kept: list[Any] = []
    faults: dict[str, None] = {}
    for operation in operations:
        for part in _parts(operation):
            refusal = judge(Body({**body, name: [*kept, part]}))
            if refusal is None:
                kept.append(part)
            else:
                faults[refusal.detail] = None
    return tuple(faults)


def _smallest(table: Table) -> dict[str, Any]:
    """Return a resource with what is required and nothing else, as far as examples are known."""
    try:
        return dict(make_resource(table, ()))
    except ScimError:
        return {"schemas": [table.type.schema.urn]}


def _pieces(body: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[Piece]:
    """Yield what can be wrong by itself: a value, a member of an object, an element of a list."""
    for name, value in body.items():
        path = (*above, name)
        if isinstance(value, dict) and value:
            yield from _pieces(value, path)
        elif isinstance(value, list) and value and name.casefold() != "schemas":
            yield from ((path, element, True) for element in value)
        else:
            yield path, value, False


def _put(body: dict[str, Any], path: tuple[str, ...], value: Any, *, is_element: bool) -> None:
    *above, name = path
    for step in above:
        inner = body.get(step)
        body[step] = body = inner if isinstance(inner, dict) else {}
    if is_element:
        held = body.get(name)
        body[name] = [*(held if isinstance(held, list) else ()), value]
    else:
        body[name] = value


def _take_away(body: dict[str, Any], folded: str) -> None:
    for name in [name for name in body if name.casefold() == folded]:
        del body[name]


def _without(body: Mapping[str, Any], name: str) -> Body:
    return Body({key: value for key, value in body.items() if key != name})


def _parts(operation: Any) -> Iterator[Any]:
    """Yield an operation; one that writes several attributes at once as one for each of them."""
    if not isinstance(operation, dict):
        yield operation
        return
    key = next((name for name in operation if name.lower() == "value"), "")
    value = operation.get(key)
    if any(name.lower() == "path" for name in operation) or not isinstance(value, dict) or len(value) < 2:  # noqa: PLR2004 - one is whole
        yield operation
        return
    yield from ({**operation, key: {name: each}} for name, each in value.items())
