"""Whether the state can say that nothing was lost: each way to lose something is noticed, and all nodes agree."""

from __future__ import annotations

import math
import time

import pytest

from scimbridge.state.failover import WithFailover
from scimbridge.state.memory import MemoryState
from scimbridge.state.opening import open_state
from scimbridge.state.redis import RedisState
from scimbridge.state.sealed import Sealed
from scimbridge.state.sqlite import SWEPT, SqliteState

HOUR = 3600.0


class HandClock:
    """A clock that stands until it is put forward."""

    now = 1000.0

    def __call__(self):
        """Return seconds."""
        return self.now


@pytest.fixture
def clock():
    return HandClock()


def test_a_first_start_vouches(subject, kind):
    """Where nobody has kept anything nothing is lost; only who is cut off may miss what others keep."""
    assert subject.state.vouches(HOUR) is (kind != "cut off")
    subject.state.set("k", b"v", HOUR)
    subject.state.delete("k")
    subject.state.set("short", b"v", 0.001)
    subject.advance(10)
    assert subject.state.get("short") is None
    assert subject.state.vouches(HOUR) is (kind != "cut off"), "what was deleted or is over is not lost"


def test_a_loss_is_told_until_it_is_long_ago(subject, kind):
    """After a loss nothing from before it is vouched for, and what was kept since then is."""
    subject.state.set("k", b"v", HOUR)
    subject.state.note_loss()
    subject.advance(600)
    assert not subject.state.vouches(700)
    assert subject.state.vouches(599) is (kind != "cut off")
    if kind != "cut off":
        assert 599 < subject.state.intact() < 700


def test_no_look_on_the_way_of_values(redis_server):
    """Only who asks whether anything was lost pays for it, and each process once at its first use."""
    state = WithFailover(
        RedisState(redis_server.url, prefix="first use"), MemoryState(time.monotonic),
        clock=time.monotonic, tell=lambda _cut_off: None,
    )  # fmt: skip
    state.set("k", b"v", 10)
    assert redis_server.calls(lambda: state.set("k", b"v", 10)) == 1
    assert redis_server.calls(lambda: state.get("k")) == 1


# -- values that had to make room --------------------------------------------------------------------------------------


def test_a_full_memory_has_lost_something(clock):
    """A value that had to make room before its time is a loss; one that was over is none."""
    state = MemoryState(clock, max_entries=2)
    state.set("over", b"v", 1)
    state.set("k", b"v", 60)
    clock.now += 2
    state.set("m", b"v", 60)
    assert state.vouches(HOUR)
    state.set("n", b"v", 60)
    assert not state.vouches(1)
    clock.now += 10
    assert state.vouches(9)
    assert not state.vouches(11)


@pytest.mark.parametrize("bounds", [{"max_entries": 10}, {"max_bytes": 200_000}])
def test_a_full_file_has_lost_what_was_written_first(tmp_path, clock, bounds):
    """Values that make room in a file are the oldest: what was written after the last of them is vouched for."""
    state = SqliteState(tmp_path / "state.db", clock=clock, **bounds)
    for number in range(10 if "max_entries" in bounds else 100):
        clock.now += 1
        state.set(f"k{number}", bytes(2000), HOUR)
    clock.now += SWEPT
    assert state.vouches(HOUR) is ("max_entries" in bounds)
    for number in range(5):
        clock.now += 1
        state.set(f"m{number}", bytes(2000), HOUR)
    clock.now += SWEPT
    state.set("last", b"v", HOUR)
    assert not state.vouches(HOUR)
    kept_for = state.intact()
    assert 0 < kept_for < HOUR
    assert state.vouches(kept_for - 0.5)
    assert all(state.get(f"m{number}") for number in range(5))
    state.close()


def test_a_file_in_the_place_of_another(tmp_path):
    """A process whose file was taken away finds another in its place, and tells that something is lost."""
    path = tmp_path / "state.db"
    state = SqliteState(path)
    state.set("k", b"v", 60)
    state.close()
    for each in tmp_path.iterdir():
        each.unlink()
    assert not state.vouches(60)
    newcomer = SqliteState(path)
    assert not newcomer.vouches(60), "who comes after is told as well"
    for each in (state, newcomer):
        each.close()


# -- values that do not open -------------------------------------------------------------------------------------------


def test_a_value_that_does_not_open_is_a_loss(clock):
    """Who has another key finds nothing, makes room for its own, and does not say that nothing was there."""
    inner = MemoryState(clock)
    old, new = Sealed(inner, bytes(32)), Sealed(inner, bytes(31) + b"x")
    old.set("k", b"v", 60)
    clock.now += 5
    assert new.vouches(HOUR)
    assert new.get("k") is None
    assert not new.vouches(1)
    assert not old.vouches(1)
    assert new.add("k", b"new", 60)
    assert not new.add("k", b"newer", 60)
    assert new.get("k") == b"new"


# -- a Redis that forgets, and nodes that are apart from it ------------------------------------------------------------


