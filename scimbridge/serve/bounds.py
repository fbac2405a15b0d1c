"""What a request may take until it is whole: seconds, bytes and connections. Plain values, and what the process allows.

Knows the limit of open files of a process, and nothing of sockets.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace

FILES_ASIDE = 512
"""Descriptors that connections of clients leave to everything else: calls to PingOne, the state, the log."""


@dataclass(frozen=True, slots=True)
class ArrivalBounds:
    """What a request may take until it is whole. Times in seconds.

    `head`: a handshake or a head, from its first byte. `body`: a body, and the sending of an answer. `idle`: a
    connection over which nothing is sent. After `head` seconds a body has to have come at `least_rate` bytes a second.
    `largest_body` is what is waited for, `most_bytes` what is held for all connections.
    """

    head: float = 5.0
    body: float = 30.0
    idle: float = 75.0
    least_rate: float = 512.0
    largest_body: int = 8 * 1024 * 1024
    most_bytes: int = 128 * 1024 * 1024
    connections: int = 1000
    connections_per_address: int = 256


def within_files(bounds: ArrivalBounds) -> ArrivalBounds:
    """Raise the process's limit of open files where that may be, and keep connections well below what it then is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = bounds.connections + FILES_ASIDE
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return bounds
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return replace(bounds, connections=min(bounds.connections, max(soft // 2, soft - FILES_ASIDE)))
