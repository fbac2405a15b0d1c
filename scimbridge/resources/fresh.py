"""Names that this bridge has just given, and PingOne's lists may not show yet (reference.md §13.15).

A client that creates and looks up at once must not be told that there is nobody: it would create again. So an empty
answer to a question for a name that was given here a moment ago is asked for again, for a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from scimbridge.pingone.patience import made_key
from scimbridge.pingone.send import Call
from scimbridge.scim.filters import Compare, Node, conjuncts
from scimbridge.state.base import State

REMEMBERED = 10.0  # seconds
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.0, 1.5, 2.0)  # seconds between looks: six in all


class Fresh:
    """The new names of one collection. `field` is PingOne's name for what is unique in it."""

    def __init__(
        self, state: State, kind: str, field: str, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._state = state
        self._kind = kind
        self._field = field
        self._clock = clock
        self._sleep = sleep

    def note(self, record: dict[str, Any]) -> None:
        """Remember a record that was just made."""
        name = record.get(self._field)
        if isinstance(name, str):
            self._state.set(self._key(name), record["id"].encode(), REMEMBERED)

    def looks(self, call: Call, asked: Node | None) -> Iterator[None]:
        """Wait, and let the caller look again, while PingOne is asked for a new name. Never past the deadline."""
        for pause in PAUSES:
            if not self._is_awaited(asked) or self._clock() + pause >= call.deadline:
                return
            self._sleep(pause)
            yield

    def _is_awaited(self, asked: Node | None) -> bool:
        for part in () if asked is None else conjuncts(asked):
            if isinstance(part, Compare) and part.op == "eq" and part.path.attr == self._field:
                made = self._state.get(self._key(str(part.value)))
                if made is not None:
                    return self._state.get(made_key(f"/{self._kind}/{made.decode()}")) is not None
        return False

    def _key(self, name: str) -> str:
        return f"fresh:{self._kind}:{name.casefold()}"
