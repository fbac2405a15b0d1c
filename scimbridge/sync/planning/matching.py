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

    `claimed` are all who may be meant: whatever becomes of the row, none of them is missing in the source.
    """

    how: str
    user: int | None = None
    path: str = ""
    fault: str = ""
    reason: str = ""
    claimed: tuple[int, ...] = ()


def match(fold: str, key_path: str, turns: Iterable[tuple[str, list[PathHit]]]) -> RowMatch:
    """Return whom a row with that key means; `turns` are the paths in turn, each with who has the row's value there."""
    for path, hits in turns:
        if not hits:
            continue
        claimed = tuple(hit.user for hit in hits)
        if len(hits) > 1:
            return RowMatch(UNCLEAR, None, path, (
                f"{path}: several people of the directory have the value of this row; one person has one account"
            ), f"several people match by {path}", claimed)  # fmt: skip
        [hit] = hits
        if path == key_path or hit.key == fold:
            return RowMatch(BY_KEY, hit.user, path, claimed=claimed)
        if hit.key is not None:
            return RowMatch(UNCLEAR, None, path, (
                f"{path}: the person of the directory that has the value of this row has another key; a key is for ever"
            ), f"who matches by {path} has another key", claimed)  # fmt: skip
        return RowMatch(ADOPTED, hit.user, path, claimed=claimed)
    return RowMatch(NOBODY)
