"""One rate for many processes: never more than the rate in any second, a fair part soon, and on by themselves."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.pingone.errors import Throttled
from scimbridge.pingone.send import Call, Request, Response
from scimbridge.pingone.sending.fair_queue import Waiter
from scimbridge.pingone.sending.pace import Pace
from scimbridge.pingone.sending.rate import WithRate
from scimbridge.pingone.sending.rate_ledger import Ledger, LedgerEntry
from scimbridge.pingone.sending.rate_share import Share
from scimbridge.state.memory import MemoryState

GET = Request("GET", "/users")
STEP = 0.01


class _State(MemoryState):
    """A state that counts what it is asked, and can be cut off."""

    is_cut_off = False

    def __init__(self, clock) -> None:
        super().__init__(clock)
        self.asked = 0

    def get(self, key):
        self.asked += 1
        return super().get(key)

    def set(self, key, value, ttl):
        self.asked += 1
        super().set(key, value, ttl)

    def take(self, key, owner, ttl, wait):
        self.asked += 1
        return super().take(key, owner, ttl, wait)

    def release(self, key, owner):
        self.asked += 1
        super().release(key, owner)


class _Process:
    """One process, driven step by step: what waits goes as soon as it may."""

    def __init__(self, world, rate, ahead, *, background=False) -> None:
        self.background = background
        self.clock = lambda: world.now + ahead  # no two processes have the same clock
        member = str(len(world.processes))
        self.share = Share(world.state, rate, name="a", member=member, clock=self.clock, wall=lambda: world.now)
        self.pace = Pace(rate)
        self.rate = WithRate(lambda request, call: Response(200), self.pace, clock=self.clock, share=self.share)
        self.gone = []
        self.held = deque(maxlen=round(1 / STEP) - 1)  # its share at each step of the last second
        self.world = world
        self.called = 0.0

    def call(self, number):
        for _ in range(number):
            self.rate._turns.join(Waiter("", False, self.background))

    def step(self):
        turns, now = self.rate._turns, self.clock()
        if turns and now >= self.rate._look_at:
            self.rate._renew(self.share)
        while turns and self.pace.ready_at(now) <= now:
            turns.serve()
            self.pace.take(now)
            self.gone.append(self.world.now)
        if turns:
            self.rate._look_at = min(self.rate._look_at, self.share.hurried_at)

    def busy(self, demand):
        """Let so many calls come per second, at most 20 waiting as in a server with so many threads."""
        self.called += demand * STEP
        while self.called >= 1:
            self.called -= 1
            if len(self.rate._turns) < 20:
                self.call(1)


class _World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.state = _State(lambda: self.now)
        self.processes = []
        self.most_held = 0.0

    def join(self, rate=50.0, *, background=False):
        ahead = len(self.processes) * 1000.0 - 500.0
        self.processes.append(_Process(self, rate, ahead, background=background))
        return self.processes[-1]

    def run(self, seconds, *demands):
        """Let time pass while each process gets its number of calls per second."""
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            for process, demand in zip(self.processes, demands, strict=False):
                process.busy(demand)
            for process in self.processes:
                process.step()
                process.held.append(process.rate.share)
            together = sum(max(process.held) for process in self.processes)
            self.most_held = max(self.most_held, together)

    def most_in_a_second(self):
        """Return the most calls of all processes together in any second."""
        gone = sorted(each for process in self.processes for each in process.gone)
        most, first = 0, 0
        for place, moment in enumerate(gone):
            while gone[first] <= moment - 1.0 + 1e-9:
                first += 1
            most = max(most, place - first + 1)
        return most

    def per_second(self, process, since):
        return len([each for each in process.gone if each > since]) / (self.now - since)


@pytest.fixture
def world():
    return _World()


@settings(max_examples=60)
@given(
    rate=st.sampled_from([1, 3, 10, 20, 50, 100]),
    phases=st.lists(
        st.tuples(
            st.sampled_from([0.1, 0.4, 0.6, 1.0, 1.7, 2.5]),
            st.lists(st.sampled_from([0, 0, 1, 5, 20, 60, 300]), min_size=1, max_size=5),
            st.sampled_from([None, None, None, 0, 1, 2]),
        ),
        min_size=1,
        max_size=8,
    ),
    last=st.sampled_from([(), (), (1,), (0, 2), (0, 1, 2, 3, 4)]),
)
def test_no_second_holds_more_than_the_rate(rate, phases, last):
    """Whatever any of five processes wants and whoever gets a 429, no second of all together is over the rate.

    Nor does it matter which of them work in the background.

    Nor are the shares that they held within any second, so that it does not matter how they spend them.
    Where the rate is too small for a whole call per second to each, their single calls may fall together.
    """
    world = _World()
    for seconds, demands, refused in phases:
        while len(world.processes) < len(demands):
            world.join(float(rate), background=len(world.processes) in last)
        world.run(seconds, *demands)
        if refused is not None and refused < len(world.processes):
            process = world.processes[refused]
            process.rate._slow_down(process.clock(), 0.3)
    together = len(world.processes) - 1 if rate < 10 else 0
    assert world.most_in_a_second() <= rate + together
    assert world.most_held <= rate + 1e-6


def test_one_alone_has_nearly_all_at_once(world):
    """A single process under load makes more than nine of ten possible calls from its first second on."""
    alone = world.join(50.0)
    alone.call(1)
    alone.step()
    assert len(alone.gone) == 1
    began = world.now
    world.run(10, 200)
    assert world.per_second(alone, began) >= 0.9 * 50
    assert len([each for each in alone.gone if each <= began + 1]) >= 40


def test_who_joins_under_load_gets_a_fair_part_within_two_seconds(world):
    """A second process calls at once, and within two seconds both have half."""
    first, second = world.join(50.0), world.join(50.0)
    world.run(5, 200)
    joined = world.now
    world.run(0.1, 200, 200)
    assert second.gone
    world.run(1.9, 200, 200)
    then = world.now
    world.run(3, 200, 200)
    assert joined < then
    for process in (first, second):
        assert world.per_second(process, then) >= 0.9 * 22.5


def test_who_works_in_the_background_has_what_others_leave(world):
    """Beside processes that want little it has three quarters, beside those that want all a ninth."""
    first, second, behind = world.join(50.0), world.join(50.0), world.join(50.0, background=True)
    world.run(8, 2, 2, 300)
    then = world.now
    world.run(5, 2, 2, 300)
    assert world.per_second(behind, then) >= 0.9 * 0.75 * 47.5
    world.run(3, 300, 300, 300)
    then = world.now
    world.run(5, 300, 300, 300)
    assert 4 <= world.per_second(behind, then) <= 6
    for process in (first, second):
        assert world.per_second(process, then) >= 0.9 * 21
    assert world.most_in_a_second() <= 50


def test_who_is_held_back_leaves_the_rest(world):
    """A process in the background that may make 20 calls a second leaves the others' share to them at all times."""
    first, behind = world.join(50.0), world.join(50.0, background=True)
    behind.rate.hold_back(20.0)
    world.run(5, 2, 300)
    assert behind.rate.share <= 20
    assert first.rate.share >= 10


