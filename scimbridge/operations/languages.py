"""Which of an agreement's languages a reader is shown: the first that is wanted, else the environment's own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from scimbridge.mapping.tables.rows import read_field

LEAST = 0.001
"""The least that a language can be wanted by (RFC 9110 §12.4.2)."""


def choose_language(languages: Sequence[dict[str, Any]], wanted: Iterable[Any]) -> dict[str, Any] | None:
    """Return the language to show, None where none has a revision.

    `wanted` are texts as of Accept-Language, the first of which counts most: en-GB;q=0.8, en;q=0.7; what is no text
    wants nothing. A wanted en-GB is answered by en as well, and a wanted en by en-GB.
    """
    usable = [each for each in languages if read_field(each, ("currentRevision", "id"))]
    for text in wanted:
        for tag in _tags(text) if isinstance(text, str) else ():
            for depth in (None, 1):  # the same language, then its kin
                for each in usable:
                    if str(each.get("locale", "")).casefold().split("-")[:depth] == tag.split("-")[:depth]:
                        return each
    return next((each for each in usable if each.get("default") is True), usable[0] if usable else None)


def _tags(text: str) -> list[str]:
    """Return the languages of a text in their order, the most wanted first."""
    weighed = []
    for part in text.split(","):
        tag, *more = (piece.strip() for piece in part.split(";"))
        weight = next((piece[2:] for piece in more if piece.startswith("q=")), "1")
        try:
            value = float(weight)
        except ValueError:
            continue
        if tag and tag != "*" and value >= LEAST:
            weighed.append((-value, tag.replace("_", "-").casefold()))
    return [tag for _weight, tag in sorted(weighed, key=lambda pair: pair[0])]
