"""Whose turn it is: waiting calls, in turn by client, urgent ones first.

A pure data structure: no clock, no threads. Each client gets one call in turn, however many it has
waiting. An urgent call goes before all others; only when urgent ones come in an endless row does one of
the others go in between, so that a mass delete does not shut everybody out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field

_ROW = 8


@dataclass(slots=True, eq=False)
class Waiter:
    """One waiting call; `turn` is set when it should look whether it may go."""

    client: str
    urgent: bool
    turn: threading.Event = field(default_factory=threading.Event, repr=False)


class _Lane:
    """Round robin over clients, first come first served within one."""

    def __init__(self) -> None:
        self.count = 0
        self._queues: OrderedDict[str, deque[Waiter]] = OrderedDict()

    def join(self, waiter: Waiter) -> None:
        self._queues.setdefault(waiter.client, deque()).append(waiter)
        self.count += 1

    def first(self) -> Waiter | None:
        return next(iter(self._queues.values()))[0] if self._queues else None

    def serve(self) -> None:
        """Take out the first; its client goes to the end of the row."""
        client, queue = next(iter(self._queues.items()))
        queue.popleft()
        self.count -= 1
        if queue:
            self._queues.move_to_end(client)
        else:
            del self._queues[client]

    def leave(self, waiter: Waiter) -> None:
        queue = self._queues[waiter.client]
        queue.remove(waiter)
        self.count -= 1
        if not queue:
            del self._queues[waiter.client]

    def before(self, client: str) -> int:
        """Return how many of those here go before a newcomer of this client."""
        own = len(self._queues.get(client, ()))
        others = (len(queue) for name, queue in self._queues.items() if name != client)
        return own + sum(min(own + 1, waiting) for waiting in others)


class FairQueue:
    """All waiting calls."""

    def __init__(self) -> None:
        self._urgent = _Lane()
        self._others = _Lane()
        self._row = 0

    def __len__(self) -> int:
        return self._urgent.count + self._others.count

    def join(self, waiter: Waiter) -> None:
        """Add a call at the end of its client's queue."""
        self._lane(waiter).join(waiter)

    def first(self) -> Waiter | None:
        """Return whose turn it is, None when nobody waits."""
        if self._others.count and (not self._urgent.count or self._row >= _ROW):
            return self._others.first()
        return self._urgent.first()

    def serve(self) -> None:
        """Let the first one go."""
        waiter = self.first()
        if waiter is None:
            return
        self._row = self._row + 1 if waiter.urgent and self._others.count else 0
        self._lane(waiter).serve()

    def leave(self, waiter: Waiter) -> None:
        """Take out a call that gave up."""
        self._lane(waiter).leave(waiter)

    def before(self, client: str, *, urgent: bool) -> int:
        """Return about how many go before a newcomer; later ones may still overtake it."""
        if urgent:
            return self._urgent.before(client)
        return self._urgent.count + self._others.before(client)

    def _lane(self, waiter: Waiter) -> _Lane:
        return self._urgent if waiter.urgent else self._others