def test_a_ledger_of_older_nodes_is_read(world):
    """What a node wrote that knows of no background is read as if nobody worked there."""
    old = Ledger({"a": LedgerEntry(1, 5.0, 5.0, 5.0)}).dump().replace(b',"background":[]', b"")
    assert b"background" not in old
    assert Ledger.load(old).background == frozenset()


def test_nothing_is_lost_by_rounding(world):
    """Eight processes under load use six sevenths of a rate of 50, each its part."""
    processes = [world.join(50.0) for _ in range(8)]
    world.run(5, *[100] * 8)
    then = world.now
    world.run(10, *[100] * 8)
    parts = [world.per_second(process, then) for process in processes]
    assert sum(parts) >= 0.857 * 50
    assert min(parts) >= 4.5
    assert world.most_in_a_second() <= 50


def test_who_wants_little_leaves_the_rest(world):
    """Beside processes with a call now and then, a busy one has most of the rate, and they do not wait."""
    processes = [world.join(50.0) for _ in range(4)]
    world.run(5, 300, 2, 2, 2)
    then = world.now
    world.run(10, 300, 2, 2, 2)
    assert world.per_second(processes[0], then) >= 25
    for process in processes[1:]:
        assert world.per_second(process, then) == pytest.approx(2, abs=0.2)


def test_what_an_idle_process_had_goes_to_the_others(world):
    """A process that makes no calls any more, or has died, is forgotten within three seconds."""
    first, second = world.join(50.0), world.join(50.0)
    world.run(5, 200, 200)
    second.rate._turns._others.__init__()
    world.run(3, 200, 0)
    then = world.now
    world.run(3, 200, 0)
    assert world.per_second(first, then) >= 0.88 * 50
    assert second.rate.share == 0


def test_what_was_given_up_is_free_a_second_later(world):
    """What a process gave up at its last renewal goes to the others a second later, though it makes no further call."""
    first, second = world.join(50.0), world.join(50.0)
    world.run(5, 200)
    world.run(0.6, 200, 200)
    first.rate._turns._others.__init__()
    world.run(1.7, 0, 200)
    assert second.rate.share >= 20


