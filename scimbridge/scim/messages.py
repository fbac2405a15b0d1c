"""What a request body says: JSON read strictly, and the envelopes of PATCH, search and bulk (RFC 7644).

Pure: bytes in, plain values out. A body that is not what the RFC asks for is refused with a sentence that names the
member. What a resource's members mean is not known here (see `dialects` and the mapping room).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import marshmallow
from marshmallow import fields, validate

from scimbridge.scim.catalogue import BULK_URN, PATCH_URN, SEARCH_URN
from scimbridge.scim.errors import BadRequest, InvalidSyntax

DEPTH = 32  # levels of arrays and objects; the deepest SCIM body has about six
DIGITS = 32  # of a number


def read_json(body: bytes) -> dict[str, Any]:
    """Read a request body as one JSON object.

    Raises `InvalidSyntax` for what is no JSON object, for a member that stands twice in one object (which of the two
    is meant?), for nesting past 32 levels and for numbers that JSON has no exact value for.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = "the body is not UTF-8 text"
        raise InvalidSyntax(msg) from None
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_decimal,
        )
    except json.JSONDecodeError as error:
        msg = f"the body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidSyntax(msg) from None
    if not isinstance(value, dict):
        msg = "the body has to be one JSON object"
        raise InvalidSyntax(msg)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen:
            msg = f"the member {name[:60]!r} stands twice in one object"
            raise InvalidSyntax(msg)
        seen[name] = value
    if any(
        "\ud800" <= char <= "\udfff"
        for name, value in pairs
        for char in (name + value if isinstance(value, str) else name)
    ):
        msg = "the body holds half of a surrogate pair, which is no character"
        raise InvalidSyntax(msg)
    return seen


def _no_constant(word: str) -> NoReturn:
    msg = f"{word} is no JSON number"
    raise InvalidSyntax(msg)


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        msg = f"a number of more than {DIGITS} digits"
        raise InvalidSyntax(msg)
    return int(text)


