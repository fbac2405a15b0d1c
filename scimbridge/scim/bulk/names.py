"""Which unique values a bulk operation names, and which ids, wherever and however a client may have put them.

Errs to one side: what may be a name is taken for one, so that operations wait for each other once too often and never
once too seldom. Pure: what is unique, and what an id looks like, are arguments; what an operation means is not known
here, nor whether it is right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.scim import dialects

Unique = Mapping[str, str | None]
"""Names of attributes whose values are unique, in lower case -> the sub-attribute that holds the value, or None."""

Value = tuple[str, str]
"""The name of a unique attribute and one of its values, folded."""


@dataclass(frozen=True, slots=True)
class Named:
    """The unique values that an operation names. `certain`: it names no others, in a form that is not read here."""

    values: frozenset[Value] = frozenset()
    certain: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether the operation speaks of nothing that is unique."""
        return self.certain and not self.values


NONE = Named()
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")  # in the strings of a filter


def fold(text: str) -> str:
    """Return a text under which all stand that a directory might hold to be the same: case, accents, width, spaces."""
    if text.isascii():
        return " ".join(text.casefold().split())
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(sign for sign in spread if not unicodedata.combining(sign)).split())


def named_in_resource(data: Any, unique: Unique) -> Named:
    """Return what the body of a POST or a PUT names, or a resource itself."""
    return _join(_FoundNames(unique).members(data)) if unique else NONE


def named_in_patch(data: Any, unique: Unique) -> Named:
    """Return what a PatchOp message names, or a bare array of operations, in any of the dialects."""
    if not unique:
        return NONE
    found = _FoundNames(unique)
    return _join(value for operation in _operations(data) for value in found.operation(operation))


def ids_in(value: Any, pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield every id, in lower case, that stands anywhere in a path or a body: in texts, URLs, filters and keys."""
    if isinstance(value, str):
        plain = _ESCAPE.sub(lambda sign: chr(int(sign[1], 16)), value) if "\\u" in value else value
        yield from (found.casefold() for found in pattern.findall(plain))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from ids_in(name, pattern)
            yield from ids_in(inner, pattern)
    elif isinstance(value, list):
        for inner in value:
            yield from ids_in(inner, pattern)


def _join(values: Iterator[Value | None]) -> Named:
    found = set(values)
    return Named(frozenset(value for value in found if value is not None), None not in found)


def _operations(data: Any) -> list[Any]:
    if isinstance(data, dict):
        data = _member(data, "operations")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _member(data: Mapping[str, Any], wanted: str) -> Any:
    return next((value for name, value in data.items() if name.casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class _FoundNames:
    """Yields the values of unique attributes, and None for one that it cannot read."""

    unique: Unique

    def operation(self, operation: Mapping[str, Any]) -> Iterator[Value | None]:
        """Look through one PATCH operation: its path, or the attributes in its value where that has none."""
        path, value = _member(operation, "path"), _member(operation, "value")
        path = path.strip().casefold() if isinstance(path, str) else ""
        for attribute, sub in self.unique.items():
            if attribute in path:
                yield from _values(attribute, sub, value)
        if not path or path.startswith("urn:"):  # a whole schema is a path too
            yield from self.members(value)

    def members(self, value: Any) -> Iterator[Value | None]:
        """Look through an object of attributes, those of a schema in it included, or through a list of such."""
        if isinstance(value, list):
            for inner in value:
                yield from self.members(inner)
        elif isinstance(value, str):
            if any(attribute in value.casefold() for attribute in self.unique):  # Entra: an object written as text
                yield None
        elif isinstance(value, dict):
            for name, inner in value.items():
                folded = name.casefold()
                for attribute, sub in self.unique.items():
                    if attribute in folded:
                        yield from _values(attribute, sub, inner)
                if ":" in name and isinstance(inner, (dict, str)):
                    yield from self.members(inner)


def _values(attribute: str, sub: str | None, value: Any) -> Iterator[Value | None]:
    """Yield what a client may mean by the value of an attribute: itself, in a list, in an object."""
    if isinstance(value, list):
        for inner in value:
            yield from _values(attribute, sub, inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if sub is None or name.casefold() in (sub, attribute):
                yield from _values(attribute, sub, inner)
    elif isinstance(value, str) and not value.lstrip().startswith(("{", "[")):
        yield attribute, fold(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield attribute, str(dialects.write_number(value))
        if value == int(value):
            yield attribute, str(int(value))
    elif value is not None:
        yield None
