"""Which state a bridge works with: from a URL to one that always answers. Nothing is connected or opened here."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from scimbridge.state.base import State
from scimbridge.state.failover import WithFailover
from scimbridge.state.memory import MemoryState
from scimbridge.state.redis import RedisState
from scimbridge.state.sealed import Sealed
from scimbridge.state.sqlite import SqliteState

Tell = Callable[[str, bool], None]
"""Is told what does not answer any more (True) or again (False): "redis", "node file"."""


def open_state(
    url: str,
    *,
    clock: Callable[[], float],
    node_file: Path | None,
    prefix: str,
    seal: bytes,
    tell: Tell,
    sleep: Callable[[float], None] = time.sleep,
) -> State:
    """Return the state for memory://, redis:// or rediss://. Raises ValueError for any other URL.

    `node_file` is where the processes of one node, also those to come, keep what they share when there is no Redis, or
    while it does not answer; None where each keeps its own. `prefix` parts bridges that share a Redis, and `seal` are
    32 bytes that only they know, under which values go there and into the file. `sleep` is how a process waits for a
    lock.
    """
    own: State = MemoryState(clock)
    file = None
    if node_file is not None:
        file = SqliteState(node_file, clock=clock, sleep=sleep)
        own = WithFailover(Sealed(file, seal), own, clock=clock, tell=lambda cut_off: tell("node file", cut_off))
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return own
    if scheme not in ("redis", "rediss"):
        raise ValueError("a state is kept in memory:// or in redis:// or rediss://")
    shared = Sealed(RedisState(url, prefix=prefix, clock=clock, sleep=sleep, notebook=file), seal)
    return WithFailover(shared, own, clock=clock, tell=lambda cut_off: tell("redis", cut_off))
