"""What a failure of PingOne's means for an apply: wait and look again, give the line up, or stop altogether.

Nobody waits for an answer here, so that what passes is waited for: an open circuit, a pause that PingOne asks for.
Knows the errors of calls, and nothing of lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scimbridge.pingone.errors import BadCredentials, CircuitOpen, PingOneError, Throttled
from scimbridge.scim.errors import ScimError

TRIES = 3  # of a line that fails for no reason of its own, each with the repetitions of every call
PAUSE, LONGEST = 1.0, 5.0  # seconds: at least and at most between two looks
_SERVER_FAULT = 500
_TOO_MANY = 429
_LOOK_AGAIN = (404, 412)  # it is gone or changed since it was read: the next look tells


class Halted(Exception):
    """Nothing more is to be begun; the sentence says why."""


@dataclass(slots=True)
class LinePatience:
    """How often one line has failed so far; `halted` says why nothing more is to be begun, "" where it may be.

    `is_down`: whether the circuit is open. `tell` hears why nothing goes on.
    """

    halted: Callable[[], str]
    is_down: Callable[[], bool]
    sleep: Callable[[float], None]
    tell: Callable[[str], None]
    failures: int = 0

    def wait(self, error: ScimError | PingOneError) -> bool:
        """Wait for what may pass; return False where the line is to be given up. Raises `Halted`."""
        chain = list(_chain(error))
        if any(isinstance(each, BadCredentials) for each in chain):
            raise Halted("PingOne refuses the credentials of the bridge; `scimbridge check` says what to do") from error
        if why := self.halted():
            raise Halted(why) from error
        status = error.status
        passing = not 0 < status < _SERVER_FAULT or status == _TOO_MANY
        if passing and (self.is_down() or any(isinstance(each, CircuitOpen) for each in chain)):
            return self._pause("PingOne does not answer at present; waiting for it", _asked(chain))
        if any(isinstance(each, Throttled) for each in chain):
            return self._pause("PingOne has asked for a pause; waiting", _asked(chain))
        if status in _LOOK_AGAIN:
            self.failures += 1
            return self.failures < TRIES
        if not passing:
            return False
        self.failures += 1
        return self.failures < TRIES and self._pause("", PAUSE)

    def _pause(self, why: str, seconds: float) -> bool:
        if why:
            self.tell(why)
        self.sleep(min(LONGEST, max(PAUSE, seconds)))
        return True


def _chain(error: BaseException | None) -> Iterator[PingOneError]:
    """Yield the failures of calls that an error was made from, itself among them."""
    while error is not None:
        if isinstance(error, PingOneError):
            yield error
        error = error.__cause__


def _asked(chain: list[PingOneError]) -> float:
    return next((each.retry_after for each in chain if each.retry_after is not None), PAUSE)
