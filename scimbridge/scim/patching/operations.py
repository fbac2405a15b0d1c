"""PATCH operations in canonical form: every path resolved, every value read (RFC 7644 §3.5.2).

A path-less operation becomes one operation for each member of its value. What cannot be stored is left out and
noticed; what may not be changed is refused. Pure: what the operations do to a resource is in `patch`, and what they
are at PingOne the mapping room decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.scim import dialects
from scimbridge.scim.catalogue import Attribute, Found, ResourceType, Schema
from scimbridge.scim.errors import InvalidPath, InvalidValue, Mutability, NoTarget
from scimbridge.scim.filtering.matching import compile_element_filter
from scimbridge.scim.filtering.trees import AttrPath, Node
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.elements import names_resources
from scimbridge.scim.patching.operation_paths import find, find_known, is_read_only, is_stored, parse_member, parse_ours
from scimbridge.scim.patching.paths import Path, name_of
from scimbridge.scim.reading import Manner, find_part, has_no_value, is_empty, read_listed, read_selected, read_value


@dataclass(frozen=True, slots=True)
class PathChange:
    """One change of one attribute. `value` is None for removal; with `remove` it lists the elements that go."""

    op: str  # add, replace or remove
    found: Found
    where: Node | None
    value: Any

    @property
    def name(self) -> str:
        """The path as people write it, for messages."""
        sub = f".{self.found.sub.name}" if self.found.sub else ""
        return f"{self.found.attribute.name}{'[...]' if self.where else ''}{sub}"


def read_operations(
    operations: Iterable[PatchOperation], resource_type: ResourceType, manner: Manner
) -> tuple[PathChange, ...]:
    """Resolve a client's operations.

    Raises `NoTarget` (remove without path), `InvalidPath`, `InvalidFilter`, `InvalidValue`, and `Mutability` for a
    read-only attribute named by path or a required one removed.
    """
    read: list[PathChange] = []
    for operation in operations:
        if operation.path is None:
            read.extend(_read_pathless(operation, resource_type, manner))
        else:
            read.extend(_read_pathed(operation, operation.path, resource_type, manner))
    return tuple(read)


def _read_pathless(operation: PatchOperation, resource_type: ResourceType, manner: Manner) -> Iterator[PathChange]:
    if operation.op == "remove":
        msg = "remove needs a path that says what is to go"
        raise NoTarget(msg)
    value = operation.value if manner.strict else _unwrap(operation.value)
    if not isinstance(value, dict):
        msg = f"{operation.op} without a path needs an object of attributes as its value"
        raise InvalidValue(msg)
    for key, inner in value.items():
        if key.lower() == "schemas":
            continue
        schema = resource_type.find_schema(key.strip())
        if schema is None:
            yield from _read_member(operation.op, key.strip(), inner, resource_type, manner)
        else:
            yield from _read_schema(operation.op, schema, inner, resource_type, manner)


def _read_schema(
    op: str, schema: Schema, value: Any, resource_type: ResourceType, manner: Manner
) -> Iterator[PathChange]:
    """Read an operation on a whole schema: its members are those of the value, or all when it has none."""
    if op == "remove" or (op == "replace" and value is None):
        yield from _clear_schema(schema, resource_type, manner)
        return
    value = value if manner.strict else _unwrap(value)
    if not isinstance(value, dict) and value is not None:
        msg = f"{schema.urn}: an object with the attributes of that schema is needed"
        raise InvalidValue(msg)
    for name, inner in (value or {}).items():
        yield from _read_member(op, f"{schema.urn}:{name}", inner, resource_type, manner)


def _clear_schema(schema: Schema, resource_type: ResourceType, manner: Manner) -> Iterator[PathChange]:
    if schema is resource_type.schema:
        msg = f"{schema.urn} cannot be removed: it is what the resource is"
        raise Mutability(msg)
    for attribute in schema.attributes:
        found = resource_type.find(AttrPath(schema.urn, attribute.name))
        if found is not None and is_stored(found) and not is_read_only(found):
            yield from _make("remove", found, None, None, manner)


def _read_member(op: str, key: str, value: Any, resource_type: ResourceType, manner: Manner) -> Iterator[PathChange]:
    """Read one member of a path-less value; read-only and unknown ones are ignored there, as in a PUT."""
    try:
        path = parse_member(key, resource_type, manner)
    except InvalidPath:
        if "[" in key:
            raise
        manner.notice(name_of(key))  # no path at all, so no attribute of ours
        return
    found = find(path, resource_type, manner)
    if found is not None and found.attribute.replaceable:
        yield from _replace_composed(op, found, path.where, value, manner)
    elif found is None or not is_stored(found) or found.attribute.composed:
        manner.notice(name_of(key))
    elif not is_read_only(found) and (manner.strict or not dialects.is_idle_null(found.leaf, value)):
        yield from _make(op, found, path.where, value, manner)


def _read_pathed(
    operation: PatchOperation, text: str, resource_type: ResourceType, manner: Manner
) -> Iterator[PathChange]:
    path = parse_ours(text, resource_type, manner)
    if path is None:
        return
    if operation.op != "remove" and not operation.has_value:
        msg = f"{operation.op} of {name_of(text)!r} needs a value"
        raise InvalidValue(msg)
    if path.attr is None:
        schema = resource_type.find_schema(path.urn or "")
        if schema is None:
            manner.notice(name_of(text))
        else:
            yield from _read_schema(operation.op, schema, operation.value, resource_type, manner)
        return
    found = find_known(path, text, resource_type, manner)
    if found is None:
        return
    if found.attribute.replaceable and not manner.strict:
        yield from _replace_composed(operation.op, found, path.where, operation.value, manner)
    elif is_read_only(found) or not is_stored(found):
        _refuse_unkept(found, text, manner)
    else:
        _check_listed(operation, path, found.leaf)
        yield from _make(operation.op, found, path.where, operation.value, manner)


def _refuse_unkept(found: Found, text: str, manner: Manner) -> None:
    """Refuse a path to what cannot be written here, or notice it where clients name it and know no better."""
    stored = found.attribute.stored
    if is_read_only(found) and stored and (manner.strict or not found.attribute.composed):
        msg = f"{name_of(text)!r} is read-only"
        raise Mutability(msg)
    if not is_read_only(found) and manner.strict and not stored:
        msg = f"{name_of(text)!r} is not stored here; /Schemas lists what is"
        raise InvalidPath(msg)
    manner.notice(name_of(text))


def _replace_composed(op: str, found: Found, where: Node | None, value: Any, manner: Manner) -> Iterator[PathChange]:
    """Read a value in place of a composed one; whether it is kept, the present state decides. None takes none away."""
    if where is not None:
        _check_where(found, where, manner)
    read = None if op == "remove" else read_value(found.attribute, value, manner)
    if is_empty(read):
        manner.notice(found.attribute.name)
    else:
        yield PathChange(op, found, None, read)


def _make(op: str, found: Found, where: Node | None, value: Any, manner: Manner) -> Iterator[PathChange]:
    if where is not None:
        where = _check_where(found, where, manner)
    if op == "remove":
        yield from _make_removal(found, where, value, manner)
        return
    target = found.leaf
    if not manner.strict and target.type == "complex" and (where is not None or not target.multi_valued):
        value = _unwrap(value)
    if where is not None and found.sub is None:
        read = read_selected(target, value, manner, whole=op == "replace")
        target = replace(target, multi_valued=False)
    else:
        read = _read_leaf(found, value, manner)
    if has_no_value(target, read) and not _names_members(target, value):
        if op == "replace":
            if target.required and not (found.sub is not None and found.attribute.multi_valued):
                msg = f"{target.name} is required: it needs a value"
                raise InvalidValue(msg)
            yield PathChange("remove", found, where, None)
        return  # adding nothing changes nothing
    if not has_no_value(target, read):
        yield PathChange(op, found, where, read)
    if op == "replace" and _names_members(target, value):
        yield from _make_clearing(found, where, value, manner)


def _read_leaf(found: Found, value: Any, manner: Manner) -> Any:
    """Read the value that a path ends at. Raises `InvalidValue` with the attribute's name before that of its part."""
    try:
        return read_value(found.leaf, value, manner)
    except InvalidValue as error:
        if found.sub is None:
            raise
        msg = f"{found.attribute.name}.{error}"
        raise InvalidValue(msg) from None


