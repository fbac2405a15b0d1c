"""What known clients send that RFC 7644 does not say, one named function a quirk, each with the request beside it.

Every function turns a client's form into the standard one and leaves everything else alone. They are used for clients
that are not held to the letter (`SCIMBRIDGE_STRICT`, or `strict` for one client). Pure; knows no resource and no table.
"""

from __future__ import annotations

import json
import re
from typing import Any

from scimbridge.scim.catalogue import Attribute
from scimbridge.scim.filters import And, AttrPath, Compare, Node

_WORDS = {"true": True, "false": False}


def read_boolean_words(value: Any) -> Any:
    """Entra: `{"op": "Replace", "path": "active", "value": "False"}` is false; any case, nothing else."""
    return _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value


def unwrap_scalar(value: Any) -> Any:
    """ConnId: `{"op": "replace", "path": "title", "value": {"value": "B"}}` is "B"; also a list of just one scalar."""
    if isinstance(value, dict) and [name.lower() for name in value] == ["value"]:
        return next(iter(value.values()))
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return unwrap_scalar(value[0])
    return value


def wrap_single(value: Any) -> Any:
    """OneLogin: `"emails": {"value": "a@example.com"}` is a list of that one element; so is a bare string."""
    return value if isinstance(value, list) else [value]


def read_json_text(value: Any) -> Any:
    """Entra: `{"value": "{\\"value\\": \\"Admin\\"}"}` in a complex attribute is the object that the text holds."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            read = json.loads(value)
        except ValueError:
            return value
        return read if isinstance(read, dict) else value
    return value


def rename_country_code(attribute: Attribute, name: str) -> str:
    """PingOne's own SCIM clients: `addresses[].countryCode` is RFC 7643's `country`."""
    if name.lower() == "countrycode" and attribute.find_sub("countryCode") is None and attribute.find_sub("country"):
        return "country"
    return name


_UNQUOTED = re.compile(r"""("(?:[^"\\]|\\.)*")|(\b(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)([^\s"()\[\]]+)""", re.IGNORECASE)
_JSON_WORD = re.compile(r"true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?", re.IGNORECASE)


def quote_bare_values(text: str) -> str:
    """Entra's older reference check: `id eq 5c2d7f1e-... and manager eq 2819c223-...` has its values unquoted."""

    def quote(match: re.Match[str]) -> str:
        if match[1] is not None or _JSON_WORD.fullmatch(match[3]):
            return match[0]
        return f'{match[2]}"{match[3]}"' if "\\" not in match[3] else match[0]

    return _UNQUOTED.sub(quote, text)


def is_reference_check(node: Node) -> bool:
    """Entra: `id eq "u" and manager eq "m"` asks whether one known user has that manager: a question about one id."""
    return isinstance(node, And) and any(
        isinstance(part, Compare) and part.op == "eq" and part.path == AttrPath(part.path.urn, "id")
        for part in node.parts
    )
