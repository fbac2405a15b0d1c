"""Which state a URL gives."""

from __future__ import annotations

import time

import pytest

from scimbridge.state.memory import MemoryState
from scimbridge.state.opening import open_state


@pytest.fixture
def told():
    return []


@pytest.fixture
def opened(told):
    def opened(url, node_file=None):
        return open_state(
            url,
            clock=time.monotonic,
            node_file=node_file,
            prefix="p",
            seal=bytes(32),
            tell=lambda name, off: told.append((name, off)),
        )

    return opened


def test_one_process(opened):
    """memory:// without a file is the memory of the process."""
    assert type(opened("memory://")) is MemoryState


def test_processes_of_one_node(opened, tmp_path):
    """memory:// with a file is shared by all that have the file."""
    one, other = (opened("memory://", tmp_path / "state.db") for _number in range(2))
    one.set("k", b"v", 10)
    assert other.get("k") == b"v"
    assert not one.is_cut_off


def test_file_that_fails(opened, told, tmp_path):
    """A file that cannot be used is told, and each process goes on by itself."""
    state = opened("memory://", tmp_path / "nowhere" / "state.db")
    state.set("k", b"v", 10)
    assert state.get("k") == b"v"
    assert state.is_cut_off
    assert told == [("node file", True)]


def test_redis_first_then_the_nodes_own(opened, told, own_redis, tmp_path):
    """With a Redis it is used; without, the processes of a node share their file."""
    one, other = (opened(own_redis.url, tmp_path / "state.db") for _number in range(2))
    one.set("k", b"v", 10)
    assert other.get("k") == b"v"
    own_redis.kill()
    one.set("k", b"own", 10)
    assert one.is_cut_off
    assert other.get("k") == b"own"
    assert set(told) == {("redis", True)}


def test_another_place(opened):
    """Any other URL is refused, and not repeated: it may hold a password."""
    with pytest.raises(ValueError, match="redis://") as refused:
        opened("memcached://user:s3cret@here")
    assert "s3cret" not in str(refused.value)
