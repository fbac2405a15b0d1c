"""Values sealed before they leave the machine: who reads the shared state learns nothing, who writes it forges nothing.

AES-GCM under a key that the nodes share, bound to the key of the value. What does not open was not written by a node of
this bridge, or with another key: it counts as not there, and as a loss, since another value may have been there before.
Counters and locks hold nothing worth hiding and stay plain.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scimbridge.state.base import State

_NONCE = 12  # bytes, as AES-GCM wants


class Sealed(State):
    """Another state whose values are sealed. `key` are 32 bytes; `random` gives as many random bytes as it is asked."""

    def __init__(self, state: State, key: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._state = state
        self._cipher = AESGCM(key)
        self._random = random

    @property
    def is_cut_off(self) -> bool:
        """Whether other nodes do not see what is kept here."""
        return self._state.is_cut_off

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return self._open(key, self._state.get(key))

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""
        self._state.set(key, self._seal(key, value), ttl)

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none."""
        if self._state.add(key, self._seal(key, value), ttl):
            return True
        held = self._state.get(key)
        if held is None or self._open(key, held) is not None:
            return False
        self._state.delete(key)
        return self._state.add(key, self._seal(key, value), ttl)

    def delete(self, key: str) -> None:
        """Forget the value."""
        self._state.delete(key)

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum."""
        return self._state.incr(key, by, ttl)

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return what `get` returns for each key."""
        return [self._open(key, held) for key, held in zip(keys, self._state.get_many(keys), strict=True)]

    def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep several values."""
        self._state.set_many({key: self._seal(key, value) for key, value in values.items()}, ttl)

    def take(self, key: str, owner: str, ttl: float, wait: float) -> bool:
        """Take a lock."""
        return self._state.take(key, owner, ttl, wait)

    def renew(self, key: str, owner: str, ttl: float) -> bool:
        """Hold a lock for longer."""
        return self._state.renew(key, owner, ttl)

    def release(self, key: str, owner: str) -> None:
        """Free a lock."""
        self._state.release(key, owner)

    def intact(self) -> float:
        """Return for how many seconds nothing was lost."""
        return self._state.intact()

    def note_loss(self) -> None:
        """Have it known that what was kept until now may be gone."""
        self._state.note_loss()

    def keys(self) -> Sequence[str]:
        """Return under what keys values are left."""
        return self._state.keys()

    def _seal(self, key: str, value: bytes) -> bytes:
        nonce = self._random(_NONCE)
        return nonce + self._cipher.encrypt(nonce, value, key.encode())

    def _open(self, key: str, held: bytes | None) -> bytes | None:
        if held is None:
            return None
        try:
            return self._cipher.decrypt(held[:_NONCE], held[_NONCE:], key.encode())
        except (InvalidTag, ValueError):
            self._state.note_loss()
            return None
