"""What the state in Redis promises beyond the port: few round trips, short waits, errors that tell no secret."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from scimbridge.state.base import StateUnavailable
from scimbridge.state.redis import TIMEOUT, RedisState


@pytest.fixture
def state(redis_server):
    made = RedisState(redis_server.url, prefix="round trips")
    redis_server.client.flushall()
    yield made
    made.close()


def test_one_command_for_each_verb(state, redis_server):
    """Every verb is one command, once the connection is there and the scripts are known; a lock is two."""

    def lock():
        with state.lock("l", 10, 0) as taken:
            assert taken

    acts = {
        "get": (lambda: state.get("k"), 1),
        "set": (lambda: state.set("k", b"v", 10), 1),
        "add": (lambda: state.add("a", b"v", 10), 1),
        "delete": (lambda: state.delete("k"), 1),
        "get_many": (lambda: state.get_many(["k", "a", "b"]), 1),
        "set_many": (lambda: state.set_many({"k": b"1", "a": b"2"}, 10), 2),  # in one round trip
        "incr": (lambda: state.incr("n", 1, 10), 3),  # a script and the two commands in it
        "lock": (lock, 4),  # SET; a script and the two commands in it
    }
    for act, _commands in acts.values():
        act()
    assert {name: redis_server.calls(act) for name, (act, _commands) in acts.items()} == {
        name: commands for name, (_act, commands) in acts.items()
    }


def test_bridges_are_parted_by_prefix(redis_server):
    """Two bridges that share a Redis see nothing of each other."""
    one, other = (RedisState(redis_server.url, prefix=name) for name in ("one", "other"))
    one.set("k", b"v", 10)
    assert one.take("l", "owner", 10, 0)
    assert other.get("k") is None
    assert other.take("l", "owner", 10, 0)
    one.close()
    other.close()


def test_nothing_lives_for_ever(state, redis_server):
    """Every key in Redis has an end."""
    state.set("k", b"v", 10)
    state.set_many({"m": b"v"}, 10)
    state.add("a", b"v", 10)
    state.incr("n", 1, 10)
    assert state.take("l", "owner", 10, 0)
    keys = list(redis_server.client.scan_iter("*"))
    assert len(keys) == 5
    assert all(0 < redis_server.client.pttl(key) <= 10_000 for key in keys)


def test_connection_closed_while_idle(state, redis_server):
    """A connection that Redis has closed meanwhile is replaced, and nobody notices."""
    state.set("k", b"v", 10)
    redis_server.client.client_kill_filter(_type="normal", skipme=True)
    time.sleep(0.05)
    assert state.get("k") == b"v"


def test_scripts_are_loaded_again(state, redis_server):
    """A Redis that has forgotten the scripts is given them again."""
    assert state.incr("n", 1, 10) == 1
    redis_server.client.script_flush()
    assert state.incr("n", 1, 10) == 2


@pytest.fixture
def count(monkeypatch):
    """Return how often a method of Redis's connections has failed: `count("connect")()`."""

    def start(name):
        failed, real = [], getattr(redis.Connection, name)

        def counted(*arguments, **more):
            try:
                return real(*arguments, **more)
            except (redis.RedisError, OSError) as error:
                failed.append(error)
                raise

        monkeypatch.setattr(redis.Connection, name, counted)
        return lambda: len(failed)

    return start


def test_dead_redis(own_redis, count):
    """A Redis that is gone is an error at once, which tells nothing of its address."""
    state = RedisState(own_redis.url.replace("//", "//:s3cret@"), prefix="p")
    own_redis.kill()
    failed = count("connect")
    with pytest.raises(StateUnavailable) as told:
        state.get("k")
    assert failed() == 1, "nobody tries again"
    assert "s3cret" not in repr(told.value)
    assert str(own_redis.port) not in str(told.value)
    assert told.value.__cause__ is None
    state.close()


def test_silent_redis(own_redis, count):
    """A Redis that answers nothing holds a request up for one short timeout; when it is back all is well."""
    state = RedisState(own_redis.url, prefix="p")
    state.set("k", b"v", 600)
    own_redis.freeze()
    waited = count("read_response")
    for act in (lambda: state.get("k"), lambda: state.take("l", "o", 10, 5), lambda: state.release("l", "o")):
        before = waited()
        with pytest.raises(StateUnavailable):
            act()
        assert waited() == before + 1
    own_redis.thaw()
    assert TIMEOUT <= 1.0
    assert state.get("k") == b"v"
    state.close()


def test_refusing_redis(own_redis):
    """A replica that takes no writes is an error, and no answer."""
    own_redis.client.config_set("min-replicas-to-write", 1)
    state = RedisState(own_redis.url, prefix="p")
    with pytest.raises(StateUnavailable):
        state.set("k", b"v", 10)
    state.close()


def test_waiting_does_not_hammer(state, redis_server):
    """Who waits a second for a lock asks some thirty times, and no more."""
    assert state.take("l", "one", 60, 0)
    assert redis_server.calls(lambda: state.take("l", "two", 60, 1.0)) < 35


def test_many_threads(state):
    """Threads use connections of their own, none of which gets the answer to another's question."""

    def work(number):
        for step in range(20):
            value = f"{number}.{step}".encode()
            state.set(f"k{number}", value, 10)
            assert state.get(f"k{number}") == value

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
