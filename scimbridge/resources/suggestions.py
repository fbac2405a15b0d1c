"""Values that PingOne would take, for /Schemas to suggest where it refuses random text (RFC 7643 §7 canonicalValues).

They are suggestions and no limit. What exists in the environment is asked for once in a while and shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.fields import EXAMPLES
from scimbridge.pingone.send import Call
from scimbridge.reach.unconfined import Unconfined, UnconfinedRecords
from scimbridge.state.base import State

MOST = 100
REMEMBERED = 300.0  # seconds
FORGOTTEN = 10.0  # seconds until PingOne is asked again after it did not answer
_POPULATION = "population.id"
PATIENCE = 5.0  # seconds that /Schemas waits for suggestions


class Suggestions:
    """What `/Schemas` suggests, by resource type and PingOne field."""

    def __init__(self, whole: Unconfined, state: State, *, page_size: int, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._page_size = page_size
        self._collections: Mapping[str, UnconfinedRecords] = {
            _POPULATION: whole.populations,
            "identityProvider.id": whole.identity_providers,
        }

    def values(self, resource: str, native: str, populations: frozenset[str] | None) -> tuple[str, ...]:
        """Return values for a field of a resource type; none where nothing is known or PingOne does not say.

        `populations` are the only ones that the client is told of; None where it is told of all.
        """
        if native == _POPULATION and populations is not None:
            return tuple(sorted(populations))[:MOST]
        fixed = EXAMPLES.get((resource, native))
        if fixed is not None:
            return fixed
        collection = self._collections.get(native)
        return () if collection is None else self._existing(collection)

    def _existing(self, collection: UnconfinedRecords) -> tuple[str, ...]:
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
