"""How the metrics of several worker processes add up: a directory for their counters, and what a dead worker leaves.

Knows processes and prometheus-client's rule that PROMETHEUS_MULTIPROC_DIR be set before it is imported, so it is
imported late here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - for heartbeats and counters only


@contextmanager
def counting_together(workers: int) -> Iterator[None]:
    """Give several workers a directory that lives as long as the `with`, in memory where there is a place for that.

    One worker needs none. To be entered in the master; workers that leave it do no harm.
    """
    if workers == 1:
        yield
        return
    owner = os.getpid()
    directory = os.environ[DIRECTORY] = tempfile.mkdtemp(prefix="scimbridge-metrics-", dir=MEMORY)
    try:
        yield
    finally:
        if os.getpid() == owner:
            shutil.rmtree(directory, ignore_errors=True)


def forget_gauges(pid: int) -> None:
    """Take out how things stood in a process that has ended; what it has counted stays."""
    if DIRECTORY in os.environ:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - see above

        mark_process_dead(pid)  # type: ignore[no-untyped-call]
