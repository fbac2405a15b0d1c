"""PATCH operations in canonical form: every path resolved, every value read (RFC 7644 §3.5.2).

A path-less operation becomes one operation for each member of its value. What cannot be stored is left out and
noticed; what may not be changed is refused. Pure: what the operations do to a resource is in `patch`, and what they
are at PingOne the mapping room decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scimbridge.scim import dialects
from scimbridge.scim.catalogue import Attribute, Found, ResourceType
from scimbridge.scim.errors import InvalidPath, InvalidValue, Mutability, NoTarget
from scimbridge.scim.filters import AttrPath, Node
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.paths import Path, parse_path
from scimbridge.scim.reading import Manner, is_empty, read_value


@dataclass(frozen=True, slots=True)
class Operation:
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
) -> tuple[Operation, ...]:
    """Resolve a client's operations.

    Raises `NoTarget` (remove without path), `InvalidPath`, `InvalidValue`, and `Mutability` for a read-only attribute
    named by path or a required one removed.
    """
    read: list[Operation] = []
    for operation in operations:
        if operation.path is None:
            read.extend(_read_pathless(operation, resource_type, manner))
        else:
            read.extend(_read_pathed(operation, operation.path, resource_type, manner))
    return tuple(read)


def _read_pathless(operation: PatchOperation, resource_type: ResourceType, manner: Manner) -> Iterator[Operation]:
    if operation.op == "remove":
        msg = "remove needs a path that says what is to go"
        raise NoTarget(msg)
    value = operation.value if manner.strict else dialects.read_json_text(operation.value)
    if not isinstance(value, dict):
        msg = f"{operation.op} without a path needs an object of attributes as its value"
        raise InvalidValue(msg)
    for key, inner in value.items():
        if key.lower() == "schemas":
            continue
        schema = resource_type.find_schema(key)
        if schema is not None and isinstance(inner, dict):
            for name, deeper in inner.items():
                yield from _read_member(operation.op, f"{schema.urn}:{name}", deeper, resource_type, manner)
        else:
            yield from _read_member(operation.op, key.strip(), inner, resource_type, manner)


def _read_member(op: str, key: str, value: Any, resource_type: ResourceType, manner: Manner) -> Iterator[Operation]:
    """Read one member of a path-less value; read-only and unknown ones are ignored there (RFC 7644 §3.5.2.1)."""
    path = _parse(key, resource_type)
    found = (
        None if path.attr is None else resource_type.find(AttrPath(path.urn, path.attr, _sub_name(path, resource_type)))
    )
    if found is None or not _is_stored(found):
        manner.notice(key)
    elif not _is_read_only(found):
        yield from _make(op, found, path.where, value, manner)


def _read_pathed(
    operation: PatchOperation, text: str, resource_type: ResourceType, manner: Manner
) -> Iterator[Operation]:
    path = _parse(text, resource_type)
    if path.attr is None:
        yield from _read_extension(operation, path, resource_type, manner)
        return
    found = resource_type.find(AttrPath(path.urn, path.attr, _sub_name(path, resource_type)))
    if found is None:
        whole = resource_type.find(AttrPath(path.urn, path.attr))
        foreign = path.urn is not None and resource_type.find_schema(path.urn) is None
        if not manner.strict and (foreign or (whole is not None and not whole.attribute.stored)):
            manner.notice(text)
            return
        msg = f"{text[:200]!r} names no attribute of {resource_type.name}"
        raise InvalidPath(msg)
    if _is_read_only(found):
        if found.attribute.stored and (manner.strict or not found.attribute.composed):
            msg = f"{text[:200]!r} is read-only"
            raise Mutability(msg)
        manner.notice(text)
        return
    if not _is_stored(found):
        if manner.strict and not found.attribute.stored:
            msg = f"{text[:200]!r} is not stored here; /Schemas lists what is"
            raise InvalidPath(msg)
        manner.notice(text)
        return
    value = operation.value if operation.has_value else None
    if operation.op != "remove" and not operation.has_value:
        msg = f"{operation.op} of {text[:200]!r} needs a value"
        raise InvalidValue(msg)
    yield from _make(operation.op, found, path.where, value, manner)


def _read_extension(
    operation: PatchOperation, path: Path, resource_type: ResourceType, manner: Manner
) -> Iterator[Operation]:
    """Read an operation on a whole extension: its members are those of the value, or all when it is removed."""
    schema = resource_type.find_schema(path.urn or "")
    if schema is None:
        manner.notice(path.urn or "")
        return
    if operation.op == "remove":
        for attribute in schema.attributes:
            if attribute.stored and attribute.mutability != "readOnly":
                found = resource_type.find(AttrPath(schema.urn, attribute.name))
                if found is not None:
                    yield Operation("remove", found, None, None)
        return
    if not isinstance(operation.value, dict):
        msg = f"{schema.urn}: an object with the attributes of that schema is needed"
        raise InvalidValue(msg)
    for name, inner in operation.value.items():
        yield from _read_member(operation.op, f"{schema.urn}:{name}", inner, resource_type, manner)


def _make(op: str, found: Found, where: Node | None, value: Any, manner: Manner) -> Iterator[Operation]:
    attribute = found.leaf
    if where is not None and not (found.attribute.multi_valued and found.attribute.type == "complex"):
        msg = f"{found.attribute.name}: a value filter fits lists of objects only"
        raise InvalidPath(msg)
    if op == "remove":
        if attribute.required and found.sub is None:
            msg = f"{attribute.name} is required and cannot be removed"
            raise Mutability(msg)
        listed = None
        if value is not None and found.sub is None and where is None and attribute.multi_valued:
            listed = read_value(attribute, value, manner)  # Entra, JumpCloud: only those go
        yield Operation("remove", found, where, listed)
        return
    if found.sub is not None or where is None:
        read = read_value(attribute, value, manner)
    else:
        read = read_value(_as_element(attribute), value, manner)
    if is_empty(read):
        if attribute.required and (found.sub is None or not found.attribute.multi_valued):
            msg = f"{attribute.name} is required: it needs a value"
            raise InvalidValue(msg)
        if op == "add":
            return  # adding nothing changes nothing
        yield Operation("remove", found, where, None)
        return
    yield Operation(op, found, where, read)


def _as_element(attribute: Attribute) -> Attribute:
    return Attribute(attribute.name, type=attribute.type, sub=attribute.sub)


def _parse(text: str, resource_type: ResourceType) -> Path:
    return parse_path(text, resource_type.urns)


def _sub_name(path: Path, resource_type: ResourceType) -> str | None:
    if path.sub is None or path.attr is None:
        return path.sub
    whole = resource_type.find(AttrPath(path.urn, path.attr))
    return path.sub if whole is None else dialects.rename_country_code(whole.attribute, path.sub)


def _is_stored(found: Found) -> bool:
    return found.attribute.stored and (found.sub is None or found.sub.stored or found.sub.name in ("type", "primary"))


def _is_read_only(found: Found) -> bool:
    return found.attribute.mutability == "readOnly" or (found.sub is not None and found.sub.mutability == "readOnly")
