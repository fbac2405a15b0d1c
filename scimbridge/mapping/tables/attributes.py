"""What one row publishes: the attribute that its path ends at, with characteristics and codec.

RFC 7643 knows the core attributes already; a row only adds where PingOne is narrower. This module joins the two and
says where a row asks for something else. It reads no TOML (see `drafts`), sees one row at a time (see `shaping`) and
translates no value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from scimbridge.mapping.codecs import NAMED, PLAIN, Codec, times
from scimbridge.mapping.tables.kinds import FacetFacts
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Left, Words, nearest
from scimbridge.scim.catalogue import COMMON, CORE_GROUP, CORE_USER, ENTERPRISE_USER, Attribute, Schema
from scimbridge.scim.usernames import Profile

KNOWN: Mapping[str, Schema] = {schema.urn: schema for schema in (CORE_USER, CORE_GROUP, ENTERPRISE_USER)}
COMMON_SCHEMA = Schema("", "Common", "Attributes of every resource", COMMON)

_CHARACTERISTICS = {
    "type": "type",
    "mutability": "mutability",
    "returned": "returned",
    "uniqueness": "uniqueness",
    "required": "required",
    "caseExact": "case_exact",
    "multiValued": "multi_valued",
    "canonicalValues": "canonical_values",
    "referenceTypes": "reference_types",
    "description": "description",
}
_TEXTS = ("string", "reference", "binary")
_TYPES_OF_CALLS = {"boolean": "boolean", "time": "dateTime"}

Fault = Callable[[str], None]


def known_attribute(urn: str, attr: str) -> Attribute | None:
    """Return what RFC 7643 says of an attribute, or None where it is silent."""
    schema = COMMON_SCHEMA if urn == "" else KNOWN.get(urn)
    return None if schema is None else schema.find(attr)


def leaf_of(
    left: Left, words: Words, facet: FacetFacts | None, offset: dt.timedelta, fault: Fault
) -> tuple[Attribute, Codec] | None:
    """Join a row's words with RFC 7643: the attribute that the row's path ends at, and its codec.

    `facet` is the one that the row names.
    """
    base = known_attribute(left.urn, left.attr)
    if base is None and (left.urn in KNOWN or left.urn == ""):
        fault(_unknown(left))
        return None
    leaf = _find_leaf(base, left, fault)
    if leaf is None:
        return None
    if base is not None and not _is_narrower(leaf, words, fault):
        return None
    given = {_CHARACTERISTICS[word]: value for word, value in words.characteristics.items()}
    given |= _by_call(facet)
    if words.include is not None or words.read is not None:
        given["mutability"] = "readOnly"
    if words.read is not None:
        given["returned"] = "request"
    if words.template is not None:
        given |= {"mutability": "readOnly", "composed": True, "replaceable": bool(words.template.other)}
    codec = _named_codec(base, left, words, given, fault)
    if codec is not None and not _is_plain_list(base, left, words):
        given |= {"type": codec.type, "multi_valued": codec.multi_valued, "takes": codec.takes}
    attribute = replace(leaf, **given)
    if codec is None:
        codec = times(offset) if attribute.type == "dateTime" else _plain_codec(attribute)
    if codec is None:
        fault(f'{left.attr!r} is complex: a row for each sub-attribute, as {left.attr}.value, or codec = "object"')
        return None
    return attribute, codec


def _by_call(facet: FacetFacts | None) -> dict[str, Any]:
    """Return what follows from the call that writes a field, whatever the row says of it."""
    if facet is None:
        return {}
    found: dict[str, Any] = {"removable": facet.removable}
    if facet.type in _TYPES_OF_CALLS:
        found["type"] = _TYPES_OF_CALLS[facet.type]
    if facet.state:  # a client that sends back what it was shown unasked must not set it
        found["returned"] = "request"
    if facet.initial:
        found["mutability"] = "immutable"
    if facet.secret:
        found |= {"mutability": "writeOnly", "returned": "never"}
    return found


def _plain_codec(attribute: Attribute) -> Codec | None:
    return PLAIN.get(attribute.type) if attribute.profile is None else _prepared(attribute.profile)


@lru_cache(maxsize=8)
def _prepared(profile: Profile) -> Codec:
    """Return the one codec of texts that are written in the normal form of a profile."""
    plain = PLAIN["string"]
    return replace(plain, to_native=lambda value: profile.prepare(plain.to_native(value)))


def _unknown(left: Left) -> str:
    schema = KNOWN.get(left.urn, COMMON_SCHEMA)
    if COMMON_SCHEMA.find(left.attr) is not None:
        return f"{left.attr!r} is an attribute of every resource: its row stands in [common]"
    hint = nearest(left.attr, [part.name for part in schema.attributes])
    return f"{left.attr!r} is no attribute of that schema{hint} (one of your own stands in a section of its own URN)"


def _find_leaf(base: Attribute | None, left: Left, fault: Fault) -> Attribute | None:
    if left.selector is not None and left.sub is None:
        fault(f'a list with a selector keeps sub-attributes: {left.attr}[type eq "{left.selector}"].value')
        return None
    if left.selector is not None and str(left.sub).casefold() in ("type", "primary"):
        fault(f"{left.sub} of a list with a selector is made from the selector; it is kept nowhere")
        return None
    if base is None:
        return Attribute(left.sub or left.attr)
    if left.selector is not None and not base.multi_valued:
        fault(f"{base.name} has one value: a selector in brackets fits multi-valued attributes only")
        return None
    if left.sub is None:
        if base.multi_valued and base.type == "complex":
            fault(f'{base.name} is a list: say which value is kept, as {base.name}[type eq "work"].value')
            return None
        return base
    if base.type != "complex":
        fault(f"{base.name} has no sub-attributes")
        return None
    found = base.find_sub(left.sub)
    if found is None:
        fault(f"{base.name} has no sub-attribute {left.sub!r}{nearest(left.sub, [part.name for part in base.sub])}")
    return found


def _is_narrower(leaf: Attribute, words: Words, fault: Fault) -> bool:
    """Whether a row leaves an attribute of RFC 7643 what it is: clients rely on its type and on one or many."""
    given = words.characteristics
    if given.get("type", leaf.type) != leaf.type:
        fault(f"type: RFC 7643 says that {leaf.name} is {leaf.type}; leave `type` out")
        return False
    if given.get("multiValued", leaf.multi_valued) != leaf.multi_valued:
        fault(f"multiValued: RFC 7643 says {str(leaf.multi_valued).lower()} for {leaf.name}; leave `multiValued` out")
        return False
    if leaf.mutability == "readOnly" and given.get("mutability", "readOnly") != "readOnly":
        fault(f"mutability: RFC 7643 says that {leaf.name} is readOnly; leave `mutability` out")
        return False
    codec = words.codec
    if codec is not None:
        fits = codec.type == leaf.type or (leaf.type in _TEXTS and codec.type == "string")
        if not fits or (codec.multi_valued and not leaf.multi_valued):
            fault(f"codec = {codec.name!r} does not fit {leaf.name}, which RFC 7643 says is one {leaf.type}")
            return False
    return True


def _named_codec(
    base: Attribute | None, left: Left, words: Words, given: Mapping[str, Any], fault: Fault
) -> Codec | None:
    """Return the codec that the row names or that a list needs, None for that of the type."""
    codec = words.codec
    if codec is None and (given.get("multi_valued") or _is_plain_list(base, left, words)):
        codec = NAMED["list"]
    if codec is None:
        return None
    for word, published in (("type", codec.type), ("multi_valued", codec.multi_valued)):
        if given.get(word, published) != published and word in given:
            said = {"multi_valued": "multiValued"}.get(word, word)
            fault(f"{said} does not go with codec = {codec.name!r}, which makes it {str(published).lower()}")
    return codec


def _is_plain_list(base: Attribute | None, left: Left, words: Words) -> bool:
    """Whether the row is `roles.value`: a list without a selector, of which PingOne keeps an array of plain values."""
    whole = base is not None and base.multi_valued and left.sub is not None and left.selector is None
    return whole and words.via != MEMBERSHIPS and words.read is None
