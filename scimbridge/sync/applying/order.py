"""In which order the lines of a plan are carried out. Pure.

What takes rights away comes first and what gives them last, so that whatever ends an apply half way leaves nobody with
more than either state gives; people and groups are there before they are joined, and what cannot be taken back is last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scimbridge.sync.plans.lines import (
    ADOPT,
    CONFLICT,
    CREATE,
    DELETE,
    DISABLE,
    ENABLE,
    GROUP,
    JOIN,
    LEAVE,
    MOVE,
    UPDATE,
    USER,
    PlanLine,
)  # fmt: skip

BLOCK = 50  # lines whose present records are read by one call
MEMBERSHIPS = 100  # lines of one block of memberships, for which nothing is read


@dataclass(frozen=True, slots=True)
class ApplyStage:
    """Lines that may be carried out side by side: all that do this to resources of this type."""

    do: str
    on: str = USER

    @property
    def size(self) -> int:
        """How many lines make a block."""
        return MEMBERSHIPS if self.do in (JOIN, LEAVE) else BLOCK


STAGES = (
    ApplyStage(CONFLICT), ApplyStage(DISABLE), ApplyStage(LEAVE), ApplyStage(CREATE, GROUP), ApplyStage(CREATE),
    ApplyStage(ADOPT), ApplyStage(UPDATE), ApplyStage(MOVE), ApplyStage(ENABLE), ApplyStage(JOIN), ApplyStage(DELETE),
)  # fmt: skip
"""Conflicts are carried out by nobody; they are settled first, so that the counts of a cut off apply hold them."""

Placed = tuple[int, PlanLine]
"""A line and its number among the lines of its kind."""


def blocks(lines: Iterable[PlanLine], stage: ApplyStage, settled: Iterable[int] = ()) -> Iterator[list[Placed]]:
    """Yield the lines of a stage in blocks, without those that are settled; `lines` are all that do the same."""
    known, block = frozenset(settled), list[Placed]()
    for place, line in enumerate(lines):
        if place in known or (stage.do == CREATE and line.on != stage.on):
            continue
        block.append((place, line))
        if len(block) == stage.size:
            yield block
            block = []
    if block:
        yield block
