"""Values that PingOne would take, for /Schemas to suggest where it refuses random text (RFC 7643 §7 canonicalValues).

They are suggestions and no limit. What exists in the environment is asked for once in a while and shared.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.fields import EXAMPLES
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target
from scimbridge.state.base import State

MOST = 100
REMEMBERED = 300.0  # seconds


class Suggestions:
    """What `/Schemas` suggests, by resource type and PingOne field."""

    def __init__(self, target: Target, state: State, *, page_size: int) -> None:
        self._state = state
        self._page_size = page_size
        self._collections: Mapping[str, Collection] = {
            "population.id": target.populations,
            "identityProvider.id": target.identity_providers,
        }

    def values(self, resource: str, native: str) -> tuple[str, ...]:
        """Return values for a field of a resource type; none where nothing is known or PingOne does not say."""
        fixed = EXAMPLES.get((resource, native))
        if fixed is not None:
            return fixed
        collection = self._collections.get(native)
        return () if collection is None else self._existing(collection)

    def _existing(self, collection: Collection) -> tuple[str, ...]:
        key = f"suggest:{collection.name}"
        held = self._state.get(key)
        if held is None:
            try:
                page = collection.page(Call(), limit=self._page_size)
            except PingOneError:
                return ()  # a suggestion is no promise: /Schemas stays readable while PingOne is not
            held = orjson.dumps([record["id"] for record in page.records[:MOST]])
            self._state.set(key, held, REMEMBERED)
        return tuple(orjson.loads(held))
