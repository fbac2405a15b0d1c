"""How often an operation may be asked for one resource, over all nodes that share the state.

A limit of 20 a minute is twenty places, each taken by one attempt and free again a minute later: no minute, wherever it
begins, holds more. Where the state cannot be asked nothing is let through: a limit that is not kept protects nobody.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scimbridge.operations.rows import Operation
from scimbridge.scim.errors import TooManyRequests, Unavailable
from scimbridge.state.base import State, StateUnavailable

_ASK_AGAIN = 5  # seconds
_COUNTER_LIFE = 7 * 86_400.0


def take_place(operation: Operation, key: str, state: State, wall: Callable[[], float]) -> None:
    """Count an attempt. Raises `TooManyRequests` where there were as many as may be, and `Unavailable`."""
    limit = operation.limit
    if limit is None:
        return
    name = f"often:{operation.resource}:{operation.name}:{key.lower()}"
    try:
        turn = state.incr(f"{name}:turn", 1, _COUNTER_LIFE)
        until = f"{wall() + limit.seconds:.0f}".encode()
        places = [f"{name}:{(turn + step) % limit.times}" for step in range(limit.times)]
        if any(state.add(place, until, limit.seconds) for place in places):
            return
        taken = [float(held) for held in state.get_many(places) if held is not None]
    except StateUnavailable as error:
        msg = f"whether {operation.name} was asked too often cannot be told at the moment; send it again later"
        raise Unavailable(msg, retry_after=_ASK_AGAIN) from error
    wait = max(1, math.ceil(min(taken, default=wall()) - wall()))
    msg = f"{operation.name} may be asked {limit.text} for one {operation.resource.lower()}; send it again later"
    raise TooManyRequests(msg, retry_after=wait)
