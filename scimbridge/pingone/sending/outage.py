"""What the processes of one bridge tell each other of PingOne: that it is down, until it is found up again.

One value in the state that nodes share: there while PingOne is down. It ends by itself when nobody has called, and so
nobody has looked, for a while. Knows no calls and no clock.
"""

from __future__ import annotations

import hashlib

from scimbridge.state.base import State

_LIFE = 10.0  # seconds: longer than a probe that hangs and the rest before the next one


class SharedOutage:
    """The news about one environment; `name` tells it from others in the same state."""

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self._key = f"pingone:circuit:{hashlib.sha256(name.encode()).hexdigest()[:32]}"

    def is_open(self) -> bool | None:
        """Return whether PingOne is said to be down; None while nothing can be heard of the others."""
        told = self._state.get(self._key) is not None
        return None if self._state.is_cut_off else told

    def tell_open(self) -> None:
        """Say that PingOne is down."""
        self._state.set(self._key, b"open", ttl=_LIFE)

    def tell_closed(self) -> None:
        """Say that PingOne has answered."""
        self._state.delete(self._key)
