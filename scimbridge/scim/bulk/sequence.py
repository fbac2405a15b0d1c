"""The one sequence of a bulk request's operations, and what of it may go side by side (RFC 7644 §3.7).

The sequence is the client's, save that what refers to another operation comes behind what that creates, and that a
circle of references is opened at one create and closed behind the others (§3.7.1). The result of a request is that of
this sequence; operations may overtake each other only where neither can tell.

Pure: knows operations by their numbers, and what they touch by names that others gave it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Cell = Hashable
"""Something that operations touch: a resource, a unique value, where users are."""

Sharing = str | None
"""How a cell is touched: None is alone; those who touch it in one way, which a word names, may do so together."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation's turn. `opens`: it goes without what is not created yet; `closes`: that is added now."""

    number: int
    opens: bool = False
    closes: bool = False


@dataclass(slots=True)
class _Touch:
    """Who touches a cell in one way, and who did so in another way just before."""

    sharing: Sharing
    steps: list[int]
    before: Sequence[int] = ()


def put_in_sequence(needs: Sequence[Collection[int]]) -> list[Step]:
    """Return the turns of operations; `needs[n]` are the operations that create what operation n refers to."""
    steps: list[Step] = []
    done: set[int] = set()
    opened: set[int] = set()

    def go(step: Step) -> None:
        steps.append(step)
        done.add(step.number)

    for first in range(len(needs)):
        if first in done:
            continue
        path: dict[int, Iterator[int]] = {first: iter(sorted(needs[first]))}  # each is needed by the one before it
        while path:
            number, waited_for = next(reversed(path.items()))
            for need in waited_for:
                if need in done:
                    continue
                if need not in path:
                    path[need] = iter(sorted(needs[need]))
                    break
                go(Step(need, opens=True))
                opened.add(need)
            else:
                del path[number]
                if number not in done:
                    go(Step(number))
                elif number in opened:
                    steps.append(Step(number, closes=True))
    return steps


def find_waits(touched: Sequence[Mapping[Cell, Sharing]]) -> list[set[int]]:
    """Return for each step those before it that it has to wait for, from the cells that each of them touches.

    Who waits for a step waits for what that waits for too, which is not repeated.
    """
    waits: list[set[int]] = [set() for _step in touched]
    last: dict[Cell, _Touch] = {}
    for number, cells in enumerate(touched):
        for cell, sharing in cells.items():
            held = last.get(cell)
            if held is None:
                last[cell] = _Touch(sharing, [number])
            elif sharing is not None and sharing == held.sharing:
                held.steps.append(number)
                waits[number].update(held.before)
            else:
                waits[number].update(held.steps)
                last[cell] = _Touch(sharing, [number], held.steps)
    return waits


def count_turns(sharings: Sequence[Sharing]) -> int:
    """Return how many turns it takes until all have touched one cell, group after group."""
    turns = 0
    held: Sharing = None
    for sharing in sharings:
        turns += sharing is None or sharing != held
        held = sharing
    return turns
