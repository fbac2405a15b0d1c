"""Whether this node can work with PingOne at present, for whoever decides to send it requests.

Knows the circuit and the token. Looks by itself where nobody else does, at most once in a few seconds: a node that is
sent no requests because it is not ready would else never learn that it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from scimbridge.pingone.errors import BadCredentials, NoPermission, PingOneError
from scimbridge.pingone.sending.circuit import Circuit
from scimbridge.pingone.sending.token import WithToken

PATIENCE = 3.0  # seconds that a look for a token takes at most
AGAIN = 5.0  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Readiness:
    """`pingone`: "reachable" or "not reachable". `token`: "valid", "refused" or "none"."""

    pingone: str
    token: str

    @property
    def is_ready(self) -> bool:
        """Whether requests would be carried out."""
        return self.pingone == "reachable" and self.token == "valid"  # noqa: S105 - a word, not a token


class Outlook:
    """Tells the standing. `clock` counts seconds."""

    def __init__(self, circuit: Circuit, token: WithToken, clock: Callable[[], float]) -> None:
        self._circuit = circuit
        self._token = token
        self._clock = clock
        self._looking = threading.Lock()
        self._next = float("-inf")
        self._seen = "none"

    def look(self) -> Readiness:
        """Return how things stand; asks PingOne for a token where there is none and nobody has asked lately."""
        if self._circuit.is_known_down:
            return Readiness("not reachable", "valid" if self._token.is_valid else "none")
        if self._token.is_valid:
            return Readiness("reachable", "valid")
        if self._looking.acquire(blocking=False):
            try:
                if self._clock() >= self._next:
                    self._seen = self._ask()
                    self._next = self._clock() + AGAIN
            finally:
                self._looking.release()
        return Readiness("not reachable" if self._seen == "none" else "reachable", self._seen)

    def _ask(self) -> str:
        try:
            self._token.obtain(self._clock() + PATIENCE)
        except (BadCredentials, NoPermission):
            return "refused"
        except PingOneError:
            return "none"
        return "valid"
