"""Which attributes an answer has: `attributes`, `excludedAttributes` and `returned` (RFC 7644 §3.9).

Pure: the parameters and a resource type are compiled into a plan; applying it to a resource looks
names up and compares none. Resources are in canonical spelling, extensions under their URN.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from scimbridge.scim.characteristics import Attribute, ResourceType
from scimbridge.scim.errors import BadRequest, InvalidFilter, InvalidPath
from scimbridge.scim.filtering.filter_dialects import put_colons_behind_urns
from scimbridge.scim.filtering.tokens import MAX_LENGTH
from scimbridge.scim.patching.paths import Path, parse_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Json: TypeAlias = dict[str, Any]
# For each attribute that stays: None when it stays whole, else the sub-attributes that stay.
Plan: TypeAlias = dict[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Projection:
    """The compiled plan of one request; `explicit` says that the client asked for one."""

    explicit: bool
    core_urn: str
    core: Plan
    extensions: dict[str, Plan]
    _core_names: frozenset[str] = field(init=False, repr=False, compare=False)
    _extension_names: dict[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lowered = {urn.lower(): _lower(plan) for urn, plan in self.extensions.items()}
        object.__setattr__(self, "_core_names", _lower(self.core))
        object.__setattr__(self, "_extension_names", lowered)

    def wants(self, name: str, urn: str | None = None) -> bool:
        """Say whether a top-level attribute, or a part of it, can be in the answer.

        `urn` is that of its extension; None or the core URN mean a core or common attribute.
        """
        if urn is None or urn.lower() == self.core_urn.lower():
            return name.lower() in self._core_names
        return name.lower() in self._extension_names.get(urn.lower(), frozenset())

    def wants_part(self, name: str, sub: str | None, urn: str | None = None) -> bool:
        """Say whether a sub-attribute can be in the answer, or an attribute without one; in canonical spelling."""
        plan = self.extensions.get(urn) if urn and urn != self.core_urn else self.core
        if plan is None or name not in plan:
            return False
        subs = plan[name]
        return sub is None or subs is None or sub in subs

    def apply(self, resource: Json) -> Json:
        """Return the part of `resource` that the answer has, as a new dict.

        `schemas` is the core URN and those extensions whose data is in the answer. Members that no
        schema knows are left out. The argument is not changed; values that stay whole are shared.
        """
        schemas = [self.core_urn]
        result: Json = {"schemas": schemas}
        for name, value in resource.items():
            if name in self.core:
                _keep(result, name, value, self.core[name])
            elif name in self.extensions and isinstance(value, dict):
                part: Json = {}
                plan = self.extensions[name]
                for inner, inner_value in value.items():
                    if inner in plan:
                        _keep(part, inner, inner_value, plan[inner])
                if part:
                    result[name] = part
                    schemas.append(name)
        result["schemas"] = schemas
        return result


def _lower(plan: Plan) -> frozenset[str]:
    return frozenset(name.lower() for name in plan)


def _keep(result: Json, name: str, value: Any, subs: frozenset[str] | None) -> None:
    """Put what stays of a value into `result`; elements of which nothing stays are left out."""
    if subs is None:
        result[name] = value
    elif isinstance(value, dict):
        if part := _pick(value, subs):
            result[name] = part
    elif isinstance(value, list):
        parts = [part for element in value if isinstance(element, dict) and (part := _pick(element, subs))]
        if parts:
            result[name] = parts


def _pick(value: Json, subs: frozenset[str]) -> Json:
    return {name: member for name, member in value.items() if name in subs}


def compile_projection(
    attributes: str | Collection[str] | None,
    excluded: str | Collection[str] | None,
    resource_type: ResourceType,
    also: str = "",
) -> Projection:
    """Return the plan for the two query parameters, each a comma-separated text, a list, or None.

    `also` names what stays beside all that does.

    Names come in any case, with or without URN, as attribute, sub-attribute or whole schema; an
    empty parameter counts as not given and an unknown name is ignored. A sub-attribute that is
    always returned stays wherever its attribute does. Raises BadRequest when both are given
    (RFC 7644 §3.9: they are mutually exclusive), or one of them is longer than any that makes sense.
    """
    named, left_out = _join(attributes), _join(excluded)
    if max(len(named), len(left_out)) > MAX_LENGTH:
        raise BadRequest(f"'attributes' and 'excludedAttributes' have at most {MAX_LENGTH} characters.")
    if named and left_out:
        raise BadRequest("'attributes' and 'excludedAttributes' exclude each other: send one of them.")
    return _compile(named, left_out, also, resource_type)


def _join(names: str | Collection[str] | None) -> str:
    return (names if isinstance(names, str) else ",".join(names or ())).strip(" ,")


@lru_cache(maxsize=256)
def _compile(named: str, left_out: str, also: str, resource_type: ResourceType) -> Projection:
    wanted, added = _Selection(resource_type, named), _Selection(resource_type, also)
    unwanted = _Selection(resource_type, left_out)

    def plan(urn: str, attributes: Iterable[Attribute]) -> Plan:
        kept: Plan = {}
        for attribute in attributes:
            key = (urn, attribute.name)
            if named:
                subs = _subs_named(attribute, key in wanted.whole, wanted.parts.get(key, frozenset()))
            else:
                subs = _subs_left(attribute, key in unwanted.whole, unwanted.parts.get(key, frozenset()))
            if key in added.whole or key in added.parts:
                more = _subs_named(attribute, key in added.whole, added.parts.get(key, frozenset()))
                subs = more if subs is None or more is None else subs | more
            if subs is not None:
                kept[attribute.name] = _unless_all(subs, attribute)
        return kept

    core = resource_type.schema
    return Projection(
        explicit=bool(named or left_out or also),
        core_urn=core.urn,
        core=plan(core.urn, (*resource_type.common, *core.attributes)),
        extensions={part.urn: plan(part.urn, part.attributes) for part in resource_type.extensions},
    )


class _Selection:
    """The known names of one parameter: attributes named whole, and the sub-attributes of others."""

    __slots__ = ("parts", "whole")

    def __init__(self, resource_type: ResourceType, names: str) -> None:
        self.whole: set[tuple[str, str]] = set()
        self.parts: dict[tuple[str, str], frozenset[str]] = {}
        for name in names.split(","):
            path = _read(name, resource_type)
            if path is not None:
                self._add(path, resource_type)

    def _add(self, path: Path, resource_type: ResourceType) -> None:
        if path.name is None:
            schema = resource_type.find_schema(path.urn or "")
            if schema is not None:
                self.whole |= {(schema.urn, part.name) for part in schema.attributes if _usual(part)}
            return
        found = resource_type.find(path.name)
        if found is None or path.where is not None:
            return
        key = (found.urn, found.attribute.name)
        if found.sub is None:
            self.whole.add(key)
        else:
            self.parts[key] = self.parts.get(key, frozenset()) | {found.sub.name}


def _read(name: str, resource_type: ResourceType) -> Path | None:
    try:
        # A name that is not known is no fault, so neither is the way in which the strict would not spell one.
        return parse_path(put_colons_behind_urns(name, resource_type.urns), resource_type.urns)
    except (InvalidPath, InvalidFilter):
        return None  # like any name that is not known here (RFC 7644 §3.9 asks for no refusal)


def _usual(attribute: Attribute) -> bool:
    return attribute.returned in {"always", "default"}


def _usual_subs(attribute: Attribute) -> frozenset[str]:
    return frozenset(sub.name for sub in attribute.sub if _usual(sub))


def _always_subs(attribute: Attribute) -> frozenset[str]:
    return frozenset(sub.name for sub in attribute.sub if sub.returned == "always")


def _subs_named(attribute: Attribute, whole: bool, parts: frozenset[str]) -> frozenset[str] | None:
    """Return the sub-attributes that stay under `attributes`, or None when the attribute does not."""
    if attribute.returned == "never":
        return None
    may_show = frozenset(sub.name for sub in attribute.sub if sub.returned != "never")
    if whole or attribute.returned == "always":
        return _usual_subs(attribute) | (parts & may_show)
    if parts & may_show:
        return _always_subs(attribute) | (parts & may_show)
    return None


def _subs_left(attribute: Attribute, whole: bool, parts: frozenset[str]) -> frozenset[str] | None:
    """Return the sub-attributes that stay without `attributes`, or None when the attribute does not."""
    if attribute.returned == "always":
        return _usual_subs(attribute) - (parts - _always_subs(attribute))
    if attribute.returned != "default" or whole:
        return None
    subs = _usual_subs(attribute) - (parts - _always_subs(attribute))
    return subs if subs or not attribute.sub else None


def _unless_all(subs: frozenset[str], attribute: Attribute) -> frozenset[str] | None:
    return None if len(subs) == len(attribute.sub) else subs
