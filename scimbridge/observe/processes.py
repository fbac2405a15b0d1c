"""How the metrics of several worker processes add up: a directory for their counters, and what a dead worker leaves.

Knows processes and prometheus-client, which decides when it is imported where its values are kept; whoever has read a
configuration has imported it, and only the configuration says how many processes there are. So it is told again here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

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
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if os.getpid() == owner:
            shutil.rmtree(directory, ignore_errors=True)


def forget_gauges(pid: int) -> None:
    """Take out how things stood in a process that has ended; what it has counted stays."""
    if DIRECTORY in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def collect_all() -> CollectorRegistry:
    """Return a registry of what all workers have counted."""
    registry = CollectorRegistry()
    registry.register(_AllWorkers(Path(os.environ[DIRECTORY])))
    return registry


class _AllWorkers:
    """What stands in the files of a directory, as far as it can be read.

    A file is empty between the moment that a worker makes it and the one that it gives it its size, and stays so where
    the worker is killed in between; prometheus-client's own collector fails on it. No file ever shrinks.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """Return all metrics."""
        files = [str(each) for each in sorted(self._directory.glob("*.db")) if _size(each)]
        return MultiProcessCollector.merge(files, accumulate=True)  # type: ignore[no-untyped-call, no-any-return]


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):  # of a worker that has just ended
        return file.stat().st_size
    return 0
