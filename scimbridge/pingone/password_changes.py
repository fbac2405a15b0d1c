"""Whether a password was changed by a call whose answer was lost (docs/pingone.md §10, §15.3).

PingOne's history may refuse the same password again, so a repetition that is refused says nothing by itself: what
counts is `lastChangedAt`. It is held against the one that was told before; where none was told, against the time at
which the call went out, by PingOne's own clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from cachetools import LRUCache

from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.send import Call, Json, Request, Response, Send
from scimbridge.pingone.settling import Look

CHANGED = "lastChangedAt"
MOST = 10_000  # users of whom the last change is remembered
SECOND = 1.0  # what the Date of an answer leaves open
FRESH = 5.0  # seconds for which nobody else is thought to have changed what was just told


class WithPasswordChanges:
    """A layer that remembers when passwords were changed, as far as PingOne tells it. `clock` counts seconds."""

    def __init__(self, send: Send, *, clock: Callable[[], float]) -> None:
        self._send = send
        self._clock = clock
        self._guard = threading.Lock()
        self._told: LRUCache[str, tuple[str, float]] = LRUCache(MOST)

    def __call__(self, request: Request, call: Call) -> Response:
        """Send. Raises what the layers below raise."""
        response = self._send(request, call)
        if request.path.endswith("/password"):
            self._note(request.path, response.body.get(CHANGED))
        return response

    def watch(self, path: str, call: Call) -> Look:
        """Return what looks whether a password is changed by a call that is sent after this.

        `path` is the password's. What is not sure from the time is sent again, and where PingOne then refuses it as a
        password or a code that was used, it was set before.
        """
        began = self._clock()
        with self._guard:
            before, told_at = self._told.get(path.lower(), (None, began))

        def look(error: PingOneError) -> Json | None:
            least = self._clock() - began
            response = self._send(Request("GET", path), call)
            changed = response.body.get(CHANGED)
            if not isinstance(changed, str) or changed == before:
                return None
            verdict = _is_later(changed, response.server_date, least, self._clock() - began)
            if verdict is None and before is not None and began - told_at < FRESH:
                verdict = True
            if verdict is None and not error.maybe_done:
                verdict = _was_used(error)
            if verdict:
                self._note(path, changed)
            return response.body if verdict else None

        return look

    def _note(self, path: str, changed: object) -> None:
        if isinstance(changed, str):
            with self._guard:
                self._told[path.lower()] = changed, self._clock()


def _is_later(changed: str, now: float | None, least: float, most: float) -> bool | None:
    """Whether a password was changed after a call went out, `least` to `most` seconds ago; None: it cannot be said.

    `now` is what PingOne's own clock says, in whole seconds.
    """
    try:
        moment = datetime.fromisoformat(changed)
    except ValueError:
        return None
    if now is None:
        return None
    at = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    if at + (0.0 if moment.microsecond else SECOND) < now - most:
        return False
    return True if at >= now + SECOND - least else None


def _was_used(error: PingOneError) -> bool:
    """Whether a refusal is what a change that was carried out before would lead to. Raises any other failure."""
    if not error.faults:
        raise error
    return any(
        fault.code in ("UNIQUENESS_VIOLATION", "CONSTRAINT_VIOLATION", "INVALID_OTP") or fault.target == "recoveryCode"
        for fault in error.faults
    )
