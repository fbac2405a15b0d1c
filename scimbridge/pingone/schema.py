"""The environment's user schema as PingOne shows it, and where it has no place for a field (docs/pingone.md §3).

PingOne takes attributes that it does not know, or that are disabled, and drops them in silence (§1.4): whoever wants to
know compares by what stands here. Knows nothing of SCIM and of tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scimbridge.pingone.kinds import USERS

BESIDE_SCHEMA = USERS.own_members | {facet.path[0] for facet in USERS.facets}
"""Members of a user's record that are PingOne's own: an environment lists them in its schema, or not (§2.2, §2.7)."""

MISSING: Literal["missing"] = "missing"
DISABLED: Literal["disabled"] = "disabled"


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


def read_schema(records: Iterable[Mapping[str, Any]]) -> dict[str, Declared]:
    """Read all records of the schema, by name."""
    return {each.name: each for each in map(read_declared, records)}


def find_lack(path: tuple[str, ...], declared: Mapping[str, Declared]) -> Literal["missing", "disabled"] | None:
    """Return why PingOne keeps nothing at a path of a user; None where it does."""
    attribute = declared.get(path[0])
    if attribute is None:
        return None if path[0] in BESIDE_SCHEMA else MISSING
    if not attribute.enabled:
        return DISABLED
    if attribute.type == "COMPLEX" and attribute.subs and len(path) > 1:
        if len(path) > 2 or path[1] not in attribute.subs:  # noqa: PLR2004 - an attribute and a member
            return MISSING
        return None if attribute.subs[path[1]] else DISABLED
    return None


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
