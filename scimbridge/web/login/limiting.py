"""How much each client may ask for: requests per second, requests at a time, bytes of a body, operations of a bulk.

Called once a client is known and before anything of its body is read. Knows the caller's `ClientLimits` and the shared
state; nothing of what is asked for.

Requests per second are held by places: a limit of 20 is twenty keys in the state, each of which one request takes
(`add`) and which is free again a second later. So no second, wherever it begins, holds more than the limit, over all
workers and nodes, and no clock of any node counts but that of the state. A counter for each second of the clock would
cost one call instead of two and lets twice the limit through around the turn of a second; two counters, weighted, do so
too for a client that sends in bursts. A counter says whose turn it is, so that the place is tried that has been free
longest: an answer costs two calls to the state, a refusal four. A client without a limit costs none.

Requests at a time are held by places too, which are locks in the state: one for each request that may be under way,
over all workers and nodes. A place is free again when its request ends; where its process dies, that is when the lock
ends, or at once where the state knows which processes live.

Without state each process goes on by what it has seen itself.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from scimbridge.access.caller import Caller
from scimbridge.access.limits import ClientLimits
from scimbridge.scim.errors import TooManyRequests
from scimbridge.state.base import State, StateUnavailable, new_owner

Headers = tuple[tuple[str, str], ...]
_COUNTER_LIFE = 86_400.0  # seconds; when it starts anew, one place may be tried before its turn
CONCURRENT, RATE, THREADS = "concurrent", "requests_per_second", "threads"
"""The limits by which a request is refused before it begins, as a clients file spells them."""
_AT_LEAST = 1  # second: Retry-After is in whole ones


def _nothing() -> None:
    pass


def _unobserved(_client: str, _limit: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that was let in: `headers` for its answer, and `leave` to be called when it is over."""

    headers: Headers = ()
    leave: Callable[[], None] = _nothing


_FREE = Ticket()


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit as places: so many requests in so many seconds. 2.5 a second are 3 in 1.2 seconds."""

    places: int
    seconds: float

    @classmethod
    def of(cls, per_second: float) -> Rate:
        """Return the least whole number of places, in the time that they stand for."""
        places = max(1, math.ceil(per_second))
        return cls(places, places / per_second)


class _Admissions:
    """What this process let in within the last window: moments, and the turns that the state gave."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._entered: deque[tuple[float, int]] = deque(maxlen=rate.places)
        self._lock = threading.Lock()

    def note(self, now: float, turn: int) -> None:
        with self._lock:
            self._forget(now)
            self._entered.append((now, turn))

    def take(self, now: float) -> bool:
        """Let in by what was seen here alone."""
        with self._lock:
            self._forget(now)
            if len(self._entered) >= self._rate.places:
                return False
            self._entered.append((now, 0))
            return True

    def used(self, now: float) -> int:
        """Return how many places are taken, as far as is known here: turns between ours were given to other nodes."""
        with self._lock:
            self._forget(now)
            if not self._entered:
                return 0
            between = self._entered[-1][1] - self._entered[0][1] + 1
            return min(self._rate.places, max(len(self._entered), between))

    def wait(self, now: float) -> int:
        """Return whole seconds until the oldest place is free again."""
        with self._lock:
            self._forget(now)
            until = self._entered[0][0] + self._rate.seconds if self._entered else now + self._rate.seconds
            return max(_AT_LEAST, math.ceil(until - now))

    def _forget(self, now: float) -> None:
        while self._entered and self._entered[0][0] <= now - self._rate.seconds:
            self._entered.popleft()


