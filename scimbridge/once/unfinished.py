"""What a create has still to set on the record that it made, so that its repetition sets that and nothing else.

PingOne may leave out at creation what afterwards has a call of its own. Between those calls a request may end; whoever
finds the record later must be able to tell what the create left open from what others have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from scimbridge.once.intents import REMEMBERED
from scimbridge.state.base import State


class Unfinished:
    """The open fields of new records of one collection, as long as their creates are remembered."""

    def __init__(self, state: State, kind: str) -> None:
        self._state = state
        self._kind = kind

    def note(self, key: str, held: Mapping[str, Any]) -> None:
        """Remember the fields that are still to be set, with what the new record holds in them."""
        self._state.set(self._name(key), orjson.dumps(dict(held)), REMEMBERED)

    def fields(self, key: str) -> dict[str, Any]:
        """Return the fields that a create left open, with what the record held in them then."""
        noted = self._state.get(self._name(key))
        return {} if noted is None else dict(orjson.loads(noted))

    def forget(self, key: str) -> None:
        """Forget a record: all is set, or it is taken back."""
        self._state.delete(self._name(key))

    def _name(self, key: str) -> str:
        return f"unfinished:{self._kind}:{key}"
