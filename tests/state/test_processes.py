"""Real processes that share a state: nothing is lost, one wins, a lock excludes, and who is killed bars nobody."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scimbridge.state.redis import RedisState
from scimbridge.state.sqlite import SqliteState

MAKE = """
import os, sys, time
from pathlib import Path
from scimbridge.state.redis import RedisState
from scimbridge.state.sqlite import SqliteState
kind, place, number = sys.argv[1:4]
state = SqliteState(Path(place)) if kind == "sqlite" else RedisState(place, prefix="processes")
"""
TTLS = {"sqlite": 600.0, "redis": 60.0}
TOGETHER = """
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(params=["sqlite", "redis"])
def place(request, tmp_path, redis_server):
    """What tells a process where the state is: its kind and its address."""
    if request.param == "sqlite":
        return "sqlite", str(tmp_path / "state.db")
    redis_server.client.flushall()
    return "redis", redis_server.url


@pytest.fixture
def state(place, tmp_path):
    kind, address = place
    made = SqliteState(tmp_path / "state.db") if kind == "sqlite" else RedisState(address, prefix="processes")
    yield made
    made.close()


@pytest.fixture
def run(place):
    """Run a script in as many processes, which begin together; return what each printed."""
    started = []

    def run(script, number=4):
        for each in range(number):
            arguments = [sys.executable, "-c", MAKE + TOGETHER + script, *place, str(each)]
            started.append(
                subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
            )
        for process in started:
            assert process.stdout.readline() == "ready\n"
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=60)[0].strip() for process in started]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def holder(place):
    """A process that holds the lock "l", and says so: for ten minutes, or in Redis for one."""
    script = MAKE + f"print(state.take('l', 'holder', {TTLS[place[0]]}, 0.0), flush=True)\ntime.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", script, *place, "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.communicate()


def test_no_increment_is_lost(run, state):
    """Increments of four processes all count."""
    run("for _ in range(250): state.incr('n', 1, 60.0)")
    assert state.get("n") == b"1000"


def test_one_add_wins(run, state):
    """Of four processes that add the same keys at once, each key is told to exactly one, whose value is there."""
    printed = run("print(''.join('x' if state.add(f'k{n}', number.encode(), 60.0) else '-' for n in range(100)))")
    for place_, marks in enumerate(zip(*printed, strict=True)):
        assert marks.count("x") == 1
        assert state.get(f"k{place_}") == str(marks.index("x")).encode()


def test_lock_excludes_processes(run, state):
    """Reading and writing under a lock loses nothing, however many processes do it."""
    state.set("n", b"0", 60.0)
    run("""
for _ in range(25):
    with state.lock("l", 10.0, 30.0) as taken:
        assert taken
        state.set("n", str(int(state.get("n")) + 1).encode(), 60.0)
""")
    assert state.get("n") == b"100"


def test_killed_holder_bars_nobody_for_long(holder, state, place, redis_server):
    """A lock is free when its time is over after its holder was killed; on one node it is free at once."""
    if place[0] == "sqlite":
        assert not state.take("l", "other", 60.0, 0.0)
        holder.kill()
        holder.wait()
        assert state.take("l", "other", 60.0, 0.0)
        return
    holder.kill()
    holder.wait()
    [lock] = redis_server.client.scan_iter("processes:l:*")
    assert 0 < redis_server.client.pttl(lock) <= TTLS["redis"] * 1000
    assert not state.take("l", "other", 60.0, 0.0)
    redis_server.age("processes", TTLS["redis"])
    assert state.take("l", "other", 60.0, 0.0)


def test_state_goes_through_a_fork(state):
    """What was used before a fork works on both sides of it."""
    state.set("k", b"before", 60.0)
    child = os.fork()
    if not child:
        try:
            state.set("k" if state.get("k") == b"before" else "wrong", b"child", 60.0)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert state.get("k") == b"child"
    assert state.incr("n", 1, 60.0) == 1
