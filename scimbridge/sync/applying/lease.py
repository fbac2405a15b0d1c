"""One run of a rule file at a time, on all machines that share a state."""

from __future__ import annotations

import hashlib
import math
import os.path
from collections.abc import Iterator
from contextlib import contextmanager

from scimbridge.state.leases import Lease, Leases
from scimbridge.sync.applying.values import AlreadyUnderWay
from scimbridge.sync.desk import SyncDesk

WAIT = 1.0  # seconds; a run takes minutes


@contextmanager
def alone(desk: SyncDesk, rules_file: str) -> Iterator[Lease]:
    """Hold the lease of a rule file while the block runs. Raises `AlreadyUnderWay` where another has it.

    The file is known by its path as it is given. The lease is renewed as long as this process lives; it is lost where
    the process stood still for longer, and then another may hold it.
    """
    parts = desk.bridge.parts
    with Leases(parts.state, parts.clock).of(_key(rules_file), wait=WAIT, longest=math.inf) as lease:
        if lease is None:
            msg = f"another run of {rules_file} is under way; nothing was changed, try again after its end"
            raise AlreadyUnderWay(msg)
        yield lease


def is_under_way(desk: SyncDesk, rules_file: str) -> bool:
    """Whether somebody holds the lease of a rule file now."""
    parts = desk.bridge.parts
    with Leases(parts.state, parts.clock).of(_key(rules_file), wait=0.0, longest=math.inf) as lease:
        return lease is None


def _key(rules_file: str) -> str:
    return f"reconcile:{hashlib.sha256(os.path.normpath(rules_file).encode()).hexdigest()[:32]}"