class Limiter:
    """Lets requests in, client by client. `trouble` is told when the state cannot be asked.

    `observe` hears of every refusal: the client, and which of its limits held it (CONCURRENT, RATE, THREADS).
    `longest` is how many seconds a request may be under way at most.
    """

    def __init__(
        self,
        state: State,
        *,
        clock: Callable[[], float],
        trouble: Callable[[Exception], object],
        longest: float = 60.0,
        observe: Callable[[str, str], object] = _unobserved,
    ) -> None:
        self.observe = observe
        self._state = state
        self._clock = clock
        self._trouble = trouble
        self._seen: dict[tuple[str, Rate], _Admissions] = {}
        self._longest = longest
        self._held: dict[str, set[int]] = {}
        self._lock = threading.Lock()

    def enter(self, caller: Caller) -> Ticket:
        """Let a request in. Raises `TooManyRequests` with the headers of the refusal."""
        limits = caller.limits
        if limits.requests_per_second is None and limits.concurrent is None:
            return _FREE
        leave = self._begin(caller.name, limits.concurrent)
        try:
            return Ticket(self._draw(caller.name, limits), leave)
        except BaseException:  # whatever it was: a request that did not get in takes no place
            leave()
            raise

    def _begin(self, client: str, most: int | None) -> Callable[[], None]:
        """Take a place for one more request under way, and return what frees it."""
        if most is None:
            return _nothing
        owner = new_owner()
        for place in self._candidates(client, most):
            lock = f"under way:{client}:{place}"
            try:
                is_taken = self._state.take(lock, owner, self._longest, 0.0)
            except StateUnavailable as error:
                self._trouble(error)
                return partial(self._free, client, place)
            except BaseException:
                self._free(client, place)
                raise
            if is_taken:
                return partial(self._leave, client, place, lock, owner)
            self._free(client, place)
        self.observe(client, CONCURRENT)
        msg = f"{most} requests of this client are under way, which is its limit; send this one again later"
        raise _refusal(msg, _AT_LEAST, ())

    def _candidates(self, client: str, most: int) -> Iterator[int]:
        """Give, one after the other, places that no request of this process has; each is this one's until `_free`."""
        for place in range(most):
            with self._lock:
                held = self._held.setdefault(client, set())
                if place in held:
                    continue
                held.add(place)
            yield place

    def _leave(self, client: str, place: int, lock: str, owner: str) -> None:
        try:
            self._state.release(lock, owner)
        except StateUnavailable as error:  # it ends by itself
            self._trouble(error)
        finally:
            self._free(client, place)

    def _free(self, client: str, place: int) -> None:
        with self._lock:
            self._held[client].discard(place)

    def _draw(self, client: str, limits: ClientLimits) -> Headers:
        if limits.requests_per_second is None:
            return ()
        rate = Rate.of(limits.requests_per_second)
        seen = self._seen.get((client, rate)) or self._seen.setdefault((client, rate), _Admissions(rate))
        is_free = self._take(client, rate, seen)
        now = self._clock()
        wait = seen.wait(now)
        left = rate.places - seen.used(now) if is_free else 0
        headers = (
            ("x-rate-limit-limit", str(rate.places)),
            ("x-rate-limit-remaining", str(left)),
            ("x-rate-limit-reset", str(wait)),
        )
        if is_free:
            return headers
        self.observe(client, RATE)
        msg = (
            f"this client may send {limits.requests_per_second:g} requests a second; send this one again after {wait} s"
        )
        raise _refusal(msg, wait, headers)

    def _take(self, client: str, rate: Rate, seen: _Admissions) -> bool:
        try:
            turn = self._turn(client, rate)
        except StateUnavailable as error:
            self._trouble(error)
            return seen.take(self._clock())
        if turn is None:
            return False
        seen.note(self._clock(), turn)
        return True

    def _turn(self, client: str, rate: Rate) -> int | None:
        """Take a place and return whose turn it was; None where the place that is longest taken is not free yet."""
        name = f"limit:{client}:{rate.places}"
        turn = self._state.incr(name, 1, _COUNTER_LIFE)
        for ahead in (0, 1):  # another request may have taken ours at the same moment, and then the next is due
            if self._state.add(f"{name}:{(turn + ahead) % rate.places}", b"1", rate.seconds):
                return turn if not ahead else self._state.incr(name, 1, _COUNTER_LIFE)
        self._state.incr(name, -1, _COUNTER_LIFE)
        return None


def _refusal(detail: str, wait: int, headers: Headers) -> TooManyRequests:
    told = (*headers, ("x-rate-limit-retry-after-seconds", str(wait)))
    return TooManyRequests(detail, retry_after=wait, headers=told)


def smaller(own: int | None, ours: int) -> int:
    """Return what holds for a client: its own limit, or the bridge's where it has none or a wider one."""
    return ours if own is None else min(own, ours)
