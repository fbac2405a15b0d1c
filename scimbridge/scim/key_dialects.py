"""What known clients write as names of members in a resource that RFC 7644 does not say.

Used for POST and PUT by clients that are not held to the letter; the keys of a PATCH are paths, and read as such. What
comes out is a body as the RFC wants it. Pure; knows no table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.scim import dialects
from scimbridge.scim.characteristics import Found, ResourceType
from scimbridge.scim.errors import InvalidFilter, InvalidPath, InvalidSyntax
from scimbridge.scim.filtering.filter_dialects import put_colons_behind_urns
from scimbridge.scim.patching.paths import parse_path
from scimbridge.sides import Body


def unfold_dotted_keys(body: Body, resource_type: ResourceType) -> Body:
    """ConnId, Syncope: `"urn:...:User.title": "x"`; Entra's flag mode: `"name.givenName": "x"`, with a URN or without.

    Each is put where it belongs: `"title": "x"`, `"name": {"givenName": "x"}`, what is an extension's under its URN.
    Names of what is not stored, or may not be written, stay as they are, to be left out like others. Raises
    `InvalidSyntax` where an attribute is there already.
    """
    plain: dict[str, Any] = {}
    dotted: list[tuple[Found, Any]] = []
    for key, value in body.items():
        schema = resource_type.find_schema(key) if ":" in key else None
        members = value if schema is None else dialects.unwrap_array(value)
        if schema is not None and isinstance(members, dict):
            inside = plain[key] = {}
            for name, inner in members.items():
                found = _find_dotted(f"{schema.urn}:{name}", resource_type) if "." in name else None
                _sort(name, inner, found, inside, dotted)
        else:
            found = _find_dotted(key, resource_type) if "." in key and schema is None else None
            _sort(key, value, found, plain, dotted)
    if not dotted:
        return body
    for found, value in dotted:
        place = _object_at(plain, found.urn) if found.in_extension else plain
        if found.sub is None:
            _put(place, found.attribute.name, value)
        else:
            _put(_object_at(place, found.attribute.name), found.sub.name, value)
    return Body(plain)


def _sort(key: str, value: Any, found: Found | None, plain: dict[str, Any], dotted: list[tuple[Found, Any]]) -> None:
    if found is None:
        plain[key] = value
    else:
        dotted.append((found, value))


def _find_dotted(key: str, resource_type: ResourceType) -> Found | None:
    """Return what a key with a dot means, None where it is a plain name or means nothing that can be written."""
    text = put_colons_behind_urns(key, resource_type.urns)
    try:
        path = parse_path(text, resource_type.urns)
    except (InvalidPath, InvalidFilter):
        return None
    if path.name is None or path.where is not None or (path.sub is None and text == key):
        return None
    found = resource_type.find(path.name)
    if found is None or not (found.attribute.stored and found.leaf.stored) or found.attribute.mutability == "readOnly":
        return None
    return None if found.sub is not None and found.attribute.multi_valued else found


def _object_at(place: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object under a name, in any case, as one that may be written into."""
    key = _spelled(place, name)
    held = dialects.unwrap_array(place.get(key))
    if held is not None and not isinstance(held, dict):
        raise _twice(name)
    made = place[key] = dict(held or {})
    return made


def _put(place: dict[str, Any], name: str, value: Any) -> None:
    key = _spelled(place, name)
    if key in place:
        raise _twice(name)
    place[key] = value


def _spelled(place: Mapping[str, Any], name: str) -> str:
    return next((key for key in place if key.lower() == name.lower()), name)


def _twice(name: str) -> InvalidSyntax:
    return InvalidSyntax(f"{name}: the attribute stands twice, once behind a dot")
