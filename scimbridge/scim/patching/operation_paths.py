"""What a path of a PATCH names: an attribute of ours, one that other servers have, or nothing (RFC 7644 §3.5.2).

What may be an attribute of others is left out and noticed; a typing error is refused. Pure; knows nothing of values.
"""

from __future__ import annotations

from dataclasses import replace

from scimbridge.scim.catalogue import ENTERPRISE_URN, Found, ResourceType
from scimbridge.scim.errors import InvalidPath
from scimbridge.scim.filtering.filter_dialects import is_foreign, read_path_text
from scimbridge.scim.filtering.trees import AttrPath
from scimbridge.scim.patching.paths import Path, name_of, parse_path
from scimbridge.scim.reading import Manner, find_part


def find_known(path: Path, text: str, resource_type: ResourceType, manner: Manner) -> Found | None:
    """Return what a path means; None, noticed, where it may be an attribute of others. Raises `InvalidPath`."""
    found = find(path, resource_type, manner)
    if found is None:
        if not manner.strict and _may_be_of_others(path, resource_type):
            manner.notice(name_of(text))
            return None
        msg = f"{name_of(text)!r} names no attribute of {resource_type.name}"
        raise InvalidPath(msg)
    return found


def find(path: Path, resource_type: ResourceType, manner: Manner) -> Found | None:
    """Return what a path means, None where there is nothing of that name."""
    if path.attr is None:
        return None
    whole = resource_type.find(AttrPath(path.urn, path.attr))
    if whole is None or path.sub is None:
        return whole
    sub = find_part(whole.attribute, path.sub, manner)
    return None if sub is None else replace(whole, sub=sub)


def parse_ours(text: str, resource_type: ResourceType, manner: Manner) -> Path | None:
    """Return what a path spells, None, noticed, for what is no path here and no attribute of ours either.

    Raises `InvalidPath`.
    """
    try:
        return parse_member(text, resource_type, manner)
    except InvalidPath:
        if manner.strict or not is_foreign(text, [urn for urn in resource_type.urns if urn != ENTERPRISE_URN]):
            raise
        manner.notice(name_of(text))
        return None


def parse_member(text: str, resource_type: ResourceType, manner: Manner) -> Path:
    """Return what a path spells, in whatever way the client writes it. Raises `InvalidPath`."""
    urns = resource_type.urns
    return parse_path(text if manner.strict else read_path_text(text, urns), urns)


def _may_be_of_others(path: Path, resource_type: ResourceType) -> bool:
    """Whether an attribute that is not there may be one of other servers, and need not be a typing error.

    So it is under a URN that is not known here, within an attribute that is not stored, and under the enterprise URN,
    where identity providers put attributes of one application's own.
    """
    if path.urn is not None:
        schema = resource_type.find_schema(path.urn)
        if schema is None or schema.urn == ENTERPRISE_URN:
            return True
    whole = resource_type.find(AttrPath(path.urn, path.attr or ""))
    return whole is not None and not whole.attribute.stored


def is_stored(found: Found) -> bool:
    """Whether a value of it is kept."""
    return found.attribute.stored and (found.sub is None or found.sub.stored or found.sub.name in ("type", "primary"))


def is_read_only(found: Found) -> bool:
    """Whether a client may not write it."""
    return found.attribute.mutability == "readOnly" or (found.sub is not None and found.sub.mutability == "readOnly")
