"""What a request body says: the envelopes of PATCH, search and bulk (RFC 7644).

Pure: JSON values in, plain values out. A body that is not what the RFC asks for is refused with a sentence that names
the member. What a resource's members mean is not known here (see `reading`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import marshmallow
from marshmallow import fields, validate

from scimbridge.scim import dialects
from scimbridge.scim.catalogue import BULK_URN, PATCH_URN, SEARCH_URN
from scimbridge.scim.errors import InvalidSyntax
from scimbridge.scim.verbs import BY_METHOD, Verb
from scimbridge.sides import Body

MOST_NAMES = 1000  # in `attributes` or `excludedAttributes`; a resource has about sixty


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

    @property
    def verb(self) -> Verb | None:
        """What it does, None where its method is none of bulk's."""
        return BY_METHOD.get(self.method)


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A bulk request: operations in order, and after how many failures to stop (None: never)."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None


class _Envelope(marshmallow.Schema):
    class Meta:
        unknown = marshmallow.EXCLUDE


class _PatchOperationSchema(_Envelope):
    op = fields.String(required=True)
    path = fields.String()
    value = fields.Raw(allow_none=True)


class _Patch(_Envelope):
    operations = fields.List(fields.Nested(_PatchOperationSchema), required=True, data_key="Operations")


class _Search(_Envelope):
    attributes = fields.List(fields.String())
    excluded = fields.List(fields.String(), data_key="excludedAttributes")
    filter = fields.String()
    sort_by = fields.String(data_key="sortBy")
    sort_order = fields.String(data_key="sortOrder", validate=validate.OneOf(("ascending", "descending")))
    start_index = fields.Integer(data_key="startIndex", strict=True)
    count = fields.Integer(strict=True)
    cursor = fields.String()


class _BulkOperation(_Envelope):
    method = fields.String(required=True)
    path = fields.String(required=True)
    bulk_id = fields.String(data_key="bulkId", validate=validate.Length(min=1))
    version = fields.String()
    data = fields.Raw()


class _BulkSchema(_Envelope):
    fail_on_errors = fields.Integer(
        data_key="failOnErrors", strict=True, validate=validate.Range(min=0, error="0 or a larger number is needed")
    )
    operations = fields.List(
        fields.Nested(_BulkOperation), required=True, data_key="Operations", validate=validate.Length(min=1)
    )


_PATCH, _SEARCH, _BULK = _Patch(), _Search(), _BulkSchema()


def read_patch(body: Body, *, strict: bool) -> tuple[PatchOperation, ...]:
    """Read a PatchOp message (RFC 7644 §3.5.2). Raises `InvalidSyntax`."""
    loaded = _load(_PATCH, body, PATCH_URN, strict=strict)
    if strict and not loaded["operations"]:
        msg = "Operations: one operation at least is needed"
        raise InvalidSyntax(msg)
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


def read_search(body: Body, *, strict: bool) -> SearchRequest:
    """Read a SearchRequest message. Raises `InvalidSyntax`."""
    for key, value in body.items():
        if key.lower() in ("attributes", "excludedattributes") and _count_names(value) > MOST_NAMES:
            msg = f"{key}: at most {MOST_NAMES} names"
            raise InvalidSyntax(msg)
    loaded = _load(_SEARCH, body if strict else dialects.read_search_words(body), SEARCH_URN, strict=strict)
    parameters = {}
    for key, value in loaded.items():
        name = _data_key(key, _SEARCH.fields[key])
        parameters[name] = ",".join(value) if isinstance(value, list) else str(value)
    return SearchRequest(parameters)


def _count_names(value: Any) -> int:
    return len(value) if isinstance(value, list) else value.count(",") + 1 if isinstance(value, str) else 0


def read_bulk(body: Body, *, strict: bool) -> BulkRequest:
    """Read a BulkRequest message; to stop after no error at all is to stop at the first. Raises `InvalidSyntax`."""
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
    most = loaded.get("fail_on_errors")
    return BulkRequest(operations, None if most is None else max(1, most))


def _load(schema: marshmallow.Schema, body: Mapping[str, Any], urn: str, *, strict: bool) -> dict[str, Any]:
    names = {name.lower(): name for name in (_data_key(key, field) for key, field in schema.fields.items())}
    spelled = _respell(body, names)
    operations = spelled.get("Operations")
    if isinstance(operations, list):
        spelled["Operations"] = [_respell(part, _MEMBERS) if isinstance(part, dict) else part for part in operations]
    check_schemas(body, urn, strict=strict)
    if not strict:
        spelled |= {name: dialects.read_whole_number(spelled[name]) for name in _numbers(schema) if name in spelled}
    try:
        loaded: dict[str, Any] = schema.load({name: value for name, value in spelled.items() if value is not None})
    except marshmallow.ValidationError as error:
        raise InvalidSyntax(_sentence(error.messages)) from None
    return loaded


def _numbers(schema: marshmallow.Schema) -> list[str]:
    return [_data_key(key, field) for key, field in schema.fields.items() if isinstance(field, fields.Integer)]


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


def _respell(members: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the members that there are under their own names: null is absence (RFC 7643 §2.5), but for a new value.

    Raises `InvalidSyntax` where one stands twice in different case.
    """
    spelled: dict[str, Any] = {}
    for key, value in members.items():
        name = names.get(key.lower(), key)
        if value is None and name != "value":
            continue
        if name in spelled:
            msg = f"{name}: the member stands twice; names have no case in SCIM"
            raise InvalidSyntax(msg)
        spelled[name] = value
    return spelled


def _data_key(name: str, field: fields.Field[Any]) -> str:
    return field.data_key or name


def _sentence(messages: Any, path: str = "") -> str:
    """Return the first fault as `where: what`."""
    if isinstance(messages, Mapping):
        key, inner = next(iter(messages.items()))
        return _sentence(inner, f"{path}.{key}" if path else str(key))
    text = messages[0] if isinstance(messages, list) else messages
    return f"{path}: {text}".replace("Missing data for required field.", "is missing")
