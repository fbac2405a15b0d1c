"""The parameters of a query, from a URL or a body, under their own names (RFC 7644 §3.4.2, RFC 9865 §2).

Pure: pairs of texts in, texts out. What a parameter means is not known here (see `paging`, `filters`, `projection`).
"""

from __future__ import annotations

from collections.abc import Iterable

from scimbridge.scim import dialects
from scimbridge.scim.errors import InvalidFilter, InvalidValue

SELECTION = ("attributes", "excludedAttributes")
NUMBERS = ("startIndex", "count")
NAMES = ("filter", *NUMBERS, "cursor", *SELECTION, "sortBy", "sortOrder")
_CANONICAL = {name.lower(): name for name in NAMES}


def read_query(pairs: Iterable[tuple[str, str]], *, strict: bool) -> dict[str, str]:
    """Return the parameters of a query; names come in any case, unknown ones are ignored.

    Raises `InvalidFilter` for a filter, and `InvalidValue` for another parameter, that stands twice: one of the two
    would be left out without a word. Lists of names are added to each other.
    """
    read: dict[str, str] = {}
    for key, value in pairs:
        name = _CANONICAL.get(key.lower())
        if name is None:
            continue
        if name not in read:
            read[name] = value if strict or name not in NUMBERS else dialects.write_whole_number(value)
        elif name in SELECTION:
            read[name] = f"{read[name]},{value}"
        else:
            msg = f"{name}: the parameter stands twice"
            raise InvalidFilter(f"{msg}; join both filters by 'and' or 'or'") if name == "filter" else InvalidValue(msg)
    return read


def read_selection(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters that the answer about one resource has: which attributes it shows; others are ignored."""
    names = {name.lower() for name in SELECTION}
    return read_query((pair for pair in pairs if pair[0].lower() in names), strict=True)
