"""An attribute of PingOne's user schema, read with PingOne's defaults (docs/pingone.md §3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Declared:
    """One attribute of PingOne's user schema (docs/pingone.md §3). `subs`: name -> whether it is enabled."""

    name: str
    type: str
    enabled: bool
    several: bool
    unique: bool
    required: bool
    changeable: bool  # CORE attributes are as they are
    subs: Mapping[str, bool]
    values: tuple[str, ...] = ()  # the only ones that are taken; () is any
    pattern: str | None = None
    samples: tuple[str, ...] = ()  # that the owner says the pattern matches
    contains: bool = True  # whether it can be filtered by `co`


def read_declared(record: Mapping[str, Any]) -> Declared:
    """Read a record of PingOne's schema; what it leaves out is as PingOne's defaults are."""
    validation = next(iter(_dicts([record.get("regexValidation")])), {})
    return Declared(
        name=str(record.get("name")),
        type=str(record.get("type", "STRING")),
        enabled=record.get("enabled") is not False,
        several=record.get("multiValued") is True,
        unique=record.get("unique") is True,
        required=record.get("required") is True,
        changeable=record.get("schemaType") != "CORE",
        subs={str(sub.get("name")): sub.get("enabled") is not False for sub in _dicts(record.get("subAttributes"))},
        values=tuple(
            str(each.get("value"))
            for each in _dicts(record.get("enumeratedValues"))
            if each.get("archived") is not True
        ),
        pattern=_text(validation.get("pattern")),
        samples=tuple(str(each) for each in validation.get("valuesPatternShouldMatch") or ()),
        contains=record.get("schemaType") != "CUSTOM" or record.get("allowsContainsOperator") is True,
    )


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
