"""The retry layer: repeats what is safe to repeat, waits as PingOne asks, and never past the deadline.

Knows which methods may be sent twice and what a lost answer means (docs/pingone.md §9). Knows nothing of
connections or tokens. A POST whose answer was lost is not repeated here: Unreachable with `maybe_done`
goes to the caller, who alone can tell whether it was done. What was repeated after a lost answer is
marked (`repeated`), and a DELETE that then finds nothing has reached its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scimbridge.pingone.errors import Misconfigured, NotThere, OutOfTime, PingOneError, Throttled, Unreachable
from scimbridge.pingone.send import Call, Request, Response, Send
from scimbridge.pingone.sending.pauses import is_long

_FIRST = 0.2
_LONGEST = 30.0
_TRIES = 6
_TRIES_THROTTLED = 10
_TOO_MANY = 429
_DONE = 204


class WithRetry:
    """Up to 6 tries, 10 where PingOne only says 429; waits grow from 0.2 s by doubling, with jitter.

    `sleep` takes seconds; `random` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        send: Send,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._send = send
        self._clock = clock
        self._sleep = sleep
        self._random = random

    def __call__(self, request: Request, call: Call) -> Response:
        """Send until there is an answer. Raises the last error, or OutOfTime or Throttled at the deadline."""
        lost = False
        attempt = 1
        while True:
            try:
                response = self._send(request, call)
            except PingOneError as error:
                if lost and request.method == "DELETE" and isinstance(error, NotThere):
                    return Response(_DONE, repeated=True)
                error.repeated = lost
                lost = error.maybe_done = lost or error.maybe_done
                if not _worth_repeating(request, error, attempt, lost=lost):
                    raise
                failure = error
            else:
                return replace(response, repeated=True) if lost else response
            self._pause(failure, attempt, call.deadline)
            attempt += 1
            request = replace(request, attempt=attempt)

    def _pause(self, error: PingOneError, attempt: int, deadline: float) -> None:
        seconds, now = self._choose_wait(error, attempt), self._clock()
        if now + seconds >= deadline or is_long(error.retry_after or 0.0, now, deadline):
            raise _out_of_time(error, seconds) from error
        self._sleep(seconds)

    def _choose_wait(self, error: PingOneError, attempt: int) -> float:
        if error.retry_after is not None:
            return min(_LONGEST, error.retry_after + 0.1 * self._random())
        return min(_LONGEST, _FIRST * 2.0 ** (attempt - 1)) * (0.5 + 0.5 * self._random())


def _worth_repeating(request: Request, error: PingOneError, attempt: int, *, lost: bool) -> bool:
    if request.once:
        return False
    if isinstance(error, Throttled):
        # Without a status it was our own rate layer, which has already waited as long as it could.
        return error.status == _TOO_MANY and attempt < _TRIES_THROTTLED
    if not isinstance(error, Unreachable) or isinstance(error, Misconfigured) or attempt >= _TRIES:
        return False
    return request.safe_to_repeat or not lost


def _out_of_time(error: PingOneError, seconds: float) -> PingOneError:
    """Return the error that says when to come back, as Throttled where PingOne asked to slow down."""
    kind = Throttled if isinstance(error, Throttled) else OutOfTime
    late = kind(
        error.message,
        status=error.status,
        code=error.code,
        faults=error.faults,
        correlation=error.correlation,
        retry_after=max(seconds, error.retry_after or 0.0),
        server_date=error.server_date,
        maybe_done=error.maybe_done,
    )
    late.repeated, late.host = error.repeated, error.host
    return late
