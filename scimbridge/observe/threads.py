"""Threads that log as the request that they work for, and that work for one client after the other.

Knows contexts and pools; nothing of what is carried out. Each client has its turn, however much it has waiting: what
one request has submitted by the hundred stands before nobody else's.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_CLIENT: ContextVar[str] = ContextVar("client that work is for", default="")


@contextmanager
def working_for(client: str) -> Iterator[None]:
    """Have all that is submitted in the `with`, and by what is submitted there, count as this client's."""
    token = _CLIENT.set(client)
    try:
        yield
    finally:
        _CLIENT.reset(token)


@dataclass(slots=True)
class _Task:
    """What was submitted: how it is carried out, in which context, and who waits for it."""

    future: Future[Any]
    context: Context
    act: Callable[[], Any]

    def carry_out(self) -> bool:
        """Carry it out, unless it was cancelled; return whether it was."""
        if not self.future.set_running_or_notify_cancel():
            return False
        try:
            result = self.context.run(self.act)
        except BaseException as error:  # noqa: BLE001 - it is told to whoever waits, as every pool does
            self.future.set_exception(error)
        else:
            self.future.set_result(result)
        return True


class InContext(ThreadPoolExecutor):
    """A pool whose work runs in a copy of the context of whoever submits it (under a microsecond each)."""

    def __init__(self, max_workers: int, thread_name_prefix: str = "") -> None:
        super().__init__(max_workers, thread_name_prefix)
        self._turns: OrderedDict[str, deque[_Task]] = OrderedDict()
        self._taking = threading.Lock()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Carry out `fn` in a thread, with the context variables as they are now; `map` goes this way too."""
        task = _Task(Future(), copy_context(), partial(fn, *args, **kwargs))
        client = _CLIENT.get()
        with self._taking:
            super().submit(self._carry_out_next)  # raises where the pool has ended, before anything is kept
            self._turns.setdefault(client, deque()).append(task)
        return task.future

    def _carry_out_next(self) -> None:
        while (task := self._take()) is not None:
            if task.carry_out():
                return

    def _take(self) -> _Task | None:
        """Return the next task of the client whose turn it is, which is the last one from then on."""
        with self._taking:
            if not self._turns:
                return None
            client, tasks = next(iter(self._turns.items()))
            task = tasks.popleft()
            if tasks:
                self._turns.move_to_end(client)
            else:
                del self._turns[client]
            return task
