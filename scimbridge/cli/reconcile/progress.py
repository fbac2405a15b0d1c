"""Says how far a plan or an apply is: on one line of a terminal, else a plain line every ten seconds.

Knows streams and numbers; what is being done is told to it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from scimbridge.pingone.send import CallRecord
    from scimbridge.sync.applying.values import ApplyProgress

EVERY, EVERY_WATCHED = 10.0, 0.2
"""Seconds between two words on it."""


class ReconcileProgress:
    """Takes what planning and applying tell."""

    def __init__(
        self, limit: float, stream: IO[str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`limit` is calls per second that the rate admits."""
        self._stream = sys.stderr if stream is None else stream
        self._limit = limit
        self._clock = clock
        self._is_watched = self._stream.isatty()
        self._began = self._said = clock()
        self._stage, self._waited = "", ""
        self._calls = 0
        self._counting = threading.Lock()
        self._width = 0

    def count(self, _record: CallRecord) -> None:
        """Count a call, of whatever thread."""
        with self._counting:
            self._calls += 1

    def plan(self, stage: str, done: int, total: int | None) -> None:
        """Be told by planning what it does, how far it is, and of how much."""
        if self._is_due(stage):
            of = "" if total is None else f" of {total:,}"
            seconds = max(self._clock() - self._began, 0.001)
            self._say(f"{stage}: {done:,}{of}, {_pace(self._calls / seconds, self._limit)}")

    def apply(self, progress: ApplyProgress) -> None:
        """Be told by applying how far it is."""
        is_news = progress.waiting != self._waited
        self._waited = progress.waiting
        if not self._is_due(progress.stage) and not is_news:
            return
        seconds = max(progress.seconds, 0.001)
        text = (
            f"{progress.stage or 'apply'}: {progress.settled:,} of {progress.total:,} lines,"
            f" {_pace(progress.calls / seconds, progress.limit)}"
        )
        if progress.left is not None:
            text += f", {progress.left:,.0f} s left"
        text += f", {progress.failed:,} failed, {progress.drifted:,} drifted"
        self._say(f"{text}; {progress.waiting}" if progress.waiting else text)

    def end(self) -> None:
        """Leave the line."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _is_due(self, stage: str) -> bool:
        is_next = self._is_watched and stage != self._stage
        self._stage = stage
        return is_next or self._clock() - self._said >= (EVERY_WATCHED if self._is_watched else EVERY)

    def _say(self, text: str) -> None:
        self._said = self._clock()
        if self._is_watched:
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(f"scimbridge: {text}\n")
        self._stream.flush()


def _pace(calls: float, limit: float) -> str:
    return f"{calls:.0f} calls a second of {limit:.0f}"
