"""Values taken out of what is about to be written, so that the rest of a resource is not lost for one of them.

Knows the three forms of a write: a new record, a merge, operations. Pure; why a value is left out is not known here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scimbridge.mapping.tables.rows import Row, read_field

Fields = dict[str, Any]
Operations = list[dict[str, Any]]


def leave_out(body: Mapping[str, Any], rows: Iterable[Row]) -> Fields:
    """Return the body of a new record without the fields of rows, nor an object that has no member then."""
    return _change(body, rows, lambda place, name: place.pop(name, None))


def clear(body: Mapping[str, Any], rows: Iterable[Row]) -> Fields:
    """Return the body of a merge that takes the fields of rows away."""
    return _change(body, rows, lambda place, name: place.update({name: None}))


def _change(body: Mapping[str, Any], rows: Iterable[Row], change: Callable[[Fields, str], Any]) -> Fields:
    changed = copy.deepcopy(dict(body))
    for row in rows:
        place = read_field(changed, row.to[:-1])
        if isinstance(place, dict) and row.to[-1] in place:
            change(place, row.to[-1])
            if len(row.to) > 1 and all(value is None for value in place.values()):
                change(changed, row.to[0])
    return changed


def remove(operations: Iterable[Mapping[str, Any]], rows: Iterable[Row]) -> Operations:
    """Return operations that take the fields of rows away where they would set them."""
    paths = {row.native for row in rows}
    tops = {row.to[0]: row for row in rows}
    changed: Operations = []
    for operation in operations:
        path, value = operation["path"], operation.get("value")
        if path in paths:
            changed.append({"op": "remove", "path": path})
        elif path in tops and isinstance(value, dict):
            changed.append({**operation, "value": leave_out({path: value}, rows).get(path, {})})
        else:
            changed.append(dict(operation))
    return changed


def read_value(written: Mapping[str, Any] | Sequence[Mapping[str, Any]], row: Row) -> Any:
    """Return the value that a body or operations give to the field of a row, or None."""
    if isinstance(written, Mapping):
        return read_field(written, row.to)
    found = None
    for operation in written:
        if operation["path"] == row.native:
            found = operation.get("value")
        elif operation["path"] == row.to[0]:
            found = read_field(operation.get("value"), row.to[1:])
    return found


def takes_away(written: Mapping[str, Any] | Sequence[Mapping[str, Any]], row: Row) -> bool:
    """Whether a merge or operations leave the field of a row without a value."""
    if isinstance(written, Mapping):
        return row.to[0] in written and read_field(written, row.to) is None
    named = [operation["path"] in (row.native, row.to[0]) for operation in written]
    return any(named) and read_value(written, row) is None
