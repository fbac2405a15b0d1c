"""Names that this bridge has just given, and PingOne's lists may not show yet (docs/pingone.md §13.15).

A client that creates and looks up at once must not be told that there is nobody: it would create again. So an empty
answer to a question for a name that was given here a moment ago is asked for again, for a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

import orjson

from scimbridge.pingone.sending.read_after_write import made_key
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.scim.filtering.trees import Compare, Node, Or, conjuncts
from scimbridge.scim.usernames import comparable
from scimbridge.state.base import State

REMEMBERED = 10.0  # seconds
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.0, 1.5, 2.0)  # seconds between looks: six in all


class RecentNames:
    """The new names of one kind; of one that has nothing unique none is remembered."""

    def __init__(
        self, state: State, records: ReachableRecords, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._state = state
        self._records = records
        self._kind = records.name
        self._field = records.kind.unique or ""
        self._home = records.kind.home_path[:1]
        self._clock = clock
        self._sleep = sleep

    def note(self, record: dict[str, Any]) -> None:
        """Remember a record that was just made."""
        name = record.get(self._field)
        if isinstance(name, str):
            made = {member: record.get(member) for member in ("id", *self._home)}
            self._state.set(self._key(name), orjson.dumps(made), REMEMBERED)

    def looks(self, context: RequestContext, asked: Node | None) -> Iterator[None]:
        """Wait, and let the caller look again, while PingOne is asked for a new name. Never past the deadline.

        A client does not wait for what was made outside its populations: that would tell of it.
        """
        for pause in PAUSES:
            if not self._is_awaited(context, asked) or self._clock() + pause >= context.call.deadline:
                return
            self._sleep(pause)
            yield

    def _is_awaited(self, context: RequestContext, asked: Node | None) -> bool:
        for name in _names(asked, self._field):
            held = self._state.get(self._key(name))
            if held is not None:
                made = orjson.loads(held)
                return (
                    self._records.keeps(context, made)
                    and self._state.get(made_key(f"/{self._kind}/{made['id']}")) is not None
                )
        return False

    def _key(self, name: str) -> str:
        # A name may be a person's, and keys can be seen where the state is kept.
        return f"fresh:{self._kind}:{blake2b(comparable(name).encode(), digest_size=16).hexdigest()}"


def _names(asked: Node | None, field: str) -> Iterator[str]:
    """Yield the names that every record of the answer has one of: one name, which may be asked for in several forms."""
    for part in () if asked is None else conjuncts(asked):
        leaves = part.parts if isinstance(part, Or) else (part,)
        if all(isinstance(leaf, Compare) and leaf.op == "eq" and leaf.path.attr == field for leaf in leaves):
            yield from (str(leaf.value) for leaf in leaves if isinstance(leaf, Compare))
