"""Check and clean the settable attributes of a user: types, limits, patterns, size (docs/pingone.md §2.2, §3).

Knows one body and the schema; uniqueness and everything that needs other records is users.py's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson
import regex

from scimbridge.sandbox.http.errors import VALIDATION, ApiError, Detail, invalid_data
from scimbridge.sandbox.model.attributes import FACETS, OBJECTS, READ_ONLY, STRINGS
from scimbridge.sandbox.store.records import Json, is_too_deep

if TYPE_CHECKING:
    from scimbridge.sandbox.model.schema import SchemaAttribute, UserSchema
    from scimbridge.sandbox.trouble.switches import Switches

PROFILE_BYTES: Final = 16 * 1024
VALUES_PER_USER: Final = 1000
_OBJECT_TYPES: Final = (dict, list)


@lru_cache(maxsize=512)
def _compile(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


def check_string(path: str, value: Any, *, strict: bool) -> Detail | None:
    """Return what is wrong with the value of a built-in string attribute, None when nothing is."""
    limits = STRINGS[path]
    if not isinstance(value, str):
        return Detail("INVALID_VALUE", path, "must be a string")
    if len(value) < limits.low:
        return Detail("INVALID_VALUE", path, f"must be at least {limits.low} characters long")
    if limits.high is not None and len(value) > limits.high:
        sentence = f"must be at most {limits.high} characters long"
        return Detail("INVALID_VALUE", path, sentence, {"rangeMaximumValue": limits.high})
    pattern = limits.pattern if strict or limits.relaxed is None else limits.relaxed
    if pattern is not None and not _compile(pattern).fullmatch(value):
        message = limits.message or "does not match the allowed pattern"
        return Detail("INVALID_VALUE", path, message, {"allowedPattern": f"^{pattern}$"})
    return None


class Cleaner:
    """Takes the settable attributes out of one body and collects every fault in it."""

    def __init__(self, schema: UserSchema, switches: Switches) -> None:
        self._schema = schema
        self._switches = switches
        self._faults: list[Detail] = []

    def clean(self, body: Json) -> Json:
        """Return the settable attributes of a body: None and objects with None in them clear.

        Unknown, read-only and disabled attributes are left out in silence (docs/pingone.md §1.4, §3).
        Raises ApiError 400 with all faults.
        """
        taken: Json = {}
        for name, value in body.items():
            attribute = self._schema.settable.get(name)
            if attribute is None:
                self._note_unknown(name)
            elif attribute.enabled:
                taken[name] = self._take(attribute, value)
        if self._faults:
            raise ApiError(400, "INVALID_DATA", VALIDATION, self._faults)
        return taken

    def _note_unknown(self, name: str) -> None:
        known = name in FACETS or name in READ_ONLY or self._schema.get(name) is not None
        if not known and self._switches.unknown_attributes == "refuse":
            self._faults.append(Detail("INVALID_VALUE", name, "is not a known attribute"))

    def _take(self, attribute: SchemaAttribute, value: Any) -> Any:
        if value is None:
            return None
        if attribute.schema_type == "CUSTOM":
            return self._take_custom(attribute, value)
        if attribute.name in OBJECTS:
            return self._take_object(attribute.name, value)
        self._check(attribute.name, value)
        return value

    def _check(self, path: str, value: Any) -> None:
        fault = check_string(path, value, strict=self._switches.strict_patterns)
        if fault is not None:
            self._faults.append(fault)

    def _take_object(self, name: str, value: Any) -> Any:
        if not isinstance(value, dict):
            self._faults.append(Detail("INVALID_VALUE", name, "must be an object"))
            return None
        taken = {member: value[member] for member in OBJECTS[name] if member in value}
        for member, part in taken.items():
            if part is not None:
                self._check(f"{name}.{member}", part)
        if name == "photo" and taken.get("href") is None:
            self._faults.append(Detail("REQUIRED_VALUE", "photo.href", "must not be null"))
        return taken

    def _take_custom(self, attribute: SchemaAttribute, value: Any) -> Any:
        if not attribute.multi_valued:
            self._check_custom(attribute, value)
            return value
        if not isinstance(value, list):
            self._faults.append(Detail("INVALID_VALUE", attribute.name, "must be an array"))
            return None
        if len(value) > VALUES_PER_USER:
            sentence = f"must have at most {VALUES_PER_USER} values"
            self._faults.append(Detail("SIZE_LIMIT_EXCEEDED", attribute.name, sentence))
        for element in value:
            self._check_custom(attribute, element)
        return value or None

    def _check_custom(self, attribute: SchemaAttribute, value: Any) -> None:
        if attribute.type == "JSON":
            wanted = dict if attribute.multi_valued else _OBJECT_TYPES
            if not isinstance(value, wanted):
                self._faults.append(Detail("INVALID_VALUE", attribute.name, "must be a JSON object"))
            elif is_too_deep(value):
                self._faults.append(Detail("INVALID_VALUE", attribute.name, "is nested too deeply"))
            return
        if not isinstance(value, str):
            self._faults.append(Detail("INVALID_VALUE", attribute.name, "must be a string"))
            return
        allowed = [v["value"] for v in attribute.enumerated if not v.get("archived")]
        if attribute.enumerated and value not in allowed:
            inner = {"allowedValues": allowed}
            self._faults.append(Detail("INVALID_VALUE", attribute.name, "is not an allowed value", inner))
        if attribute.pattern is not None and not _compile(attribute.pattern).fullmatch(value):
            inner_pattern = {"allowedPattern": attribute.pattern}
            self._faults.append(
                Detail("INVALID_VALUE", attribute.name, "does not match the allowed pattern", inner_pattern)
            )


def check_profile(record: Json, schema: UserSchema, switches: Switches) -> None:
    """Check what holds for the whole: required attributes and the 16 KB ceiling. Raises ApiError 400."""
    required = (*schema.required, "email") if switches.email_required else schema.required
    missing = [name for name in required if record.get(name) is None and name not in schema.hidden]
    if missing:
        details = [Detail("REQUIRED_VALUE", name, "must not be null") for name in missing]
        raise ApiError(400, "INVALID_DATA", VALIDATION, details)
    profile = {name: value for name, value in record.items() if name in schema.settable}
    if len(orjson.dumps(profile)) > PROFILE_BYTES:
        raise invalid_data(
            "SIZE_LIMIT_EXCEEDED",
            None,
            "the attributes of a user are limited to 16 KB",
            maximumValue=PROFILE_BYTES,
        )
