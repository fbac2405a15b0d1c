"""The circuit: when PingOne is down, calls fail at once instead of filling every thread.

Knows only whether calls ended well. Opens when failures come in an unbroken row that is long enough in
number and in time (a blip is left to the retries), or when several calls hang and nothing has been heard
for a while. While it is open, one call at a time is let through to see; the first answer of any call
closes it. Other calls of the same request wait for what that one finds, those of other requests fail at once.

Where processes tell each other (`news`), an opening is taken over by those who have heard nothing good for a
second, and the first of them that gets an answer closes it for all. Who has just had an answer knows better.

What counts as a failure is Unreachable, save a 500 that PingOne itself worded: that is about one request,
and a client that keeps sending a poisoned one must not shut out the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from scimbridge.pingone.causes import facts_of
from scimbridge.pingone.errors import CircuitOpen, OutOfTime, PingOneError, Throttled, Unreachable
from scimbridge.pingone.send import Call, Request, Response, Send
from scimbridge.pingone.sending.outage import SharedOutage
from scimbridge.pingone.sending.siblings import Siblings

_OWN_FAULT = 500
_LOOK = 0.5  # seconds between two looks at the news
_FRESH = 1.0  # seconds for which an answer says more than the news
T = TypeVar("T")


_BY_OTHERS: Mapping[str, Any] = {"cause": "another process gets no answer"}


class Circuit:
    """The memory of how calls ended, for all threads of a process. Times in seconds.

    `threshold` failures in a row over at least `patience` open it, and so do `hanging` calls of which none
    is answered for `stall`. A probe goes `rest` after the last one failed; one that hangs stops counting
    after `stall`.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        threshold: int = 8,
        patience: float = 0.5,
        rest: float = 1.0,
        hanging: int = 8,
        stall: float = 4.0,
        news: SharedOutage | None = None,
        opened: Callable[[Mapping[str, Any]], None] = lambda _last: None,
    ) -> None:
        """Tell `opened` when it opens, with the facts of the last failure that was seen here."""
        self._clock = clock
        self._threshold = threshold
        self._patience = patience
        self._rest = rest
        self._hanging = hanging
        self._stall = stall
        self._lock = threading.Lock()
        self._pending: dict[object, float] = {}
        self._failures = 0
        self._failing_since = 0.0
        self._heard_at = clock()
        self._next_probe: float | None = None
        self._probe: object = None
        self._outcome = threading.Event()  # of the probe that is under way
        self._siblings = Siblings()
        self._news = news
        self._look_at = float("inf") if news is None else float("-inf")
        self._well_at = float("-inf")
        self._posted = False
        self._opened = opened
        self._said_open = False
        self._last: Mapping[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether calls fail at once at present."""
        return self._next_probe is not None

    @property
    def is_known_down(self) -> bool:
        """Whether it is open and somebody has looked lately.

        A node that is sent no requests while it says so makes no probe: without this it would never be ready again.
        """
        due = self._next_probe
        return due is not None and self._clock() < due + self._stall

    def check(self, call: Call | None = None) -> None:
        """Raise CircuitOpen, with the seconds until the next probe, unless a call may be tried now.

        Where one of the same request has gone to see, this waits for what it finds.
        """
        self._look()
        if self._next_probe is None and len(self._pending) < self._hanging and not self._siblings:
            return
        self._pass(call, None)

    def is_hopeless(self, waited: float) -> bool:
        """Whether a call that has waited so many seconds is to be given up, so that its thread is free.

        Opens the circuit where so many calls hang that PingOne itself must hang.
        """
        if waited < self._stall:
            return False
        self._look()
        if self._next_probe is None and len(self._pending) < self._hanging:
            return False
        with self._lock:
            now = self._clock()
            if self._next_probe is None and self._hangs(now):
                self._next_probe = now
            hopeless = self._next_probe is not None
        self._post()
        return hopeless

    def attempt(self, act: Callable[[], T], call: Call | None = None) -> T:
        """Do it and remember how it ended. Raises CircuitOpen, and what it raises itself.

        A failure that has changed nothing, seen while the circuit is open, is told as CircuitOpen, so that
        the caller is let go at once and does not wait to try again.
        """
        ticket = self.enter(call)
        try:
            result = act()
        except PingOneError as error:
            self.leave(ticket, failed=_judge(error), error=error)
            if self.is_open and type(error) is Unreachable and not error.maybe_done:
                raise self._open(self._rest) from error
            raise
        except BaseException:
            self.leave(ticket, failed=None)
            raise
        self.leave(ticket, failed=False)
        return result

    def enter(self, call: Call | None = None) -> object:
        """Let a call through and return its ticket, or raise CircuitOpen."""
        self._look()
        ticket = object()
        self._pass(call, ticket)
        return ticket

    def _pass(self, call: Call | None, ticket: object) -> None:
        """Let a call pass, with a ticket if it is to be sent at once. Raises CircuitOpen."""
        until = float("inf") if call is None else call.deadline
        while True:
            with self._lock:
                now = self._clock()
                outcome = self._check(now, None if call is None else call.origin)
                if outcome is None and ticket is not None:
                    if self._next_probe is not None:
                        self._probe, self._outcome = ticket, threading.Event()
                    self._pending[ticket] = now
            if outcome is None:
                return self._say()
            until = min(until, now + self._stall)
            if now >= until or not outcome.wait(until - now):
                raise self._open(self._rest)

    def leave(self, ticket: object, *, failed: bool | None, error: PingOneError | None = None) -> None:
        """Tell how the call ended: badly, well, or (None) in a way that says nothing about PingOne."""
        with self._lock:
            self._pending.pop(ticket, None)
            if ticket is self._probe:
                self._outcome.set()
            if failed is None:
                return
            now = self._clock()
            self._heard_at = now
            if failed:
                self._last = {} if error is None else facts_of(error)
                self._count_failure(now, was_probe=ticket is self._probe)
            else:
                self._failures = 0
                self._next_probe, self._last = None, {}
                self._well_at = now
                self._siblings.forget_admitted()
                self._outcome.set()
        self._post(again=failed and ticket is self._probe)

    def _post(self, *, again: bool = False) -> None:
        """Tell the others when the circuit has opened or closed, and `again` that it is still open."""
        self._say()
        if self._news is None or (self.is_open is self._posted and not again):
            return
        self._posted = is_open = self.is_open
        self._look_at = self._clock() + _LOOK
        if is_open:
            self._news.tell_open()
        else:
            self._news.tell_closed()

    def _say(self) -> None:
        """Say once that the circuit has opened."""
        is_open = self.is_open
        if is_open is not self._said_open:
            self._said_open = is_open
            if is_open:
                self._opened(self._last)

    def _look(self) -> None:
        """Look now and then whether another process has found PingOne down, or up again."""
        if self._news is None or (now := self._clock()) < self._look_at:
            return
        self._look_at = now + _LOOK
        told = self._news.is_open()
        with self._lock:
            if told is None or told == self.is_open:
                self._posted = self.is_open
            elif not told and self._posted:
                self._next_probe, self._posted = None, False
            elif told and now - self._well_at >= _FRESH:
                # Somebody should see for himself, and at once: it may be the other one's line that is down.
                self._next_probe, self._posted = now, True
                self._last = self._last or _BY_OTHERS

    def _count_failure(self, now: float, *, was_probe: bool) -> None:
        if not self._failures:
            self._failing_since = now
        self._failures += 1
        if self._next_probe is not None:
            # Calls from before the circuit opened may still fail; they do not put off the next probe.
            if was_probe:
                self._next_probe = now + self._rest
                self._siblings.forget_admitted()
        elif self._failures >= self._threshold and now - self._failing_since >= self._patience:
            self._next_probe = now + self._rest

    def _check(self, now: float, request: object) -> threading.Event | None:
        """Return None where a call may pass, or what it has to wait for. Raises CircuitOpen."""
        if self._next_probe is None:
            if self._siblings.is_refused(request, now):
                raise self._open(self._rest)
            if not self._hangs(now):
                return None
            self._next_probe = now
        probing_since = self._pending.get(self._probe)
        if probing_since is not None and now - probing_since < self._stall:
            if self._siblings.is_admitted(request):
                return self._outcome
            self._siblings.refuse(request, now)
            raise self._open(self._rest)
        if now < self._next_probe or self._siblings.is_refused(request, now):
            self._siblings.refuse(request, now)
            raise self._open(max(self._next_probe - now, 0.0))
        self._siblings.admit(request)
        return None

    def _hangs(self, now: float) -> bool:
        if len(self._pending) < self._hanging:
            return False
        oldest = next(iter(self._pending.values()))
        return now - max(oldest, self._heard_at) >= self._stall

    def _open(self, seconds: float) -> CircuitOpen:
        cause = self._last.get("cause")
        text = "PingOne does not answer at present"
        return CircuitOpen(f"{text}: circuit open{f' ({cause})' if cause else ''}", retry_after=seconds)


class WithCircuit:
    """Lets calls through while the circuit is closed and tells it how they ended."""

    def __init__(self, send: Send, circuit: Circuit) -> None:
        self._send = send
        self._circuit = circuit

    def __call__(self, request: Request, call: Call) -> Response:
        """Send, or raise CircuitOpen."""
        return self._circuit.attempt(lambda: self._send(request, call), call)


class WithGuard:
    """Fails at once while the circuit is open, before a call queues for its turn."""

    def __init__(self, send: Send, circuit: Circuit) -> None:
        self._send = send
        self._circuit = circuit

    def __call__(self, request: Request, call: Call) -> Response:
        """Send, or raise CircuitOpen."""
        self._circuit.check(call)
        return self._send(request, call)


def _judge(error: PingOneError) -> bool | None:
    if isinstance(error, Unreachable):
        return None if error.status == _OWN_FAULT and error.code else True
    if isinstance(error, OutOfTime):
        return None
    # Every other answer, also a refusal or a 429, is a sign of life.
    return None if isinstance(error, Throttled) and not error.status else False
