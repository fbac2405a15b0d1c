"""How often an operation may be asked for one resource, over all nodes that share the state.

A limit of 20 a minute is twenty places, each taken by one attempt and free again a minute later: no minute, wherever it
begins, holds more. Where a node is cut off from the others nothing is let through: a limit that each keeps for itself
protects nobody.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scimbridge.operations.rows import Often, Operation
from scimbridge.scim.errors import TooManyRequests, Unavailable
from scimbridge.state.base import State, StateUnavailable

_ASK_AGAIN = 5  # seconds
_COUNTER_LIFE = 7 * 86_400.0


def take_place(operation: Operation, key: str, state: State, wall: Callable[[], float]) -> None:
    """Count an attempt. Raises `TooManyRequests` where there were as many as may be, and `Unavailable`."""
    limit = operation.limit
    if limit is None:
        return
    try:
        wait = _seconds_to_wait(limit, _name(operation, key), state, wall)
    except StateUnavailable as error:
        msg = f"whether {operation.name} was asked too often cannot be told at the moment; send it again later"
        raise Unavailable(msg, retry_after=_ASK_AGAIN) from error
    if wait:
        msg = f"{operation.name} may be asked {limit.text} for one {operation.resource.lower()}; send it again later"
        raise TooManyRequests(msg, retry_after=wait)


def free_places(operation: Operation, key: str, state: State) -> None:
    """Forget all attempts: where PingOne begins to count anew, the bridge does too."""
    for place in range(operation.limit.times if operation.limit else 0):
        state.delete(f"{_name(operation, key)}:{place}")


def _name(operation: Operation, key: str) -> str:
    return f"often:{operation.resource}:{operation.name}:{key}"


def _seconds_to_wait(limit: Often, name: str, state: State, wall: Callable[[], float]) -> int:
    """Return 0 where a place was taken, else after how many seconds one is free. Raises `StateUnavailable`."""
    turn = state.incr(f"{name}:turn", 1, _COUNTER_LIFE)
    until = f"{wall() + limit.seconds:.3f}".encode()
    places = [f"{name}:{(turn + step) % limit.times}" for step in range(limit.times)]
    is_taken = any(state.add(place, until, limit.seconds) for place in places)
    if state.is_cut_off:
        raise StateUnavailable
    if is_taken:
        return 0
    taken = [float(held) for held in state.get_many(places) if held is not None]
    return max(1, math.ceil(min(taken, default=wall()) - wall()))
