"""State in a Redis, for all nodes of a bridge. One round trip for each verb, no waiting beyond short timeouts.

Knows Redis and its own keys: `prefix` parts bridges that share one Redis. Whatever goes wrong there is told as
`StateUnavailable`; what is done then is in `failover`. Nothing is connected before the first use, and the pool forgets
connections that were made before a fork.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from scimbridge.state.base import State, StateUnavailable

TIMEOUT = 1.0  # seconds to connect, and for each answer
IDLE = 15.0  # seconds after which a connection is tried before it is used
FIRST_PAUSE = 0.005  # seconds between looks at a lock that another holds
LONGEST_PAUSE = 0.05
PAUSE_GROWTH = 1.5

LOSS_TOLD = 30 * 24 * 3600.0  # seconds for which a loss is told
EPOCH_LIFE = 366 * 24 * 3600.0  # seconds that an epoch lives after somebody looked at it

# The time to live of a counter is that of its first use: INCRBY leaves it alone.
_INCR = "redis.call('SET',KEYS[1],'0','PX',ARGV[2],'NX') return redis.call('INCRBY',KEYS[1],ARGV[1])"
_RENEW = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('PEXPIRE',KEYS[1],ARGV[2]) end return 0"
_RELEASE = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0"
# Keys: the epoch, the last loss. Arguments: a new epoch, the one that is remembered or "", the server, two lives.
# An epoch that is not the remembered one was begun after everything was lost: by somebody who said so, or who
# remembered nothing. The time since a loss is what is gone of its life, so no clock of a node is asked.
_LOOK = """
local id, server = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (.*)$')
local remembered = ARGV[2] ~= ''
local lost = remembered
if id then
    lost = server ~= ARGV[3] or (remembered and id ~= ARGV[2] and redis.call('EXISTS', KEYS[2]) == 0)
