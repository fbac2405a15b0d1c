"""What this process uses of its machine: memory and time on a processor.

prometheus-client's own collector says it of one process only, and of none where several share their metrics. Knows the
operating system and nothing else.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

_PAGES = Path("/proc/self/statm")
_RESIDENT = 1  # second of the numbers: pages that are in memory


class ProcessUse:
    """Reads what the process uses. `cpu` is seconds on a processor since the process began, of all its threads."""

    def __init__(self, cpu: Callable[[], float] = time.process_time, pages: Path = _PAGES) -> None:
        self._cpu = cpu
        self._pages = pages
        self._lock = threading.Lock()
        self._seen = 0.0

    def memory(self) -> float:
        """Return bytes in memory; NaN where the operating system has no such file."""
        try:
            numbers = self._pages.read_text("ascii").split()
        except OSError:
            return float("nan")
        return float(int(numbers[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE"))

    def cpu_since(self) -> float:
        """Return the seconds on a processor since this was asked last; the first time, since the process began."""
        with self._lock:
            now = self._cpu()
            spent, self._seen = max(0.0, now - self._seen), now
            return spent
