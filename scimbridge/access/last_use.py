"""When each secret was last used, so that a rotation can be ended: kept in the state that all nodes share.

A process writes a secret's time at most once a minute, so a time may be a minute old, and a request costs a look into
a dict. Knows clients and secrets by their names; no secret itself comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scimbridge.state.base import State, StateUnavailable

EVERY = 60.0
"""Seconds between two notes of one process about one secret."""
LIFE = 400 * 86_400.0
"""Seconds that a time is kept: longer than a year, in which most secrets are renewed."""

Used = tuple[str, str]
"""A client's name and the id of its secret."""


class LastUse:
    """Notes which secrets are used. `wall` is seconds since 1970; `trouble` hears when the state cannot be asked."""

    def __init__(self, state: State, *, wall: Callable[[], float], trouble: Callable[[Exception], object]) -> None:
        self._state = state
        self._wall = wall
        self._trouble = trouble
        self._noted: dict[Used, float] = {}  # of the clients' secrets alone, so it stays small

    def note(self, client: str, secret_id: str | None) -> None:
        """Note a use; without a secret there is nothing to note."""
        if secret_id is None:
            return
        now = self._wall()
        used = (client, secret_id)
        if abs(now - self._noted.get(used, float("-inf"))) < EVERY:
            return
        self._noted[used] = now
        try:
            self._state.set(_key(used), str(int(now)).encode(), LIFE)
        except StateUnavailable as error:
            self._trouble(error)


@dataclass(frozen=True, slots=True)
class LastUses:
    """When secrets were last used, seconds since 1970; one that is not there was not used as far as is known.

    `unknown` says why nothing is known at all, where that is so.
    """

    times: Mapping[Used, float]
    unknown: str | None = None


def read_last_uses(state: State, secrets: Sequence[Used]) -> LastUses:
    """Return when these secrets were last used, as far as the state holds it."""
    held = state.get_many([_key(used) for used in secrets]) if secrets else []
    if state.is_cut_off:
        return LastUses({}, "the shared state does not answer")
    return LastUses({used: float(value) for used, value in zip(secrets, held, strict=True) if value is not None})


def _key(used: Used) -> str:
    client, secret_id = used
    return f"used:{client}:{secret_id}"