end
if lost then redis.call('SET', KEYS[2], '1', 'PX', ARGV[4]) end
redis.call('SET', KEYS[1], (id or ARGV[1]) .. ' ' .. ARGV[3], 'PX', ARGV[5])
return {id or ARGV[1], redis.call('PTTL', KEYS[2])}
"""


class Notebook(Protocol):
    """What remembers a word when this process has ended."""

    def recall(self, name: str) -> str:
        """Return a word, "" where there is none. Raises `StateUnavailable`."""

    def keep(self, name: str, word: str) -> None:
        """Keep a word. Raises `StateUnavailable`."""


class RedisState(State):
    """Keeps values and locks under `prefix` in the Redis at `url` (redis:// or rediss://).

    With an epoch that it leaves there, and remembers, it finds out whether the Redis was emptied in between.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        timeout: float = TIMEOUT,
        notebook: Notebook | None = None,
    ) -> None:
        """`clock` and `sleep` are for waiting only: what lives how long is counted by the Redis itself.

        `notebook` remembers for the processes to come what this one knows of the Redis.
        """
        self._redis: Any = redis.Redis.from_url(  # its types differ from version to version
            url,
            socket_connect_timeout=timeout,
            socket_timeout=timeout,
            socket_keepalive=True,
            health_check_interval=IDLE,
            # Repeating is not for here: an `add` whose answer was lost would be told that somebody else was first.
            # A connection that was closed while idle is noticed before it is used.
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            client_name="scimbridge",
        )
        self._incr, self._renew, self._release, self._look = map(
            self._redis.register_script, (_INCR, _RENEW, _RELEASE, _LOOK)
        )
        self._values = f"{prefix}:v:"
        self._locks = f"{prefix}:l:"
        self._epoch, self._loss = f"{prefix}:epoch", f"{prefix}:loss"
        self._remembered = ""
        self._notebook = notebook
        self._clock = clock
        self._sleep = sleep

    def get(self, key: str) -> bytes | None:
        """Return the value, or None. Raises `StateUnavailable`, as every verb does."""
        with _telling():
            value: bytes | None = self._redis.get(self._values + key)
            return value

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""
        with _telling():
            self._redis.set(self._values + key, value, px=_milliseconds(ttl))

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none."""
        with _telling():
            return bool(self._redis.set(self._values + key, value, px=_milliseconds(ttl), nx=True))

    def delete(self, key: str) -> None:
        """Forget the value."""
        with _telling():
            self._redis.delete(self._values + key)

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum."""
        return int(self._run(self._incr, self._values + key, by, _milliseconds(ttl)))

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values in one round trip."""
        with _telling():
            values: list[bytes | None] = self._redis.mget([self._values + key for key in keys]) if keys else []
            return values

    def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep several values in one round trip."""
        with _telling(), self._redis.pipeline(transaction=False) as pipeline:
            for key, value in values.items():
                pipeline.set(self._values + key, value, px=_milliseconds(ttl))
            pipeline.execute()

    def take(self, key: str, owner: str, ttl: float, wait: float) -> bool:
        """Take a lock. Who waits asks again, soon at first: on one node `failover` lets one at a time come here."""
        until, pause = self._clock() + wait, FIRST_PAUSE
        while True:
            with _telling():
                if self._redis.set(self._locks + key, owner, px=_milliseconds(ttl), nx=True):
                    return True
            pause = min(pause, wait, until - self._clock())
            if pause <= 0:
                return False
            self._sleep(pause)
            wait -= pause  # so that a clock that stands still, as in tests, does not keep a thread here for ever
            pause = min(LONGEST_PAUSE, pause * PAUSE_GROWTH)

    def renew(self, key: str, owner: str, ttl: float) -> bool:
        """Let a lock live on; one that has expired is gone."""
        return bool(self._run(self._renew, self._locks + key, owner, _milliseconds(ttl)))

    def release(self, key: str, owner: str) -> None:
        """Free a lock."""
        self._run(self._release, self._locks + key, owner)

    def intact(self) -> float:
        """Return the seconds since the Redis was emptied, started anew, or dropped values to make room.

        The first look begins an epoch where there is none. So there has to be one before anything is kept.
        """
        before = self._recall()
        keys, lives = (self._epoch, self._loss), (_milliseconds(LOSS_TOLD), _milliseconds(EPOCH_LIFE))
        with _telling():
            epoch, left = self._look(keys=keys, args=(uuid.uuid4().hex, before, self._server(), *lives))
        self._remember(epoch.decode(), before)
        return math.inf if left < 0 else max(0.0, LOSS_TOLD - left / 1000)

    def note_loss(self) -> None:
        """Have it known to all nodes that what was kept until now may be gone."""
        with _telling():
            self._redis.set(self._loss, "1", px=_milliseconds(LOSS_TOLD))

    def _server(self) -> str:
        """Return what changes when a Redis was started anew, or another has taken over, or values had to make room."""
        try:
            return f"{self._redis.info('server').get('run_id')} {self._redis.info('stats').get('evicted_keys')}"
        except ResponseError:  # an operator may forbid to ask
            return ""

    def _recall(self) -> str:
        if not self._remembered and self._notebook is not None:
            with suppress(StateUnavailable):
                self._remembered = self._notebook.recall(self._epoch)
        return self._remembered

    def _remember(self, epoch: str, before: str) -> None:
        self._remembered = epoch
        if epoch != before and self._notebook is not None:
            with suppress(StateUnavailable):
                self._notebook.keep(self._epoch, epoch)

    def close(self) -> None:
        """Close the connections of this process."""
        self._redis.close()

    def _run(self, script: Any, key: str, *arguments: object) -> Any:
        with _telling():
            return script(keys=[key], args=arguments)


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


@contextmanager
def _telling() -> Iterator[None]:
    """Turn what the library raises into the port's error; its texts hold addresses, so they are left behind."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise StateUnavailable(f"Redis: {type(error).__name__}") from None
