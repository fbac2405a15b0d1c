"""SIGTERM and SIGINT as a question: whether somebody has asked a long command to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Yield what tells whether one of them has come since; the second ends the process as it would have before.

    To be entered in the main thread.
    """
    came: list[int] = []
    numbers: tuple[int, ...] = (signal.SIGTERM, signal.SIGINT)

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        signal.signal(number, before[number])

    before: dict[int, Any] = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, note)
    try:
        yield lambda: bool(came)
    finally:
        for number in numbers:
            signal.signal(number, before[number])
