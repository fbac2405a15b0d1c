"""A node that loses Redis goes on by itself at once, comes back by itself, and never answers old for new."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from scimbridge.state.failover import WithFailover
from scimbridge.state.memory import MemoryState
from scimbridge.state.redis import RedisState


class Node:
    """One node of a bridge: its state over a Redis, and what it told of changes."""

    def __init__(self, server, own=None):
        self.told = []
        self.own = own or MemoryState(time.monotonic)
        self.shared = RedisState(server.url, prefix="p")
        self.state = WithFailover(self.shared, self.own, clock=time.monotonic, tell=self.told.append, pause=0.05)

    def wait_until_back(self):
        """Wait until Redis is used again."""
        until = time.monotonic() + 60
        while self.state.is_cut_off:
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.fixture
def make_node(own_redis):
    made = []

    def make(own=None):
        made.append(Node(own_redis, own))
        return made[-1]

    yield make
    own_redis.thaw()
    own_redis.kill()
    own_redis.start()
    for node in made:  # so that no thread looks for a Redis that is gone
        node.wait_until_back()
        node.shared.close()


@pytest.fixture
def node(make_node):
    return make_node()


def test_nodes_share_while_redis_is_there(make_node):
    """What one node writes the other reads, and nothing of it lies in the node's own state."""
    one, other = make_node(), make_node()
    one.state.set("k", b"v", 10)
    assert other.state.get("k") == b"v"
    assert one.own.get("k") is None
    assert not one.state.is_cut_off


def test_every_verb_goes_on(node, own_redis):
    """When Redis is gone every verb works at once, the change is told once each way, and it comes back by itself."""
    state = node.state
    state.set("k", b"shared", 60)
    own_redis.kill()
    assert state.get("k") is None
    assert state.is_cut_off
    state.set("k", b"own", 60)
    assert state.get("k") == b"own"
    assert state.get_many(["k", "x"]) == [b"own", None]
    state.set_many({"m": b"1"}, 60)
    assert state.add("a", b"v", 60)
    assert not state.add("a", b"v", 60)
    state.delete("a")
    assert state.incr("n", 2, 60) == 2
    with state.lock("l", 60, 0) as taken:
        assert taken
        with state.lock("l", 60, 0) as second:
            assert not second
    assert node.told == [True]
    own_redis.start()
    node.wait_until_back()
    assert node.told == [True, False]
    state.set("k", b"again", 60)
    assert node.shared.get("k") == b"again"


def test_silence_holds_up_once(node, own_redis, monkeypatch):
    """A Redis that is silent holds each thread up for one short timeout, and nobody who comes later."""
    node.state.set("k", b"v", 60)
    own_redis.freeze()
    asked, real = Counter(), node.shared.get

    def get(key):
        asked[threading.get_ident()] += 1
        return real(key)

    monkeypatch.setattr(node.shared, "get", get)

    def ask():
        for _time in range(5):
            node.state.get("k")

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(asked.values()) == {1}, "a thread that began when that was known has not asked at all"
    asked.clear()
    ask()
    assert not asked
    assert node.told == [True]


def test_lock_released_while_redis_is_down(node, own_redis):
    """A lock that was taken in Redis is given back without a word when Redis is gone."""
    with node.state.lock("l", 60, 0) as taken:
        assert taken
        own_redis.kill()
    with node.state.lock("l", 60, 0) as again:
        assert again


def test_a_silent_redis_keeps_no_locks(make_node, own_redis):
    """Locks that were given back, or asked for in vain, while Redis was silent are free for other nodes afterwards."""
    one, other = make_node(), make_node()
    assert one.state.take("before", "me", 60, 0)
    own_redis.freeze()
    assert one.state.take("meanwhile", "me too", 60, 0)  # Redis will do it when it wakes
    one.state.release("before", "me")
    one.state.release("meanwhile", "me too")
    own_redis.thaw()
    one.wait_until_back()
    assert other.state.take("before", "you", 60, 0)
    assert other.state.take("meanwhile", "you too", 60, 0)


def test_threads_of_a_node_exclude_each_other_across_the_change(node, own_redis):
    """A lock taken in Redis still excludes the node's own threads when Redis is gone, and when it is back."""
    assert node.state.take("l", "one", 60, 0)
    own_redis.kill()
    assert not node.state.take("l", "two", 60, 0)
    own_redis.start()
    node.state.get("x")
    node.wait_until_back()
    assert not node.state.take("l", "two", 60, 0)
    node.state.release("l", "one")
    assert node.state.take("l", "two", 60, 0)


