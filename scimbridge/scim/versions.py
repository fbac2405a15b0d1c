"""Entity tags: a weak one from a record, and the conditions that requests make with them (RFC 7644 §3.14).

Pure: a record is any JSON object. Knows nothing of what is in it, or which record stands for a
resource.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import orjson

from scimbridge.scim.errors import PreconditionFailed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_QUOTED = re.compile(r'(?:[Ww]/)?"([^"]*)"')
_WEAK = re.compile(r"^[Ww]/")


def etag(record: dict[str, Any], ignore: Collection[str] = ("_links",)) -> str:
    """Return the weak entity tag of a record, `W/"..."`, leaving out the members in `ignore`.

    The order of members does not matter, that of list elements does.
    """
    kept = record.copy()
    for name in ignore:
        kept.pop(name, None)
    text = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    return f'W/"{hashlib.blake2b(text, digest_size=16).hexdigest()}"'


def matches(header: str, tag: str) -> bool:
    """Say whether an If-Match or If-None-Match header names `tag`, or is `*` (RFC 9110 §13.1).

    Compared weakly, since SCIM's tags are weak and RFC 7644 §3.14 uses them with If-Match. A tag
    without quotes, which some clients send, is taken as if it had them.
    """
    if header.strip() == "*":
        return True
    quoted = _QUOTED.findall(header)
    wanted = quoted or [_WEAK.sub("", part.strip()) for part in header.split(",")]
    return _opaque(tag) in wanted


def check_conditions(if_match: str | None, if_none_match: str | None, tags: Iterable[str]) -> None:
    """Hold a change of an existing resource to the conditions of its request (RFC 9110 §13.1.1 and §13.1.2).

    `tags` are the entity tags under which clients may know it as it is now, read one by one as far as they are needed.
    Raises `PreconditionFailed`: If-Match has to name one of them, If-None-Match may name none, and `*` names any.
    """
    if if_match is None and if_none_match is None:
        return
    if if_none_match is not None and if_none_match.strip() == "*":
        msg = "the resource is there: If-None-Match: * asks for a change only where it is not"
        raise PreconditionFailed(msg)
    fits = if_match is None
    for tag in tags:
        if if_none_match is not None and matches(if_none_match, tag):
            msg = "the resource still has a version that If-None-Match names"
            raise PreconditionFailed(msg)
        fits = fits or (if_match is not None and matches(if_match, tag))
        if fits and if_none_match is None:
            return
    if not fits:
        msg = "the resource has changed since: If-Match does not fit its present version; read it again"
        raise PreconditionFailed(msg)


def _opaque(tag: str) -> str:
    return _WEAK.sub("", tag).strip('"')
