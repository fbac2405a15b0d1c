"""The User schema of an environment: built-in and custom attributes (docs/pingone.md §3).

Knows what an attribute is and how it may be changed; not which users hold values of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import regex

from scimbridge.sandbox.http.errors import ApiError, invalid_data, invalid_value, not_found
from scimbridge.sandbox.model import attributes
from scimbridge.sandbox.model.attributes import AttributeType, SchemaType
from scimbridge.sandbox.store.records import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CUSTOM_LIMIT: Final = 100
CONTAINS_LIMIT: Final = 5
_NAME: Final = regex.compile(r"[A-Za-z][A-Za-z0-9-]{0,255}")


@dataclass(frozen=True, slots=True)
class SchemaAttribute:
    """One attribute of the schema; `subs` are the members of a COMPLEX one."""

    id: str
    name: str
    type: AttributeType = "STRING"
    schema_type: SchemaType = "CUSTOM"
    enabled: bool = True
    unique: bool = False
    required: bool = False
    multi_valued: bool = False
    contains: bool = False
    display_name: str | None = None
    description: str | None = None
    enumerated: tuple[Any, ...] = ()
    pattern: str | None = None
    subs: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """Return the attribute as the API shows it, without links, environment and schema."""
        body: Json = {
            "id": self.id,
            "name": self.name,
            "displayName": self.display_name or self.name,
            "schemaType": self.schema_type,
            "type": self.type,
            "unique": self.unique,
            "enabled": self.enabled,
            "multiValued": self.multi_valued,
            "required": self.required,
        }
        if self.description:
            body["description"] = self.description
        if self.enumerated:
            body["enumeratedValues"] = [dict(value) for value in self.enumerated]
        if self.pattern is not None:
            body["regexValidation"] = {"pattern": self.pattern}
        if self.contains:
            body["allowsContainsOperator"] = True
        if self.subs:
            body["subAttributes"] = [{"name": sub, "type": "STRING", "enabled": self.enabled} for sub in self.subs]
        return body


class UserSchema:
    """The one schema, "User". The caller holds the directory's lock."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.id = new_id()
        self._new_id = new_id
        self._attributes: dict[str, SchemaAttribute] = {}
        for kind, rows in (("CORE", attributes.CORE), ("STANDARD", attributes.STANDARD)):
            for name, type_, subs in rows:
                self.put(
                    SchemaAttribute(
                        new_id(),
                        name,
                        type_,
                        "CORE" if kind == "CORE" else "STANDARD",
                        unique=name in ("id", "username"),
                        required=name in ("id", "username"),
                        multi_valued=name in attributes.MULTI_VALUED,
                        subs=subs,
                    )
                )

    def __iter__(self) -> Iterator[SchemaAttribute]:
        return iter(self._attributes.values())

    def get(self, name: str) -> SchemaAttribute | None:
        """Return the attribute of exactly this name, or None."""
        return self._attributes.get(name)

    def by_id(self, attribute_id: str) -> SchemaAttribute:
        """Return the attribute with this id. Raises ApiError 404."""
        for attribute in self:
            if attribute.id == attribute_id:
                return attribute
        raise not_found()

    def put(self, attribute: SchemaAttribute) -> None:
        """Add or replace an attribute by its name, without checks: for seeds and loading."""
        self._attributes = {**self._attributes, attribute.name: attribute}
        everything = self._attributes.values()
        self.settable = {a.name: a for a in everything if a.schema_type == "CUSTOM" or a.name in attributes.SETTABLE}
        self.hidden = frozenset(a.name for a in everything if not a.enabled)
        self.unique = tuple(a.name for a in everything if a.unique and a.name in self.settable)
        self.required = tuple(a.name for a in everything if a.required and a.name in self.settable)

    def add_custom(self, body: Json) -> SchemaAttribute:
        """Create a custom attribute from a POST body. Raises ApiError 400."""
        name, type_ = body.get("name"), body.get("type", "STRING")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid_value("name", "must start with a letter and hold letters, digits and hyphens only")
        if any(a.name.lower() == name.lower() for a in self):
            raise invalid_data("UNIQUENESS_VIOLATION", "name", "is unique but a non-unique value is provided")
        if type_ not in ("STRING", "JSON"):
            raise invalid_value("type", "must be STRING or JSON", allowedValues=["STRING", "JSON"])
        if sum(a.schema_type == "CUSTOM" and a.type == type_ for a in self) >= CUSTOM_LIMIT:
            raise invalid_data("SIZE_LIMIT_EXCEEDED", "type", f"at most {CUSTOM_LIMIT} attributes of a type")
        for flag in ("enabled", "unique"):
            if flag not in body:
                raise invalid_data("REQUIRED_VALUE", flag, "must not be null")
        attribute = self._changed(SchemaAttribute(self._new_id(), name, type_), body, creating=True)
        self.put(attribute)
        return attribute

    def change(self, attribute_id: str, body: Json, *, whole: bool) -> SchemaAttribute:
        """Change an attribute: PUT when `whole`, else PATCH. Raises ApiError 400 and 404."""
        old = self.by_id(attribute_id)
        if old.schema_type == "CORE":
            raise ApiError(400, "REQUEST_FAILED", "The request could not be completed. CORE attributes are fixed.")
        for name, held in (("name", old.name), ("type", old.type), ("required", old.required)):
            if body.get(name, held) != held:
                raise invalid_value(name, "cannot be changed")
        for flag in ("enabled", "unique") if whole else ():
            if flag not in body:
                raise invalid_data("REQUIRED_VALUE", flag, "must not be null")
        if old.multi_valued and body.get("multiValued") is False:
            raise invalid_value("multiValued", "cannot be changed from true to false")
        base = old
        if whole and old.schema_type == "CUSTOM":
            base = replace(old, display_name=None, description=None, contains=False)
        attribute = self._changed(base, body, creating=False)
        self.put(attribute)
        return attribute

    def drop(self, attribute_id: str) -> SchemaAttribute:
        """Delete a custom attribute. Raises ApiError 400 and 404."""
        attribute = self.by_id(attribute_id)
        if attribute.schema_type != "CUSTOM":
            raise invalid_data("CONSTRAINT_VIOLATION", None, "only custom attributes can be deleted")
        del self._attributes[attribute.name]
        self.put(self._attributes["id"])
        return attribute

    def _changed(self, old: SchemaAttribute, body: Json, *, creating: bool) -> SchemaAttribute:
        flags = {name: _read_flag(body, name, held) for name, held in _flags_of(old).items()}
        if old.schema_type == "STANDARD":
            flags |= {"multiValued": old.multi_valued, "allowsContainsOperator": old.contains}
        if flags["unique"] and old.type != "STRING":
            raise invalid_value("unique", "only STRING attributes can be unique")
        enlarged = flags["allowsContainsOperator"] and not old.contains
        if enlarged and sum(a.contains for a in self) >= CONTAINS_LIMIT:
            raise invalid_data("SIZE_LIMIT_EXCEEDED", "allowsContainsOperator", f"at most {CONTAINS_LIMIT}")
        texts = {name: body.get(name) for name in ("displayName", "description")}
        for name, text in texts.items():
            if text is not None and (not isinstance(text, str) or not text):
                raise invalid_value(name, "must be at least 1 characters long")
        enumerated = old.enumerated
        if body.get("enumeratedValues"):
            enumerated = _read_enumeration(old, body["enumeratedValues"], creating=creating)
        return replace(
            old,
            enabled=flags["enabled"],
            unique=flags["unique"],
            multi_valued=flags["multiValued"],
            contains=flags["allowsContainsOperator"],
            display_name=texts["displayName"] or old.display_name,
            description=texts["description"] or old.description,
            enumerated=enumerated,
            pattern=_read_pattern(body, old.pattern, enumerated=bool(enumerated)),
        )