def test_redis_goes_while_one_waits_for_a_lock(make_node, own_redis):
    """Who waits for another node's lock when Redis goes gets the node's own."""
    one, other = make_node(), make_node()
    assert one.state.take("l", "one", 600, 0)
    killer = threading.Timer(0.2, own_redis.kill)
    killer.start()
    assert other.state.take("l", "other", 600, 120)
    killer.join()
    assert other.state.is_cut_off


def test_nothing_old_after_coming_back(make_node, own_redis):
    """What was written while apart is not answered with what Redis held before, nor with what stayed in the node."""
    node, other = make_node(), make_node()
    node.state.set("mark", b"first walk", 600)
    node.state.incr("n", 5, 600)
    own_redis.freeze()  # it forgets nothing
    node.state.set("mark", b"second walk", 600)
    node.state.incr("n", 1, 600)
    node.state.set("only here", b"v", 600)
    own_redis.thaw()
    node.wait_until_back()
    assert node.state.get_many(["mark", "n", "only here"]) == [None, None, None]
    assert other.state.get("mark") is None
    other.state.set("mark", b"third walk", 600)
    own_redis.freeze()
    assert node.state.get("mark") is None
    assert node.state.get("only here") is None


def test_deleted_stays_deleted(node, own_redis):
    """What was deleted while apart is gone in Redis too."""
    node.state.set("k", b"v", 600)
    own_redis.freeze()
    node.state.delete("k")
    own_redis.thaw()
    node.wait_until_back()
    assert node.state.get("k") is None


def test_lease_lives_through_the_change(node, own_redis):
    """A lock is renewed while Redis is gone, and taken there anew when it is back, if nobody else has it."""
    assert node.state.take("l", "one", 60, 0)
    own_redis.kill()
    assert node.state.renew("l", "one", 60)
    own_redis.start()
    node.state.get("x")
    node.wait_until_back()
    assert node.state.renew("l", "one", 60)
    assert not node.shared.take("l", "two", 60, 0)
    node.state.release("l", "one")
    assert node.shared.take("l", "two", 60, 0)


def test_lease_that_another_node_took_is_lost(make_node, own_redis):
    """Where another node took the lock in Redis meanwhile, the holder is told that it lost it."""
    one, other = make_node(), make_node()
    assert one.state.take("l", "one", 60, 0)
    own_redis.kill()
    own_redis.start()
    assert other.state.take("l", "other", 60, 0)
    one.state.get("x")
    one.wait_until_back()
    assert not one.state.renew("l", "one", 60)


def test_lease_that_ended_in_redis_is_lost(node, own_redis):
    """Without any time apart, a lock that has ended in Redis is not taken back: others may have had it."""
    assert node.state.take("l", "one", 60, 0)
    own_redis.client.flushall()
    assert not node.state.renew("l", "one", 60)


@pytest.mark.parametrize("verb", ["renew", "take"])
def test_lock_given_back_while_it_is_renewed_is_free(monkeypatch, node, own_redis, verb):
    """A renewal that is under way when the lock is given back takes it for nobody, whichever call it stands before."""
    if verb == "take":  # it is taken anew in Redis only after a time apart
        own_redis.kill()
    assert node.state.take("l", "one", 60, 0)
    own_redis.start() if verb == "take" else None
    node.wait_until_back()
    ask = getattr(node.shared, verb)

    def given_back_before(*arguments):
        node.state.release("l", "one")
        return ask(*arguments)

    monkeypatch.setattr(node.shared, verb, given_back_before)
    assert not node.state.renew("l", "one", 60)
    monkeypatch.undo()
    assert node.shared.take("l", "two", 60, 0)
    assert node.state._taken == node.state._left == {}


def test_redis_that_takes_no_writes_is_not_there(node, own_redis):
    """A replica that only answers reads does not end the time apart."""
    own_redis.client.config_set("min-replicas-to-write", 1)
    node.state.set("k", b"v", 60)
    time.sleep(0.3)
    assert node.state.is_cut_off
    own_redis.client.config_set("min-replicas-to-write", 0)
    node.wait_until_back()
    assert node.told == [True, False]


def test_values_under_way_at_the_change(node, own_redis):
    """Whatever threads write while Redis comes and goes, none of it is left in the node's own state afterwards."""
    stop = threading.Event()
    failures = []

    def write(number):
        step = 0
        while not stop.is_set():
            step += 1
            try:
                node.state.set(f"{number}.{step % 20}", b"v", 600)
                node.state.incr("n", 1, 600)
            except Exception as error:  # noqa: BLE001 - whatever it is, a user would have met it
                failures.append(error)
                return

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _time in range(3):
        own_redis.kill()
        time.sleep(0.1)
        own_redis.start()
        time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    node.wait_until_back()
    assert not failures
    assert not node.own._entries