def _decimal(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = "a number that is too large"
        raise InvalidSyntax(msg)
    return value


def _check_depth(text: str) -> None:
    """Count brackets outside of strings, so that no parser has to recurse into a hostile body."""
    if text.count("[") + text.count("{") <= DEPTH:
        return
    depth = 0
    inside = escaped = False
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
            if depth > DEPTH:
                msg = f"the body is nested deeper than {DEPTH} levels"
                raise InvalidSyntax(msg)
        elif char in "]}":
            depth -= 1


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """One operation as the client sent it; `op` in lower case, `path` None where it is left out."""

    op: str
    path: str | None
    value: Any
    has_value: bool


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query that came as a body (RFC 7644 §3.4.3), its members under the names of the URL parameters."""

    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation of a bulk request (RFC 7644 §3.7)."""

    method: str
    path: str
    bulk_id: str | None
    version: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A bulk request: operations in order, and after how many failures to stop (None: never)."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None


class _Envelope(marshmallow.Schema):
    class Meta:
        unknown = marshmallow.EXCLUDE


class _Operation(_Envelope):
    op = fields.String(required=True)
    path = fields.String(allow_none=True)
    value = fields.Raw(allow_none=True)


class _Patch(_Envelope):
    operations = fields.List(
        fields.Nested(_Operation), required=True, data_key="Operations", validate=validate.Length(min=1)
    )


class _Search(_Envelope):
    attributes = fields.List(fields.String())
    excluded = fields.List(fields.String(), data_key="excludedAttributes")
    filter = fields.String()
    sort_by = fields.String(data_key="sortBy")
    sort_order = fields.String(data_key="sortOrder", validate=validate.OneOf(("ascending", "descending")))
    start_index = fields.Integer(data_key="startIndex", strict=True)
    count = fields.Integer(strict=True)
    cursor = fields.String(allow_none=True)


class _BulkOperation(_Envelope):
    method = fields.String(required=True)
    path = fields.String(required=True)
    bulk_id = fields.String(data_key="bulkId", validate=validate.Length(min=1))
    version = fields.String(allow_none=True)
    data = fields.Raw(allow_none=True)


class _Bulk(_Envelope):
    fail_on_errors = fields.Integer(data_key="failOnErrors", strict=True, validate=validate.Range(min=1))
    operations = fields.List(
        fields.Nested(_BulkOperation), required=True, data_key="Operations", validate=validate.Length(min=1)
    )


_PATCH, _SEARCH, _BULK = _Patch(), _Search(), _Bulk()


def read_patch(body: Mapping[str, Any], *, strict: bool) -> tuple[PatchOperation, ...]:
    """Read a PatchOp message (RFC 7644 §3.5.2). Raises `InvalidSyntax`."""
    loaded = _load(_PATCH, body, PATCH_URN, strict=strict)
    operations = []
    for part in loaded["operations"]:
        op = part["op"].strip().lower()
        if op not in ("add", "remove", "replace"):
            msg = f"op {part['op'][:40]!r} is not one of add, remove, replace"
            raise InvalidSyntax(msg)
        path = part.get("path")
        operations.append(
            PatchOperation(op, path if path and path.strip() else None, part.get("value"), "value" in part)
        )
    return tuple(operations)


def read_search(body: Mapping[str, Any], *, strict: bool) -> SearchRequest:
    """Read a SearchRequest message. Raises `InvalidSyntax`."""
    loaded = _load(_SEARCH, body, SEARCH_URN, strict=strict)
    names = {
        "attributes": "attributes", "excluded": "excludedAttributes", "filter": "filter", "sort_by": "sortBy",
        "sort_order": "sortOrder", "start_index": "startIndex", "count": "count", "cursor": "cursor",
    }  # fmt: skip
    parameters = {}
    for key, value in loaded.items():
        parameters[names[key]] = ",".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return SearchRequest(parameters)


def read_bulk(body: Mapping[str, Any], *, strict: bool) -> BulkRequest:
    """Read a BulkRequest message. Raises `InvalidSyntax`."""
    loaded = _load(_BULK, body, BULK_URN, strict=strict)
    operations = tuple(
        BulkOperation(
            part["method"].strip().upper(),
            part["path"],
            part.get("bulk_id"),
            part.get("version"),
            part.get("data"),
        )
        for part in loaded["operations"]
    )
    return BulkRequest(operations, loaded.get("fail_on_errors"))


def _load(schema: marshmallow.Schema, body: Mapping[str, Any], urn: str, *, strict: bool) -> dict[str, Any]:
    names = {name.lower(): name for name in (_data_key(key, field) for key, field in schema.fields.items())}
    spelled = {names.get(key.lower(), key): value for key, value in body.items()}
    operations = spelled.get("Operations")
    if isinstance(operations, list):
        spelled["Operations"] = [_lower_keys(part) for part in operations]
    check_schemas(body, urn, strict=strict)
    try:
        loaded: dict[str, Any] = schema.load(spelled)
    except marshmallow.ValidationError as error:
        raise InvalidSyntax(_sentence(error.messages)) from None
    return loaded


def check_schemas(body: Mapping[str, Any], urn: str, *, strict: bool) -> None:
    """Check the `schemas` member of a message: wrong is wrong for everyone, missing is wrong for the strict.

    Raises `InvalidSyntax`.
    """
    schemas = next((value for key, value in body.items() if key.lower() == "schemas"), None)
    if schemas is None and not strict:
        return
    if not isinstance(schemas, list) or not all(isinstance(item, str) for item in schemas):
        msg = f"schemas: an array with {urn!r} is needed"
        raise InvalidSyntax(msg)
    if strict and urn.lower() not in {item.lower() for item in schemas}:
        msg = f"schemas: {urn!r} is missing"
        raise InvalidSyntax(msg)


_MEMBERS = {name.lower(): name for name in ("op", "path", "value", "method", "bulkId", "version", "data")}


def _lower_keys(part: Any) -> Any:
    return {_MEMBERS.get(key.lower(), key): value for key, value in part.items()} if isinstance(part, dict) else part


def _data_key(name: str, field: fields.Field[Any]) -> str:
    return field.data_key or name


def _sentence(messages: Any, path: str = "") -> str:
    """Return the first fault as `where: what`."""
    if isinstance(messages, Mapping):
        key, inner = next(iter(messages.items()))
        return _sentence(inner, f"{path}.{key}" if path else str(key))
    text = messages[0] if isinstance(messages, list) else messages
    return f"{path}: {text}".replace("Missing data for required field.", "is missing")


def read_boolean_parameter(name: str, text: str) -> bool:
    """Read `true` or `false` from a URL parameter. Raises `BadRequest`."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    msg = f"{name}: true or false is needed"
    raise BadRequest(msg)
