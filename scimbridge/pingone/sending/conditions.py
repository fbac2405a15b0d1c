"""What is wrong between this node and PingOne at present: noted by whoever meets it first, told once.

The processes of a node share one value in the state, so that a change is told by one of them and known to all. While
nothing is wrong, a call costs a look at a clock, and once in a second one at the state. Knows names and facts of
conditions, and nothing of what they mean, of calls or of logs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson

from scimbridge.state.base import State

CIRCUIT = "circuit"
UNREACHABLE = "unreachable"
TOKEN = "token"  # noqa: S105 - the name of a condition
THROTTLED = "throttled"
PAUSED = "paused"
FORBIDDEN = "forbidden "
"""Before method and path, as in `forbidden GET /groups`."""

_LOOK = 1.0  # seconds between two looks at what other processes have noted
_NOTE_AGAIN = 10.0  # seconds after which what goes on is written down anew
_KEPT = 86_400.0
_LOCK_LIFE, _LOCK_WAIT = 5.0, 1.0
_NOTHING: Mapping[str, Condition] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong since when: seconds since 1970, as `last` is, when it was seen the last time. `grave`: calls fail.

    `facts` can be told to anybody: no secret, no id of a person, no value.
    """

    since: float
    last: float
    grave: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A condition that begins, or that has ended after so many `seconds`."""

    what: str
    begins: bool
    facts: Mapping[str, Any]
    seconds: float = 0.0


Tell = Callable[[Change], None]


def untold(_change: Change) -> None:
    """Tell nobody."""


class Conditions:
    """The conditions of one environment as one node sees it; safe for threads. `tell` is told each change once."""

    def __init__(
        self,
        state: State,
        name: str,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        tell: Tell = untold,
    ) -> None:
        """`name` tells environment, application and node from others in the same state."""
        self._state = state
        self._key = f"pingone:conditions:{name}"
        self._clock = clock
        self._wall = wall
        self._tell = tell
        self._changing = threading.Lock()
        self._known: Mapping[str, Condition] = _NOTHING
        self._look_at = float("-inf")

    def standing(self, *, fresh: bool = False) -> Mapping[str, Condition]:
        """Return what is wrong, as it was known to all a second ago at most; `fresh`: as it is known now."""
        now = self._clock()
        if fresh or now >= self._look_at:
            self._look_at = now + _LOOK
            self._known = self._read()
        return self._known

    def note(self, what: str, facts: Mapping[str, Any], *, grave: bool = True) -> None:
        """Note that something is wrong; who notes it first tells it."""
        if self._is_noted(what, grave=grave):
            return
        with self._changing:
            if self._is_noted(what, grave=grave):
                return
            change = self._write(what, facts, grave=grave)
        if change is not None:
            self._tell(change)

    def end(self, what: str) -> None:
        """Note that it is over; who notes that first tells it."""
        if what not in self.standing():
            return
        with self._changing:
            change = self._erase(what)
        if change is not None:
            self._tell(change)

    def _is_noted(self, what: str, *, grave: bool) -> bool:
        held = self.standing().get(what)
        return held is not None and held.grave >= grave and 0 <= self._wall() - held.last < _NOTE_AGAIN

    def _write(self, what: str, facts: Mapping[str, Any], *, grave: bool) -> Change | None:
        with self._state.lock(f"{self._key}:lock", ttl=_LOCK_LIFE, wait=_LOCK_WAIT) as taken:
            if not taken:
                return None  # whoever meets it next notes it
            held, now = self._read(), self._wall()
            before = held.get(what)
            since = now if before is None else before.since
            kept = Condition(since, now, grave or (before is not None and before.grave), facts)
            self._keep({**held, what: kept})
        return Change(what, True, facts) if before is None else None

    def _erase(self, what: str) -> Change | None:
        with self._state.lock(f"{self._key}:lock", ttl=_LOCK_LIFE, wait=_LOCK_WAIT) as taken:
            if not taken:
                return None
            held = dict(self._read())
            before = held.pop(what, None)
            self._keep(held)
        if before is None:
            return None
        return Change(what, False, before.facts, max(0.0, self._wall() - before.since))

    def _read(self) -> Mapping[str, Condition]:
        kept = self._state.get(self._key)
        if kept is None:
            return _NOTHING
        return {what: Condition(*values) for what, values in orjson.loads(kept).items()}

    def _keep(self, held: Mapping[str, Condition]) -> None:
        if held:
            texts = {what: [each.since, each.last, each.grave, each.facts] for what, each in held.items()}
            self._state.set(self._key, orjson.dumps(texts), ttl=_KEPT)
        else:
            self._state.delete(self._key)
        self._known = held
