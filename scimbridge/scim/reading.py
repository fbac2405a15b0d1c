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
from scimbridge.scim.filtering.trees import AttrPath
from scimbridge.scim.messages import check_schemas
from scimbridge.scim.patching.elements import Lack, contents, lack_of, spared, spared_in_removal, stand_in
from scimbridge.scim.patching.paths import name_of
from scimbridge.sides import Body, Resource

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client is read: to the letter or not, and who is told of what is left out.

    `making` is True where what is read is a new resource: it holds nothing that an empty value could take away.
    """

    strict: bool
    notice: Notice
    making: bool = False


def find_part(attribute: Attribute, name: str, manner: Manner) -> Attribute | None:
    """Return the sub-attribute that a client names, None where there is none of that name."""
    return attribute.find_sub(name if manner.strict else dialects.rename_country_code(attribute, name))


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


def read_resource(body: Body, resource_type: ResourceType, manner: Manner) -> Resource:
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
    return Resource(resource)


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
        if value is None or value == {} or (is_empty(value) and manner.making and not manner.strict):
            continue
        members = value if manner.strict else dialects.unwrap_array(value)
        if not isinstance(members, dict):
            msg = f"{key}: an object with the attributes of that schema is needed"
            raise InvalidValue(msg)
        for name, inner in members.items():
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
    """Read one attribute's value into canonical spelling, None where it has none (RFC 7643 §2.5).

    Raises `InvalidSyntax` and `InvalidValue`, also for what is empty where a value belongs.
    """
    if value is None:
        return None
    if attribute.multi_valued:
        return _read_list(attribute, value, manner, left_out=_left_out(attribute, manner))
    if attribute.type == "complex":
        return _read_single(attribute, value, manner)
    return _read_scalar(attribute, value, manner)


def read_listed(attribute: Attribute, value: Any, manner: Manner) -> list[Any]:
    """Read the elements that a removal lists: each has to say which values go. Raises as `read_value`."""
    return _read_list(attribute, value, manner, kept=spared_in_removal(attribute))


def read_selected(attribute: Attribute, value: Any, manner: Manner, *, whole: bool) -> Any:
    """Read what an operation does to the elements that a filter selects, None where they lose their value.

    `whole` says that it takes their place, and then it has to hold a value. Raises as `read_value`.
    """
    left_out = _left_out(attribute, manner)
    if not manner.strict:
        value = dialects.unwrap_array(value)
    if value is None or (value == "" and Lack.EMPTIED in left_out and stand_in(attribute)):
        return None
    read = _read_complex(attribute, value, manner)
    lack = lack_of(attribute, value, read)
    if value == {} or (whole and lack is not None and lack not in left_out):
        raise _refuse_element(attribute)
    return read


def _left_out(attribute: Attribute, manner: Manner) -> frozenset[Lack]:
    return spared(attribute, strict=manner.strict, making=manner.making)


def _read_list(
    attribute: Attribute,
    value: Any,
    manner: Manner,
    *,
    left_out: frozenset[Lack] = frozenset(),
    kept: frozenset[Lack] = frozenset(),
) -> list[Any]:
    """Read a list, with which of its elements that hold no value are left out and which are kept."""
    if not isinstance(value, list):
        if manner.strict:
            msg = f"{attribute.name}: an array is needed"
            raise InvalidValue(msg)
        if attribute.type != "complex" and dialects.is_json_text(value):
            raise _refuse_element(attribute)
        value, left_out = dialects.wrap_single(value), frozenset()
    elements: list[Any] = []
    for item in value:
        read = _read_element(attribute, item, manner)
        lack = lack_of(attribute, item, read)
        if lack is None or lack in kept:
            elements.append(read)
        elif lack not in left_out:
            raise _refuse_element(attribute)
    if sum(isinstance(part, dict) and part.get("primary") is True for part in elements) > 1:
        if manner.strict:
            msg = f"{attribute.name}: at most one element is primary"
            raise InvalidValue(msg)
        manner.notice(f"{attribute.name}: several elements are primary, the first counts")
    return elements


def _read_element(attribute: Attribute, item: Any, manner: Manner) -> Any:
    if item is None or item in ("", {}):
        return None
    if attribute.type == "complex":
        return _read_complex(attribute, item, manner)
    if isinstance(item, list):
        raise _refuse_element(attribute)
    return _read_scalar(attribute, item, manner)


def _refuse_element(attribute: Attribute) -> InvalidValue:
    names = contents(attribute)
    wanted = f', such as {{"{names[0]}": "..."}}' if names else ""
    return InvalidValue(f"{attribute.name}: each element needs a value{wanted}; the list without elements is []")


def _read_single(attribute: Attribute, value: Any, manner: Manner) -> Any:
    """Read the one value of a complex attribute; empty text is none where a text may stand for the object."""
    if not manner.strict:
        value = dialects.unwrap_array(value)
    if value in ("", [], {}) and not (attribute.is_open and value == {}):
        if not manner.strict and (manner.making or (value == "" and stand_in(attribute))):
            return None
        msg = f"{attribute.name}: an object with a value in it is needed, or null where there is none"
        raise InvalidValue(msg)
    return _read_complex(attribute, value, manner)


def _read_complex(attribute: Attribute, value: Any, manner: Manner) -> Any:
    if not manner.strict:
        value = dialects.read_reference(attribute, _read_bare(attribute, dialects.read_json_text(value)))
    if not isinstance(value, dict):
        msg = f"{attribute.name}: an object is needed"
        raise InvalidValue(msg)
    if not attribute.sub:
        return value
    read: dict[str, Any] = {}
    for name, inner in value.items():
        sub = find_part(attribute, name, manner)
        if sub is None:
            manner.notice(name_of(f"{attribute.name}.{name}"))
            continue
        if sub.name in read:
            msg = f"{attribute.name}.{sub.name}: the attribute stands twice; names have no case in SCIM"
            raise InvalidSyntax(msg)
        if sub.mutability == "readOnly":
            continue
        try:
            kept = read_value(sub, inner, manner)
        except InvalidValue as error:
            msg = f"{attribute.name}.{error}"
            raise InvalidValue(msg) from None
        if not is_empty(kept):
            read[sub.name] = kept
    return read


def _read_bare(attribute: Attribute, value: Any) -> Any:
    """Read a bare string as the sub-attribute that it stands for: `value`, else the first that can be written."""
    if not isinstance(value, str) or not value.strip() or dialects.is_json_text(value):
        return value
    names = [part.name for part in attribute.sub if part.mutability != "readOnly"]
    if not names:
        return value
    return {"value" if "value" in names else names[0]: value.strip()}


def _read_scalar(attribute: Attribute, value: Any, manner: Manner) -> Any:
    """Read a plain value. What a string may be sent as besides stays as it is: its codec knows what that means."""
    if not manner.strict and not isinstance(value, attribute.takes):
        value = dialects.unwrap_scalar(value)
    if value is None:
        return None
    if value in ("", [], {}):
        if value == "" or isinstance(value, attribute.takes) or (manner.making and not manner.strict):
            return None
        msg = f"{attribute.name}: one value is needed, or null where there is none"
        raise InvalidValue(msg)
    if isinstance(value, list | dict) and not isinstance(value, attribute.takes):
        msg = f"{attribute.name}: one value is needed, not {'an array' if isinstance(value, list) else 'an object'}"
        raise InvalidValue(msg)
    if manner.strict:
        return value
    if attribute.type == "string":
        return _write_numbers(attribute, value)
    return dialects.read_boolean_words(value) if attribute.type == "boolean" else value


def _write_numbers(attribute: Attribute, value: Any) -> Any:
    """Read numbers as texts, but neither in JSON nor for a secret or an id of the server's, which no number is."""
    written = attribute.mutability == "readWrite" or attribute.replaceable
    if dict in attribute.takes or not written or not attribute.removable:
        return value
    return [dialects.write_number(part) for part in value] if isinstance(value, list) else dialects.write_number(value)
