"""Values that PingOne would take, for /Schemas to suggest where it refuses random text (RFC 7643 §7 canonicalValues).

They are suggestions and no limit. What exists in the environment is asked for once in a while and shared.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.kinds import POPULATIONS, kind_named
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target
from scimbridge.state.base import State

MOST = 100
REMEMBERED = 300.0  # seconds
FORGOTTEN = 10.0  # seconds until PingOne is asked again after it did not answer
PATIENCE = 5.0  # seconds that /Schemas waits for suggestions


class Suggestions:
    """What `/Schemas` suggests, by resource type and PingOne field."""

    def __init__(self, target: Target, state: State, *, page_size: int, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._page_size = page_size
        self._target = target

    def values(self, resource: str, native: str, populations: frozenset[str] | None) -> tuple[str, ...]:
        """Return values for a field of a resource type; none where nothing is known or PingOne does not say.

        `populations` are the only ones that the client is told of; None where it is told of all.
        """
        kind = kind_named(resource)
        collection = kind.points_at.get(native)
        if collection == POPULATIONS.collection and populations is not None:
            return tuple(sorted(populations))[:MOST]
        return kind.examples.get(native, ()) if collection is None else self._existing(self._target.of(collection))

    def _existing(self, collection: Collection) -> tuple[str, ...]:
        key = f"suggest:{collection.name}"
        held = self._state.get(key)
        if held is None:
            try:
                page = collection.page(Call(deadline=self._clock() + PATIENCE), limit=self._page_size)
            except PingOneError:
                # A suggestion is no promise: /Schemas stays readable, and quick, while PingOne is not.
                self._state.set(key, b"[]", FORGOTTEN)
                return ()
            held = orjson.dumps([record["id"] for record in page.records[:MOST]])
            self._state.set(key, held, REMEMBERED)
        return tuple(orjson.loads(held))