def test_a_429_at_one_slows_all_down(world):
    """What one process learns from a 429 the others heed half a second later, the pause and the lower pace."""
    first, second = world.join(50.0), world.join(50.0)
    world.run(4, 100, 100)
    first.rate._slow_down(first.clock(), 2.0)
    refused = world.now
    world.run(0.55, 100, 100)
    assert second.rate.rate < 40
    paused = world.now
    world.run(1.3, 100, 100)
    assert not [each for process in (first, second) for each in process.gone if each > paused]
    assert refused < paused
    world.run(60, 100, 100)
    assert first.rate.rate == second.rate.rate == 50


def test_the_same_429_at_two_counts_once(world):
    """Two processes that are refused together slow down as one that is refused."""
    first, second = world.join(50.0), world.join(50.0)
    world.run(4, 100, 100)
    for process in (first, second):
        process.rate._slow_down(process.clock(), None)
    world.run(0.3, 100, 100)
    assert first.rate.rate >= 0.69 * 50
    assert second.rate.rate >= 0.69 * 50


def test_who_joins_heeds_what_was_learnt_before(world):
    """A process that comes after a 429 starts at the pace that the others have found."""
    first, second = world.join(50.0), world.join(50.0)
    world.run(4, 100)
    for _ in range(3):
        first.rate._slow_down(first.clock(), None)
        world.run(0.1, 100)
    world.run(0.3, 100, 100)
    assert second.rate.rate == pytest.approx(first.rate.rate, rel=0.05)


def test_cut_off_goes_on_within_its_part(world):
    """Where the shared state is lost, each goes on with the rate divided by all; back again, it finds its part."""
    first, _idle, third = (world.join(60.0) for _ in range(3))
    world.run(5, 200, 200, 200)
    world.state.is_cut_off = True
    asked = world.state.asked
    cut = world.now
    world.run(10, 200, 0, 200)
    assert world.state.asked == asked
    assert world.per_second(first, cut + 3) == pytest.approx(20, abs=1.5)
    assert world.per_second(third, cut + 3) == pytest.approx(20, abs=1.5)
    assert world.most_in_a_second() <= 60
    world.state.is_cut_off = False
    world.run(6, 200, 0, 200)
    back = world.now
    world.run(5, 200, 0, 200)
    assert world.per_second(first, back) >= 25
    assert world.most_in_a_second() <= 60


def test_never_seen_the_others(world):
    """A process that starts while the state is cut off has no reason to hold back."""
    world.state.is_cut_off = True
    alone = world.join(50.0)
    world.run(5, 200)
    assert world.per_second(alone, 1000.0) >= 0.9 * 50


def test_the_state_is_asked_seldom(world):
    """A hundred calls a second cost the state two renewals a second, of four operations each."""
    world.join(1000.0)
    world.run(3, 100)
    asked = world.state.asked
    world.run(10, 100)
    assert world.state.asked - asked <= 10 * 2.5 * 4


def test_a_busy_ledger_does_not_hold_calls_up(world):
    """Where the ledger's lock is held by another, calls go on within the lease."""
    process = world.join(50.0)
    world.run(2, 40)
    world.state.take(f"{process.share._key}:lock", "another", 100.0, 0.0)
    world.state.take = lambda key, owner, ttl, wait: False
    began = world.now
    world.run(0.4, 40)
    assert [each for each in process.gone if each > began]
    world.run(2, 40)
    ended = world.now
    world.run(1, 40)
    assert not [each for each in process.gone if each > ended]


def test_two_processes_with_real_threads():
    """Two sharing one rate of 100 over real threads and time make no more between them, and come to their end."""
    state, lock, gone, threads = _State(time.monotonic), threading.Lock(), [], 20

    def sender(request, call):
        with lock:
            gone.append(time.monotonic())
        return Response(200)

    def member(name):
        share = Share(state, 100.0, name="a", member=name, clock=time.monotonic, wall=time.time)
        return WithRate(sender, Pace(100.0), clock=time.monotonic, share=share)

    members = [member("1"), member("2")]
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda each: members[each % 2](GET, Call()), range(300)))
    # Three seconds and a little; a turn that nobody is told of is looked for after thirty.
    assert time.monotonic() - began < 25
    gone.sort()
    # Threads are told to go and go a moment later: what is counted here is when they went. Where the machine stands
    # still in between, as many go at once as there are. Two that do not share make 200 in a second.
    most = 105 + threads
    assert all(gone[place + most] - gone[place] >= 1.0 for place in range(len(gone) - most))


def test_a_call_that_cannot_be_in_time_is_refused(world):
    """A call whose deadline is over before its turn can come is refused with the seconds to wait."""
    process = world.join(10.0)
    process.call(30)
    process.step()
    with pytest.raises(Throttled) as error:
        process.rate(GET, Call(deadline=process.clock() + 1.0))
    assert error.value.retry_after > 1.0
