"""What known clients send that RFC 7644 does not say, one named function a quirk, each with the request beside it.

Every function turns a client's form into the standard one and leaves everything else alone. They are used for clients
that are not held to the letter (`SCIMBRIDGE_STRICT`, or `strict` for one client). Pure; knows no resource and no table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from scimbridge.scim.catalogue import PATCH_URN, Attribute, ResourceType
from scimbridge.scim.errors import InvalidSyntax
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Node, Not, Or, Present, ValuePath
from scimbridge.scim.json_text import DIGITS, WrittenNumber, read_json

_WORDS = {"true": True, "false": False}
_KEY = re.compile(r"[A-Za-z0-9._~-]+")  # an id in a URI, without anything that is escaped there


def read_boolean_words(value: Any) -> Any:
    """Entra: `{"op": "Replace", "path": "active", "value": "False"}` is false; any case, nothing else."""
    return _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value


def unwrap_array(value: Any) -> Any:
    """SCIM-SDK (Java): `{"op": "replace", "path": "active", "value": [false]}` is false; an array of two stays one."""
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list):
        return value if value[0] is None or value[0] in ("", {}) else value[0]
    return value


def unwrap_scalar(value: Any) -> Any:
    """ConnId: `{"op": "replace", "path": "title", "value": {"value": "B"}}` is "B"; so is a list of just that."""
    inner = unwrap_array(value)
    if isinstance(inner, dict) and [name.lower() for name in inner] == ["value"]:
        held = next(iter(inner.values()))
        return value if inner is not value and (held is None or held in ("", [], {})) else held
    return inner


def write_number(value: Any) -> Any:
    """HR systems: `"postalCode": 10115`, `"externalId": 4711.10` are the texts of these digits; booleans are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    text = format(Decimal(value.text if isinstance(value, WrittenNumber) else repr(value)), "f")
    return text if len(text) <= DIGITS else value


def read_reference(attribute: Attribute, element: Any) -> Any:
    """Rippling and others: `{"$ref": "https://example.com/scim/v2/Users/5c2d"}` without `value` is the user 5c2d.

    The URI has to end in the endpoint of a resource type that the reference may have (RFC 7644 §3.2) and an id.
    """
    reference = attribute.find_sub("$ref")
    if reference is None or not isinstance(element, dict):
        return element
    given = {name.casefold(): value for name, value in element.items()}
    if given.get("value") is not None or not isinstance(given.get("$ref"), str):
        return element
    collection, _slash, key = given["$ref"].strip().rstrip("/").rpartition("/")
    endpoint = collection.rpartition("/")[2].casefold()
    if not _KEY.fullmatch(key) or endpoint not in {f"{name}s".casefold() for name in reference.reference_types}:
        return element
    return {**{name: value for name, value in element.items() if name.casefold() != "value"}, "value": key}


def wrap_single(value: Any) -> Any:
    """OneLogin: `"emails": {"value": "a@example.com"}` is a list of that one element; so is a bare string."""
    return value if isinstance(value, list) else [value]


def wrap_operations(value: Any) -> Any:
    """Bulk clients: `"data": [{"op": "replace", ...}]` of a PATCH is the message that holds these operations."""
    return {"schemas": [PATCH_URN], "Operations": value} if isinstance(value, list) else value


