"""Entity tags: a weak one from a record, and the comparison that If-Match asks for (RFC 7644 §3.14).

Pure: a record is any JSON object. Knows nothing of what is in it, or which record stands for a
resource.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Collection

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


def _opaque(tag: str) -> str:
    return _WEAK.sub("", tag).strip('"')
