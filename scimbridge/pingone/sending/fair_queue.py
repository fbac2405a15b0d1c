"""Whose turn it is: waiting calls, in turn by client, urgent ones first, those in the background last.

A pure data structure: no clock, no threads. Each client gets one call in turn, however many it has
waiting. An urgent call goes before all others; only when urgent ones come in an endless row does one of
the others go in between, so that a mass delete does not shut everybody out. Calls in the background go when
nobody else waits, and one of them after a row of others.
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
    background: bool = False
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
        self._background = _Lane()
        self._row = 0
        self._passed = 0  # calls that went before those in the background since the last of these

    def __len__(self) -> int:
        return self._urgent.count + self._others.count + self._background.count

    def join(self, waiter: Waiter) -> None:
        """Add a call at the end of its client's queue."""
        self._lane(waiter).join(waiter)

    @property
    def in_background(self) -> Waiter | None:
        """Whose turn it is among the calls in the background, None when none of them waits."""
        return self._background.first()

    def first(self, *, held_back: bool = False) -> Waiter | None:
        """Return whose turn it is, None when nobody waits; `held_back`: none in the background may go now."""
        if self._background.count and not held_back and (self._passed >= _ROW or not self.is_awaited):
            return self._background.first()
        if self._others.count and (not self._urgent.count or self._row >= _ROW):
            return self._others.first()
        return self._urgent.first()

    @property
    def is_awaited(self) -> bool:
        """Whether anybody waits for the answer to a call that waits here."""
        return bool(self._urgent.count or self._others.count)

    def serve(self, *, held_back: bool = False) -> None:
        """Let the first one go."""
        waiter = self.first(held_back=held_back)
        if waiter is None:
            return
        if not waiter.background:
            self._row = self._row + 1 if waiter.urgent and self._others.count else 0
        self._passed = self._passed + 1 if self._background.count and not waiter.background else 0
        self._lane(waiter).serve()

    def leave(self, waiter: Waiter) -> None:
        """Take out a call that gave up."""
        self._lane(waiter).leave(waiter)

    def before(self, client: str, *, urgent: bool, background: bool = False) -> int:
        """Return about how many go before a newcomer; later ones may still overtake it."""
        if background:
            return self._urgent.count + self._others.count + self._background.before(client)
        if urgent:
            return self._urgent.before(client)
        return self._urgent.count + self._others.before(client)

    def _lane(self, waiter: Waiter) -> _Lane:
        if waiter.background:
            return self._background
        return self._urgent if waiter.urgent else self._others