def read_json_text(value: Any) -> Any:
    r"""Entra: `{"value": "{\"value\": \"Admin\"}"}` in a complex attribute is the object that the text holds."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return read_json(value.encode("utf-8", "surrogatepass"))
        except InvalidSyntax:
            return value
    return value


def is_idle_null(attribute: Attribute, value: Any) -> bool:
    """.NET serialisers: `"value": {"active": null, "title": "B"}` without a path has nothing to say of `active`.

    So it is where a resource cannot be without the attribute; elsewhere null clears, as in `{"title": null}`.
    """
    if attribute.removable:
        return False
    return value is None or (isinstance(value, dict) and bool(value) and all(part is None for part in value.values()))


def is_json_text(value: Any) -> bool:
    """Clients that write JSON twice: `"[]"`, `"{}"` and `"null"` are neither an id nor an address nor a name."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    if not text.startswith(("[", "{")):
        return text in ("null", "true", "false")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_DIGITS = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?\s*")


def write_whole_number(text: str) -> str:
    """Of serialisers: `?count=5.0` and `?startIndex=5e0` are 5; what is no whole number stays as it is."""
    if _DIGITS.fullmatch(text) or not _NUMBER.fullmatch(text):
        return text
    number = Decimal(text.strip())
    return str(int(number)) if number == number.to_integral_value() else text


def read_whole_number(value: Any) -> Any:
    """SCIM-SDK: `"count": "50"` in a message is 50; serialisers: 5.0 is 5, an empty text is no value."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    text = write_whole_number(value)
    return int(text) if _DIGITS.fullmatch(text) else value if text.strip() else None


def read_search_words(body: Mapping[str, Any]) -> dict[str, Any]:
    """SCIM-SDK: a SearchRequest with `"attributes": "userName,emails"`, `"sortOrder": "ASCENDING"`, nulls in a list."""
    return {name: _SEARCH_WORDS.get(name.lower(), _keep)(value) for name, value in body.items()}


def _keep(value: Any) -> Any:
    return value


def _read_names(value: Any) -> Any:
    if isinstance(value, str):
        return value.split(",")
    return [name for name in value if name is not None] if isinstance(value, list) else value


def _read_order(value: Any) -> Any:
    return (value.strip().lower() or None) if isinstance(value, str) else value


_SEARCH_WORDS: Mapping[str, Callable[[Any], Any]] = {
    "attributes": _read_names, "excludedattributes": _read_names, "sortorder": _read_order,
}  # fmt: skip


def rename_country_code(attribute: Attribute, name: str) -> str:
    """PingOne's own SCIM clients: `addresses[].countryCode` is RFC 7643's `country`."""
    if name.lower() == "countrycode" and attribute.find_sub("countryCode") is None and attribute.find_sub("country"):
        return "country"
    return name


def rename_country_codes(node: Node, resource_type: ResourceType) -> Node:
    """PingOne's own SCIM clients, in a filter: `addresses.countryCode eq "DE"`, `addresses[countryCode eq "DE"]`."""

    def rename(path: AttrPath) -> AttrPath:
        found = resource_type.find(AttrPath(path.urn, path.attr))
        if found is None or path.sub is None:
            return path
        return replace(path, sub=rename_country_code(found.attribute, path.sub))

    match node:
        case Compare(path) | Present(path):
            return replace(node, path=rename(path))
        case And(parts) | Or(parts):
            return replace(node, parts=tuple(rename_country_codes(part, resource_type) for part in parts))
        case Not(part):
            return Not(rename_country_codes(part, resource_type))
        case ValuePath(path, inner):
            found = resource_type.find(AttrPath(path.urn, path.attr))
            return node if found is None else ValuePath(path, rename_in_brackets(inner, found.attribute))


def rename_in_brackets(node: Node, attribute: Attribute) -> Node:
    """PingOne's own SCIM clients, in the brackets of a path: `addresses[countryCode eq "DE"].locality`."""
    match node:
        case Compare(path) | Present(path):
            return replace(node, path=replace(path, attr=rename_country_code(attribute, path.attr)))
        case And(parts) | Or(parts):
            return replace(node, parts=tuple(rename_in_brackets(part, attribute) for part in parts))
        case Not(part):
            return Not(rename_in_brackets(part, attribute))
    return node


def is_reference_check(node: Node) -> bool:
    """Entra: `id eq "u" and manager eq "m"` asks whether one known user has that manager: a question about one id."""
    return isinstance(node, And) and any(
        isinstance(part, Compare) and part.op == "eq" and part.path == AttrPath(part.path.urn, "id")
        for part in node.parts
    )