class Node:
    """One node of a bridge, as it is opened; it can be started anew."""

    def __init__(self, server, folder):
        self._server, self._folder = server, folder
        self.start()

    def start(self):
        """Begin as a new process does."""
        self.state = open_state(
            self._server.url, clock=time.monotonic, node_file=self._folder, prefix="p", seal=bytes(32),
            tell=lambda _place, _cut_off: None,
        )  # fmt: skip
        self.state._pause = 0.05

    def wait_until_back(self):
        """Wait until Redis is used again."""
        until = time.monotonic() + 60
        while self.state.is_cut_off:
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.fixture
def make_node(own_redis, tmp_path):
    made = []

    def make(*, with_file=True):
        folder = tmp_path / f"{len(made)}"
        folder.mkdir()
        made.append(Node(own_redis, folder / "state.db" if with_file else None))
        return made[-1]

    yield make
    own_redis.thaw()
    own_redis.kill()
    own_redis.start()
    for node in made:
        node.wait_until_back()


@pytest.fixture
def pair(make_node):
    """Two nodes that have kept something."""
    nodes = make_node(), make_node(with_file=False)
    for number, node in enumerate(nodes):
        node.state.set(f"k{number}", b"v", HOUR)
        assert node.state.vouches(HOUR)
    return nodes


def flush(server):
    server.client.flushall()


def restart(server):
    server.kill()
    server.start()


@pytest.mark.parametrize("lose", [flush, restart])
@pytest.mark.parametrize("first", [0, 1])
def test_a_redis_that_was_emptied(pair, own_redis, lose, first):
    """After Redis was flushed or began anew neither node vouches for what was before, whichever is asked first."""
    lose(own_redis)
    assert not pair[first].state.vouches(HOUR)
    for node in pair:
        node.wait_until_back()
        assert not node.state.vouches(HOUR)
        assert not node.state.vouches(HOUR), "and says so again"
        assert node.state.intact() >= 0


def test_a_node_that_comes_after_is_told(pair, own_redis, make_node):
    """A node that knew nothing of the Redis says what those say that did."""
    flush(own_redis)
    assert not pair[0].state.vouches(HOUR)
    assert not make_node().state.vouches(HOUR)


def test_a_newcomer_that_is_first_is_put_right(pair, own_redis, make_node):
    """A node that finds a Redis empty and remembers nothing is put right by the first one that remembers."""
    flush(own_redis)
    newcomer = make_node()
    newcomer.state.set("k", b"v", HOUR)
    assert not pair[1].state.vouches(HOUR)
    assert not newcomer.state.vouches(HOUR)


def test_a_restarted_node_remembers(make_node, own_redis):
    """The node's file remembers the Redis: a node that starts after it was emptied knows what it has lost."""
    node = make_node()
    node.state.set("k", b"v", HOUR)
    node.start()
    assert node.state.vouches(HOUR)
    flush(own_redis)
    node.start()
    assert not node.state.vouches(HOUR)


def test_a_redis_that_dropped_values(pair, own_redis):
    """A Redis that made room by dropping values has lost something."""
    own_redis.client.config_set("maxmemory-policy", "allkeys-lru")
    used = own_redis.client.info("memory")["used_memory"]
    own_redis.client.config_set("maxmemory", used + 300_000)
    for number in range(200):
        own_redis.client.set(f"other{number}", bytes(10_000))
    assert own_redis.client.info("stats")["evicted_keys"]
    for node in pair:
        assert not node.state.vouches(HOUR)


def test_while_it_is_apart_and_afterwards(pair, own_redis):
    """A node that is cut off vouches for nothing; when it is back all nodes know that something may be gone."""
    cut_off, other = pair
    own_redis.freeze()
    cut_off.state.set("mark", b"v", HOUR)
    assert cut_off.state.is_cut_off
    assert not cut_off.state.vouches(0)
    own_redis.thaw()
    cut_off.wait_until_back()
    back_at = time.monotonic()
    assert cut_off.state.get("mark") is None
    assert not cut_off.state.vouches(HOUR)
    assert not other.state.vouches(HOUR)
    while time.monotonic() < back_at + 0.5:
        time.sleep(0.05)
    assert cut_off.state.vouches(0.1)
    assert other.state.vouches(0.1)


def test_a_node_that_was_killed_while_it_was_apart(make_node, own_redis):
    """What a node wrote while it was cut off is neither believed by the next process nor is older of Redis."""
    node, other = make_node(), make_node()
    node.state.set("mark", b"first walk", HOUR)
    own_redis.freeze()
    node.state.set("mark", b"second walk", HOUR)
    own_redis.thaw()
    node.start()  # as after SIGKILL: nobody has tidied up
    node.state.get("x")
    node.wait_until_back()
    assert node.state.get("mark") is None
    assert other.state.get("mark") is None
    assert not node.state.vouches(HOUR)
    assert not other.state.vouches(HOUR)
    own_redis.freeze()
    assert node.state.get("mark") is None
    own_redis.thaw()


def test_a_redis_whose_owner_forbids_questions(own_redis):
    """Where the server may not be asked about itself, its epoch has to do."""
    own_redis.client.acl_setuser(
        "bridge", enabled=True, nopass=True, commands=["+@all", "-info"], keys=["*"], channels=["*"]
    )
    state = RedisState(own_redis.url.replace("//", "//bridge:x@"), prefix="p")
    assert state.intact() == math.inf
    own_redis.client.flushall()
    assert not state.vouches(HOUR)
    state.close()