def _unwrap(value: Any) -> Any:
    """Return the object that stands in an array of its own, or in a text."""
    return dialects.read_json_text(dialects.unwrap_array(value))


def _names_members(target: Attribute, value: Any) -> bool:
    """Whether a value speaks of members one by one: those of a complex attribute that it leaves out stay."""
    return isinstance(value, dict) and bool(value) and bool(target.sub) and not target.multi_valued


def _make_clearing(found: Found, where: Node | None, value: Any, manner: Manner) -> Iterator[PathChange]:
    """Remove the members that the value of a complex attribute names and gives no value (RFC 7643 §2.5)."""
    for name, inner in value.items():
        sub = find_part(found.attribute, name, manner)
        if sub is None or not is_empty(inner) or sub.mutability == "readOnly":
            continue
        member = replace(found, sub=sub)
        if is_stored(member):
            yield from _make_removal(member, where, None, manner)


def _make_removal(found: Found, where: Node | None, value: Any, manner: Manner) -> Iterator[PathChange]:
    attribute = found.leaf
    if attribute.required and (found.sub is None or not found.attribute.multi_valued):
        msg = f"{attribute.name} is required and cannot be removed"
        raise Mutability(msg)
    listed = None
    if value is not None and found.sub is None and where is None and attribute.multi_valued:
        listed = read_listed(attribute, value, manner)  # Entra, JumpCloud: only those go; an empty list is none
        if not listed:
            return
    yield PathChange("remove", found, where, listed)


def _check_listed(operation: PatchOperation, path: Path, attribute: Attribute) -> None:
    """Refuse null as the list of whom to remove: read as no list at all, it would empty a group."""
    listed = operation.op == "remove" and operation.has_value and path.where is None
    if listed and operation.value is None and names_resources(attribute):
        msg = f"{attribute.name}: a removal lists the elements that go; without `value` all of them go"
        raise InvalidValue(msg)


def _check_where(found: Found, where: Node, manner: Manner) -> Node:
    """Return the value filter with names as they are stored. Raises `InvalidPath`, `InvalidFilter`."""
    if not (found.attribute.multi_valued and found.attribute.type == "complex"):
        msg = f"{found.attribute.name}: a value filter fits lists of objects only"
        raise InvalidPath(msg)
    if not manner.strict:
        where = dialects.rename_in_brackets(where, found.attribute)
    compile_element_filter(where, found.attribute)
    return where
