"""What the token endpoint said no to is not asked again at once: 5 seconds, doubling to 60, for all who share a state.

A refusal, by the endpoint or by the API of a token that was fresh, and a pause that the endpoint asks for are
remembered; until they are over, whoever wants a token hears the same without a call. An endpoint that does not answer
is the circuit's. Knows times and errors of the token endpoint; the secret is part of `name` only as a digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from scimbridge.pingone.causes import facts_of
from scimbridge.pingone.errors import BadCredentials, NoToken, PingOneError, Throttled, Unreachable
from scimbridge.pingone.sending.conditions import PAUSED, TOKEN, Conditions
from scimbridge.pingone.sending.pauses import SHORT
from scimbridge.state.base import State

API, ENDPOINT = "API", "token endpoint"
"""Who refuses, or asks for a pause: what the facts of a condition have as `by`."""
FIRST, LONGEST = 5.0, 60.0  # seconds for which a refusal holds
_BUSY = 1.0  # the first, where the endpoint asks for a pause and not for how long
_LONGEST_PAUSE = 3600.0
_REMEMBERED = 120.0  # seconds after its end in which the next refusal counts as one more
_KINDS: Mapping[str, type[PingOneError]] = {
    kind.__name__: kind for kind in (BadCredentials, NoToken, Throttled, Unreachable)
}

Fetch = Callable[[float], tuple[str, float]]


class TokenRefusals:
    """The last refusal, and a way to fetch a token that heeds it. `wall` is seconds since 1970."""

    def __init__(
        self, fetch: Fetch, state: State, name: str, conditions: Conditions, *, wall: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._conditions = conditions
        self._state = state
        self._key = f"pingone:refusal:{name}"
        self._wall = wall
        self._seen: tuple[bytes | None, float] = (None, float("-inf"))  # what was read last, and when it ends for us

    def fetch(self, deadline: float) -> tuple[str, float]:
        """Fetch a token. Raises what the endpoint said before, while that holds."""
        held = self._read()
        if held is not None and (left := self._left(held)) > 0:
            raise _error(held, left)
        try:
            fetched = self._fetch(deadline)
        except NoToken as error:
            self.note(error)
            # Not grave yet: there may be a token that is good for a while.
            self._conditions.note(TOKEN, {**facts_of(error), "by": ENDPOINT}, grave=False)
            raise
        except (Throttled, Unreachable) as error:
            if error.retry_after is not None or isinstance(error, Throttled):
                self._note_pause(error)
            raise
        if held is None or held["kind"] != BadCredentials.__name__:
            self._end(held)
        return fetched  # what the API refused is over when the API takes a token

    def note(self, error: BadCredentials) -> None:
        """Remember a refusal, and write into it for how long."""
        error.retry_after = self._remember(error, FIRST, LONGEST)

    def _end(self, held: Mapping[str, Any] | None) -> None:
        if held is not None:
            self.forget()
        refused = self._conditions.standing(fresh=True).get(TOKEN)
        if refused is not None and refused.facts.get("by") != API:
            self._conditions.end(TOKEN)

    @property
    def is_held(self) -> bool:
        """Whether anything is remembered: who fetches a token, on whichever node, makes all forget it."""
        return self._state.get(self._key) is not None

    def forget(self) -> None:
        """Let the endpoint be asked at once."""
        self._state.delete(self._key)

    def _note_pause(self, error: PingOneError) -> None:
        if not error.retry_after:  # also a date that is over, or 0
            error.retry_after = self._remember(error, _BUSY, LONGEST)
        else:
            self._keep(error, min(error.retry_after, _LONGEST_PAUSE))
            if error.retry_after > SHORT:
                facts = {**facts_of(error), "pause": round(error.retry_after), "by": ENDPOINT}
                self._conditions.note(PAUSED, facts, grave=False)

    def _remember(self, error: PingOneError, first: float, longest: float) -> float:
        held = self._read()
        wait = first
        if held is not None and held["kind"] == _kind_of(error):
            # Refusals that were under way together are one.
            wait = held["wait"] if self._left(held) > 0 else min(longest, 2 * held["wait"])
        self._keep(error, wait)
        return wait

    def _keep(self, error: PingOneError, wait: float) -> None:
        held = {
            "kind": _kind_of(error),
            "wait": wait,
            "until": self._wall() + wait,
            "message": error.message,
            "status": error.status,
            "code": error.code,
            "correlation": error.correlation,
            "host": error.host,
        }
        self._state.set(self._key, orjson.dumps(held), ttl=wait + _REMEMBERED)

    def _read(self) -> dict[str, Any] | None:
        """Return what is remembered, with its end by the clock of this node."""
        kept = self._state.get(self._key)
        if kept is None:
            return None
        held: dict[str, Any] = orjson.loads(kept)
        seen, until = self._seen
        if kept != seen:
            # The clock of the node that wrote it may be ahead: nobody waits for longer than was said.
            until = min(held["until"], self._wall() + held["wait"])
            self._seen = kept, until
        return {**held, "until": until}

    def _left(self, held: Mapping[str, Any]) -> float:
        return float(held["until"]) - self._wall()


def _kind_of(error: PingOneError) -> str:
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _KINDS)


def _error(held: Mapping[str, Any], left: float) -> PingOneError:
    error = _KINDS[held["kind"]](
        held["message"],
        status=held["status"],
        code=held["code"],
        correlation=held["correlation"],
        retry_after=left,
    )
    error.host = held["host"]
    return error
