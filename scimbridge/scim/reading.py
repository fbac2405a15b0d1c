"""A client's resource, read into the schemas' own spelling.

Names and URNs come in any case, booleans as words, lists as single objects: what comes out is canonical, so that
nothing behind this module asks about spelling again. Read-only members are left out, as RFC 7644 §3.5.1 asks; what is
not stored is left out and noticed. Pure; which quirks are undone depends on the `Manner`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.scim import dialects
from scimbridge.scim.catalogue import Attribute, Found, ResourceType
from scimbridge.scim.errors import InvalidSyntax, InvalidValue
from scimbridge.scim.filters import AttrPath
from scimbridge.scim.messages import check_schemas
from scimbridge.scim.paths import name_of

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client is read: to the letter or not, and who is told of what is left out."""

    strict: bool
    notice: Notice


def is_empty(value: Any) -> bool:
    """Whether a value is no value: null, "", [] and {} are one state with absence (RFC 7643 §2.5)."""
    return value is None or value in ("", [], {})


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: to Python 0 is False and 1 is True, to a client they are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def has_no_value(attribute: Attribute, value: Any) -> bool:
    """Whether a value is none for this attribute: of an open object {} is a state of its own."""
    return is_empty(value) and not (attribute.is_open and value == {})


def read_resource(body: Mapping[str, Any], resource_type: ResourceType, manner: Manner) -> dict[str, Any]:
    """Read a whole resource, as POST and PUT send it.

    Returns only what is stored and may be written, in canonical spelling, without empty values. Raises `InvalidSyntax`
    and `InvalidValue`.
    """
    check_schemas(body, resource_type.schema.urn, strict=manner.strict)
    resource: dict[str, Any] = {}
    for found, value in _members(body, resource_type, manner):
        if found.attribute.mutability == "readOnly" and not found.attribute.replaceable:
            if found.attribute.composed:
                manner.notice(found.attribute.name)
            continue
        read = read_value(found.attribute, value, manner)
        if has_no_value(found.attribute, read):
            continue
        place = resource.setdefault(found.urn, {}) if found.in_extension else resource
        if found.attribute.name in place:
            msg = f"{found.attribute.name}: the attribute stands twice; names have no case in SCIM"
            raise InvalidSyntax(msg)
        place[found.attribute.name] = read
    return resource


def _members(body: Mapping[str, Any], resource_type: ResourceType, manner: Manner) -> Iterator[tuple[Found, Any]]:
    for key, value in body.items():
        if key.lower() == "schemas":
            continue
        schema = resource_type.find_schema(key)
        if schema is None and isinstance(value, dict) and key.lower().startswith("urn:"):
            manner.notice(name_of(key))
            continue
        if schema is None:
            found = find(resource_type, AttrPath(*_split_urn(key)), manner)
            if found is not None:
                yield found, value
            continue
        if is_empty(value):
            continue
        if not isinstance(value, dict):
            msg = f"{key}: an object with the attributes of that schema is needed"
            raise InvalidValue(msg)
        for name, inner in value.items():
            found = find(resource_type, AttrPath(schema.urn, name), manner)
            if found is not None:
                yield found, inner


def find(resource_type: ResourceType, path: AttrPath, manner: Manner) -> Found | None:
    """Return what a name means, or None, noticed, where nothing of that name is stored."""
    found = resource_type.find(path)
    if found is None or not found.attribute.stored:
        manner.notice(name_of(path.attr if path.urn is None else f"{path.urn}:{path.attr}"))
        return None
    return found


def _split_urn(key: str) -> tuple[str | None, str]:
    if key.lower().startswith("urn:"):
        urn, _colon, name = key.rpartition(":")
        return urn, name
    return None, key


def read_value(attribute: Attribute, value: Any, manner: Manner) -> Any:
    """Read one attribute's value into canonical spelling. Raises `InvalidSyntax` and `InvalidValue`."""
    if has_no_value(attribute, value):
        return None
    if attribute.multi_valued:
        return _read_list(attribute, value, manner)
    if attribute.type == "complex":
        return _read_complex(attribute, value, manner)
    return _read_scalar(attribute, value, manner)


def _read_list(attribute: Attribute, value: Any, manner: Manner) -> Any:
    if not isinstance(value, list):
        if manner.strict:
            msg = f"{attribute.name}: an array is needed"
            raise InvalidValue(msg)
        value = dialects.wrap_single(value)
    one = _read_complex if attribute.type == "complex" else _read_scalar
    elements = [read for item in value if not is_empty(item) and not is_empty(read := one(attribute, item, manner))]
    if sum(isinstance(part, dict) and part.get("primary") is True for part in elements) > 1:
        if manner.strict:
            msg = f"{attribute.name}: at most one element is primary"
            raise InvalidValue(msg)
        manner.notice(f"{attribute.name}: several elements are primary, the first counts")
    return elements


def _read_complex(attribute: Attribute, value: Any, manner: Manner) -> Any:
    if not manner.strict:
        value = _read_bare(attribute, dialects.read_json_text(value))
    if not isinstance(value, dict):
        msg = f"{attribute.name}: an object is needed"
        raise InvalidValue(msg)
    if not attribute.sub:
        return value
    read: dict[str, Any] = {}
    for name, inner in value.items():
        sub = attribute.find_sub(dialects.rename_country_code(attribute, name))
        if sub is None:
            manner.notice(name_of(f"{attribute.name}.{name}"))
            continue
        if sub.name in read:
            msg = f"{attribute.name}.{sub.name}: the attribute stands twice; names have no case in SCIM"
            raise InvalidSyntax(msg)
        if sub.mutability == "readOnly":
            continue
        kept = read_value(sub, inner, manner)
        if not is_empty(kept):
            read[sub.name] = kept
    return read


def _read_bare(attribute: Attribute, value: Any) -> Any:
    """Read a bare string as the sub-attribute that it stands for: `value`, else the first that can be written."""
    if not isinstance(value, str) or not value.strip():
        return value
    names = [part.name for part in attribute.sub if part.mutability != "readOnly"]
    if not names:
        return value
    return {"value" if "value" in names else names[0]: value.strip()}


def _read_scalar(attribute: Attribute, value: Any, manner: Manner) -> Any:
    """Read a plain value. Objects in strings stay: whether a string attribute holds JSON its codec knows."""
    if manner.strict or attribute.type == "string":
        return value
    value = dialects.unwrap_scalar(value)
    return dialects.read_boolean_words(value) if attribute.type == "boolean" else value
