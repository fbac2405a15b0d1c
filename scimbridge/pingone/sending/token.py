"""The token layer: every request carries an access token, and tokens are fetched as rarely as possible.

Knows tokens and their times. Knows nothing of how they are asked for (token_endpoint.py) or of the calls that pass
through. A token lives in this process, and in `state` for other workers; it is renewed ahead of its end by
whichever thread comes first, while the others go on with the old one. A token is in no message and no repr.
"""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import orjson

from scimbridge.pingone.errors import BadCredentials, NoPermission, NoToken, OutOfTime, PingOneError
from scimbridge.pingone.send import Call, Request, Response, Send
from scimbridge.pingone.sending.token_endpoint import token_fault
from scimbridge.state.base import State

_AHEAD = 300.0  # seconds before its end, or a fifth of a short life
_AHEAD_PART = 0.2
_AHEAD_TRY = 5.0  # how long one request may be held up by a renewal that is not needed yet
_AHEAD_AGAIN = 10.0
_LOCK_LIFE = 30.0
_LOCK_WAIT = 10.0
_TRIES = 3


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token. By the local clock it is renewed from `renew_at` and useless from `ends_at`."""

    value: str = field(repr=False)
    renew_at: float
    ends_at: float
    headers: tuple[tuple[str, str], ...] = field(repr=False)


class WithToken:
    """Adds the Authorization; on 401 renews once for all threads and repeats (docs/pingone.md §1.2)."""

    def __init__(
        self,
        send: Send,
        fetch: Callable[[float], tuple[str, float]],
        state: State,
        *,
        name: str,
        clock: Callable[[], float],
        wall: Callable[[], float],
        learn: Callable[[str], None] | None = None,
    ) -> None:
        """`fetch(deadline)` asks for a token and returns it with its life time in seconds.

        `name` tells this application from others in a shared state; only its hash is used there. `learn` is told every
        token before it is used, so that no log shows it.
        """
        self._learn = learn
        self._send = send
        self._ask = fetch
        self._state = state
        self._key = f"pingone:token:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        self._clock = clock
        self._wall = wall
        self._renewing = threading.Lock()
        self._token: AccessToken | None = None
        self._failures = 0
        self._failure: PingOneError | None = None

    def __call__(self, request: Request, call: Call) -> Response:
        """Send with a token. What got a 401 was not carried out, so any method is repeated after it.

        A token that another thread or another worker left here may be revoked as well; only when one that
        was fetched for this very call is refused is it the application that is not welcome.
        """
        token, fetched, tries = self._current(call.deadline), False, _TRIES
        while True:
            try:
                return self._send(replace(request, headers=token.headers), call)
            except BadCredentials as error:
                tries -= 1
                if fetched or not tries:
                    raise _final(error) from error
            token, fetched = self._obtain(token, call.deadline)

    @property
    def is_valid(self) -> bool:
        """Whether a token is at hand that has not ended."""
        token = self._token
        return token is not None and self._clock() < token.ends_at

    def obtain(self, deadline: float) -> None:
        """Have a token, by asking for one where there is none. Raises a PingOneError."""
        self._current(deadline)

    def _current(self, deadline: float) -> AccessToken:
        token = self._token
        now = self._clock()
        if token is None or now >= token.ends_at:
            return self._obtain(token, deadline)[0]
        return token if now < token.renew_at else self._renew_ahead(token, deadline)

    def _renew_ahead(self, token: AccessToken, deadline: float) -> AccessToken:
        """Renew in this thread, unless another is at it."""
        if not self._renewing.acquire(blocking=False):
            return token
        try:
            present = self._token or token
            if present is token:
                self._token = present = self._successor(token, deadline)
            return present
        finally:
            self._renewing.release()

    def _successor(self, token: AccessToken, deadline: float) -> AccessToken:
        """Return the next token; should there be none to get now, the same one, to be renewed later."""
        limit = min(deadline, self._clock() + _AHEAD_TRY)
        try:
            renewed = self._renew(token, limit, patience=0.0)
        except PingOneError:
            # Nobody is hurt yet: when the old token ends or is refused, the failure is told to callers.
            renewed = None
        return renewed[0] if renewed else replace(token, renew_at=self._clock() + _AHEAD_AGAIN)

    def _obtain(self, useless: AccessToken | None, deadline: float) -> tuple[AccessToken, bool]:
        """Return a token other than the useless one, and whether it was fetched just now.

        Threads that come together make one request: those that waited take what the first one got, also
        when that was a failure.
        """
        seen = self._failures
        left = max(0.0, deadline - self._clock())
        if not self._renewing.acquire(timeout=min(left, threading.TIMEOUT_MAX)):
            raise OutOfTime("the time of this request ended while the access token was renewed")
        try:
            token = self._token
            if token is not None and not _same(token, useless) and self._clock() < token.ends_at:
                return token, False
            if self._failure is not None and self._failures != seen:
                raise copy.copy(self._failure)
            renewed = self._renew(useless, deadline, patience=_LOCK_WAIT) or self._fetch(deadline)
            self._token, self._failure = renewed[0], None
        except OutOfTime:
            raise
        except PingOneError as error:
            self._failures += 1
            self._failure = error
            if isinstance(error, NoToken) and useless is not None:
                self._drop(useless)
            raise
        else:
            return renewed
        finally:
            self._renewing.release()

    def _drop(self, useless: AccessToken) -> None:
        """Forget a token that PingOne refuses and for which there is no other, so that it is not sent again."""
        if _same(useless, self._token):
            self._token = None
        kept = self._state.get(self._key)
        if kept is not None and orjson.loads(kept)["value"] == useless.value:
            self._state.delete(self._key)

    def _renew(
        self, useless: AccessToken | None, deadline: float, *, patience: float
    ) -> tuple[AccessToken, bool] | None:
        """Take the token that another worker left, else fetch; None when another worker is fetching."""
        shared = self._shared(useless)
        if shared is not None:
            return shared, False
        wait = min(patience, max(0.0, deadline - self._clock()))
        with self._state.lock(f"{self._key}:lock", ttl=_LOCK_LIFE, wait=wait) as taken:
            shared = self._shared(useless)
            if shared is not None:
                return shared, False
            return self._fetch(deadline) if taken else None

    def _fetch(self, deadline: float) -> tuple[AccessToken, bool]:
        asked, asked_wall = self._clock(), self._wall()
        value, seconds = self._ask(deadline)
        self._tell(value)
        ahead = min(_AHEAD, seconds * _AHEAD_PART)
        token = _token(value, asked + seconds - ahead, asked + seconds)
        times = {"value": value, "renew": asked_wall + seconds - ahead, "ends": asked_wall + seconds}
        if seconds > 0:
            self._state.set(self._key, orjson.dumps(times), ttl=seconds)
        return token, True

    def _shared(self, than: AccessToken | None) -> AccessToken | None:
        """Return what another worker left in the state, if it is another token and not about to end."""
        kept = self._state.get(self._key)
        if kept is None:
            return None
        times = orjson.loads(kept)
        if (than is not None and times["value"] == than.value) or token_fault(times["value"]):
            return None
        self._tell(times["value"])
        offset = self._clock() - self._wall()
        token = _token(times["value"], times["renew"] + offset, times["ends"] + offset)
        return token if self._clock() < token.renew_at else None

    def _tell(self, value: str) -> None:
        if self._learn is not None:
            self._learn(value)


def _token(value: str, renew_at: float, ends_at: float) -> AccessToken:
    return AccessToken(value, renew_at, ends_at, (("Authorization", f"Bearer {value}"),))


def _same(token: AccessToken, other: AccessToken | None) -> bool:
    return other is not None and token.value == other.value


def _final(error: BadCredentials) -> PingOneError:
    """Return a 401 that a fresh token did not cure as what it is: also missing roles come that way."""
    kind = NoPermission if error.has("INSUFFICIENT_PERMISSIONS") else BadCredentials
    final = kind(
        error.message,
        status=error.status,
        code=error.code,
        faults=error.faults,
        correlation=error.correlation,
        server_date=error.server_date,
    )
    final.host = error.host
    return final
