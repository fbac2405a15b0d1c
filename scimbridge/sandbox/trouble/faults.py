"""The harm a network and a busy platform do, on order: delays, refusals, lost answers, lies (docs/pingone.md §9).

Knows requests by method and path only. Randomness is seeded, so the same requests in the same order meet the
same faults.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import asdict, dataclass, fields, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.trouble.lies import LIES

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: Final = ("throttled", "error", "error_after", "drop_before", "drop_after", "cut", *LIES)
_SHARES: Final = (
    ("error_share", "error"),
    ("error_after_share", "error_after"),
    ("drop_before_share", "drop_before"),
    ("drop_after_share", "drop_after"),
    ("cut_share", "cut"),
)


class ConnectionDroppedError(Exception):
    """The connection has to be closed without an answer."""


@dataclass(frozen=True, slots=True)
class FaultSettings:
    """What goes wrong: times in seconds, `rate` in requests a second (0: no limit), shares from 0 to 1.

    `error*`: a 5xx before or after the work is done; `drop_*`: the connection is closed before or after it;
    `cut`: half of the answer is sent. The visibility delays hide what was just created from reads.
    """

    latency: float = 0.0
    jitter: float = 0.0
    rate: float = 0.0
    burst: float = 0.0
    """Size of the token bucket; 0: one second's worth."""
    retry_after: int = 0
    """Sent with a 429; 0: as long as the bucket needs, a second at least."""
    error_share: float = 0.0
    error_after_share: float = 0.0
    error_statuses: tuple[int, ...] = (500, 502, 503, 504)
    drop_before_share: float = 0.0
    drop_after_share: float = 0.0
    cut_share: float = 0.0
    visibility_delay: float = 0.0
    membership_visibility_delay: float = 0.0
    membership_lag: float = 0.0
    """Lists of memberships, filters on them and counts show what was so many seconds ago; a single read does not."""
    token_endpoint: bool = False
    """Whether the shares hold for token requests too."""


@dataclass(slots=True)
class PlannedFault:
    """A fault for certain requests: `path` is a part of it; the first `skip` are let through."""

    kind: str
    method: str | None = None
    path: str | None = None
    times: int = 1
    skip: int = 0
    status: int = 503

    def take(self, method: str, path: str) -> bool:
        """Tell whether this request is one that is meant, and count it."""
        if self.times <= 0 or self.method not in (None, method) or (self.path or "") not in path:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one request; `wait` seconds for Retry-After, `status` of an error."""

    kind: str
    status: int = 503
    wait: int = 1


_FINE: Final = Fate("none")


class Faults:
    """The faults in force; safe to change while requests run."""

    def __init__(
        self,
        settings: FaultSettings | None = None,
        *,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lock = Lock()
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._clock = clock
        self._sleep = sleep
        self._plans: list[PlannedFault] = []
        self._settings = settings or FaultSettings()
        self._tokens = self._capacity()
        self._filled_at = clock()

    @property
    def settings(self) -> FaultSettings:
        """What is in force now."""
        return self._settings

    def set(self, **changes: Any) -> None:
        """Change settings by name. Raises ValueError for a name or a value that does not fit."""
        clean = {name: _check(name, value) for name, value in changes.items()}
        with self._lock:
            self._settings = replace(self._settings, **clean)
            if {"rate", "burst"} & clean.keys():
                self._tokens, self._filled_at = self._capacity(), self._clock()

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._settings = FaultSettings()
            self._plans.clear()

    def plan(
        self,
        kind: str,
        method: str | None = None,
        path: str | None = None,
        *,
        times: int = 1,
        skip: int = 0,
        status: int = 503,
    ) -> None:
        """Let something happen to the next requests that fit. Raises ValueError for an unknown kind."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
        with self._lock:
            self._plans.append(PlannedFault(kind, method, path, times, skip, status))

    def to_json(self) -> dict[str, Any]:
        """Return the settings and the plans that are left."""
        with self._lock:
            return {
                **asdict(self._settings),
                "plans": [asdict(plan) for plan in self._plans if plan.times > 0],
            }

    def delays(self) -> tuple[float, float]:
        """Return how long a new record and a new membership stay unseen, in seconds."""
        return self._settings.visibility_delay, self._settings.membership_visibility_delay

    def lag(self) -> float:
        """Return how far lists of memberships are behind, in seconds."""
        return self._settings.membership_lag

    def meet(self, method: str, path: str, *, token_endpoint: bool = False) -> Fate:
        """Decide what happens to a request, after the latency that is in force."""
        with self._lock:
            settings = self._settings
            fate = self._draw(method, path, settings, token_endpoint=token_endpoint)
            pause = settings.latency + (self._random.random() * settings.jitter if settings.jitter else 0.0)
        if pause > 0:
            self._sleep(pause)
        return fate

    def _draw(self, method: str, path: str, settings: FaultSettings, *, token_endpoint: bool) -> Fate:
        for plan in self._plans:
            if plan.take(method, path):
                return Fate(plan.kind, plan.status, settings.retry_after or 1)
        if token_endpoint and not settings.token_endpoint:
            return _FINE
        if settings.rate > 0 and not token_endpoint:
            wait = self._take_token(settings)
            if wait:
                return Fate("throttled", 429, wait)
        shares = [(getattr(settings, name), kind) for name, kind in _SHARES]
        if not any(share for share, _ in shares):
            return _FINE
        point = self._random.random()
        for share, kind in shares:
            if point < share:
                return Fate(kind, self._random.choice(settings.error_statuses))
            point -= share
        return _FINE

    def _capacity(self) -> float:
        return max(1.0, self._settings.burst or self._settings.rate)

    def _take_token(self, settings: FaultSettings) -> int:
        """Return 0 when the request is within the rate, else the seconds to wait."""
        now = self._clock()
        self._tokens = min(self._capacity(), self._tokens + (now - self._filled_at) * settings.rate)
        self._filled_at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0
        return settings.retry_after or max(1, math.ceil((1.0 - self._tokens) / settings.rate))


def _check(name: str, value: Any) -> Any:
    field = next((field for field in fields(FaultSettings) if field.name == name), None)
    if field is None:
        raise ValueError(f"{name!r} is not one of {', '.join(f.name for f in fields(FaultSettings))}")
    if name == "error_statuses":
        if not isinstance(value, (list, tuple)) or not value or not all(type(s) is int for s in value):
            raise ValueError("error_statuses is a list of statuses")
        return tuple(value)
    if name == "token_endpoint":
        if not isinstance(value, bool):
            raise ValueError("token_endpoint is true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ValueError(f"{name} is a number, 0 or more")
    if name.endswith("_share") and value > 1:
        raise ValueError(f"{name} is a share from 0 to 1")
    return int(value) if name == "retry_after" else float(value)
