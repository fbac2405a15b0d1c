"""Whether this node can work with PingOne at present, for whoever decides to send it requests.

What is known of the last calls of all processes of the node decides. Where that is bad, or nothing is known, it looks
by itself with one call, at most once in a few seconds: a node that is sent no requests because it is not ready would
else never learn that it is. Knows conditions, circuit and token.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from scimbridge.pingone.causes import describe, find
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.send import Call, Request
from scimbridge.pingone.sending.conditions import CIRCUIT, FORBIDDEN, PAUSED, TOKEN, UNREACHABLE
from scimbridge.pingone.sending.connect import Connection
from scimbridge.pingone.sending.outcomes import LOOKING

PATIENCE = 3.0  # seconds that a look takes at most
AGAIN = 5.0  # seconds between two looks
AT_ONCE = 0.08  # seconds that all others who ask wait for a look
_LOOK = Request("GET", "/users", (("limit", "1"),))
_MAY_NOT_READ = f"{FORBIDDEN}GET /users"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`pingone`: "reachable", "pausing" or "not reachable". `token`: "valid", "refused", "without rights" or "none".

    "pausing": PingOne has asked to be left alone for a while, and clients are told so.
    """

    pingone: str
    token: str

    @property
    def is_ready(self) -> bool:
        """Whether requests would be carried out, or told when to come back."""
        return self.pingone != "not reachable" and self.token == "valid"  # noqa: S105 - a word, not a token


def _in_background(look: Callable[[], None]) -> None:
    threading.Thread(target=look, name="readiness", daemon=True).start()


class Outlook:
    """Tells the standing. `clock` counts seconds; `run` is how a look is made without waiting for it."""

    def __init__(
        self,
        connection: Connection,
        clock: Callable[[], float],
        run: Callable[[Callable[[], None]], None] = _in_background,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._run = run
        self._guard = threading.Lock()
        self._looked = threading.Event()
        self._next = self._seen_at = float("-inf")

    def look(self) -> Readiness:
        """Return how things stand as far as is known."""
        if not self._connection.circuit.is_known_down and not self._is_well():
            self._look_again()
        self._connection.send.settle()
        return self._tell()

    def look_now(self) -> tuple[Readiness, str]:
        """Make one call now, whatever was refused before. Return how things stand and, if it failed, why."""
        self._connection.refusals.forget()
        cause = self._call()
        return self._tell(), cause

    def _is_well(self) -> bool:
        """Whether all that is known is good."""
        standing, send = self._connection.conditions.standing(), self._connection.send
        if not self._connection.token.is_valid or send.failed_at > send.answered_at:
            return False
        if any(condition.grave for condition in standing.values()):
            return False
        if any(what.startswith(FORBIDDEN) for what in standing):
            # One call that is not allowed says little, as long as others are.
            return _MAY_NOT_READ not in standing and send.allowed_at >= self._clock() - AGAIN
        return True

    def _look_again(self) -> None:
        """Have a look made, unless there was one lately, and wait for it as long as is fitting.

        Only who begins the first one waits for what it finds: the threads that answer for health are few.
        """
        with self._guard:
            begins = self._clock() >= self._next
            if begins:
                self._next = self._clock() + AGAIN
                self._looked = threading.Event()
                self._run(self._call_and_say)
            looked = self._looked
        looked.wait(PATIENCE if begins and self._is_new() else AT_ONCE)

    def _is_new(self) -> bool:
        return self._seen_at == float("-inf") == self._connection.send.answered_at

    def _call_and_say(self) -> None:
        looked = self._looked
        try:
            self._call()
        finally:
            self._seen_at = self._clock()
            looked.set()

    def _call(self) -> str:
        try:
            self._connection(_LOOK, Call(deadline=self._clock() + PATIENCE, client=LOOKING))
        except PingOneError as error:
            return describe(find(error) or error)
        return ""

    def _tell(self) -> Readiness:
        standing, token = self._connection.conditions.standing(fresh=True), self._connection.token
        down = self._connection.circuit.is_known_down or CIRCUIT in standing or UNREACHABLE in standing
        if TOKEN in standing and (standing[TOKEN].grave or not token.is_valid):
            told = "refused"
        elif _MAY_NOT_READ in standing:
            told = "without rights"
        else:
            told = "valid" if token.is_valid else "none"
        if down or told == "none":
            return Readiness("not reachable", told)
        return Readiness("pausing" if PAUSED in standing else "reachable", told)