def _flags_of(attribute: SchemaAttribute) -> dict[str, bool]:
    return {
        "enabled": attribute.enabled,
        "unique": attribute.unique,
        "multiValued": attribute.multi_valued,
        "allowsContainsOperator": attribute.contains,
    }


def _read_flag(body: Json, name: str, held: bool) -> bool:
    value = body.get(name, held)
    if not isinstance(value, bool):
        raise invalid_value(name, "must be true or false")
    return value


def _read_enumeration(old: SchemaAttribute, given: Any, *, creating: bool) -> tuple[Any, ...]:
    """Return the values; after creation they can be added to and archived, never dropped."""
    limit = 100
    fits = isinstance(given, list) and len(given) <= limit
    if not fits or not all(isinstance(v, dict) and isinstance(v.get("value"), str) for v in given):
        raise invalid_value("enumeratedValues", f"must be up to {limit} objects with a value")
    kept = {value["value"] for value in given}
    if not creating and (not old.enumerated or any(v["value"] not in kept for v in old.enumerated)):
        raise invalid_value("enumeratedValues", "are declared at creation and cannot be taken away")
    return tuple({"archived": False, **value} for value in given)


def _read_pattern(body: Json, held: str | None, *, enumerated: bool) -> str | None:
    validation = body.get("regexValidation")
    if validation is None:
        return held
    pattern = validation.get("pattern") if isinstance(validation, dict) else None
    if enumerated or not isinstance(pattern, str):
        raise invalid_value("regexValidation", "needs a pattern and excludes enumeratedValues")
    try:
        regex.compile(pattern)
    except regex.error as error:
        raise invalid_value("regexValidation.pattern", "is not a regular expression") from error
    return pattern
