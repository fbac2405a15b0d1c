"""Which person of the directory a row means: by each path in turn, the first that anybody has decides. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BY_KEY, ADOPTED, NOBODY, UNCLEAR = "key", "adopted", "nobody", "unclear"


@dataclass(frozen=True, slots=True)
class PathHit:
    """A person who has a row's value at a path: its number, and its own key, None for none."""

    user: int
    key: str | None


@dataclass(frozen=True, slots=True)
class RowMatch:
    """What a row means: `how` and whom; where that is unclear, why. `path` is the one that decided.

    `claims` are paths: whoever has the row's value at one of them may be meant by it and is not missing in the source,
    whatever becomes of the row.
    """

    how: str
    user: int | None = None
    path: str = ""
    fault: str = ""
    reason: str = ""
    claims: tuple[str, ...] = ()


def match(fold: str, key_path: str, turns: Iterable[tuple[str, list[PathHit]]]) -> RowMatch:
    """Return whom a row with that key means; `turns` are the paths in turn, each with who has the row's value there.

    Nobody is meant as long as somebody else has the key: it names one person for ever, whatever the order of the paths.
    """
    left = iter(turns)
    for path, hits in left:
        if not hits:
            continue
        if len(hits) > 1:
            fault = f"{path}: several people of the directory have the value of this row; one person has one account"
            return _unclear(path, fault, f"several people match by {path}", left)
        [hit] = hits
        if path == key_path:
            return RowMatch(BY_KEY, hit.user, path, claims=(path,))
        if hit.key is not None and hit.key != fold:
            fault = (
                f"{path}: the person of the directory that has the value of this row has another key; a key is for ever"
            )
            return _unclear(path, fault, f"who matches by {path} has another key", left)
        others = list(left)
        if any(other.user != hit.user for turn, found in others if turn == key_path for other in found):
            fault = f"{key_path}: somebody else has the key of this row than {path} finds; a key names one person"
            return _unclear(path, fault, "somebody else has the key", others)
        return RowMatch(ADOPTED if hit.key is None else BY_KEY, hit.user, path, claims=(path,))
    return RowMatch(NOBODY)


def _unclear(path: str, fault: str, reason: str, others: Iterable[tuple[str, list[PathHit]]]) -> RowMatch:
    """Return that nobody knows whom a row means: all whom any path finds may be."""
    claims = (path, *(turn for turn, hits in others if hits))
    return RowMatch(UNCLEAR, None, path, fault, reason, claims)
