"""The rate layer: waits for its turn, gives up in time, slows down on 429."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.pingone.errors import Refused, Throttled
from scimbridge.pingone.send import Call, Request, Response
from scimbridge.pingone.sending.pace import Pace
from scimbridge.pingone.sending.rate import WithRate

GET = Request("GET", "/users")


def test_no_wait_while_there_is_room(playback, ok, clock):
    """Below the rate nothing waits."""
    send = WithRate(playback(ok), Pace(10), clock=clock, wait=clock.wait)
    for _ in range(20):
        send(GET, Call())
        clock.now += 0.2
    assert clock.slept == []


def test_evenly_under_load(playback, ok, clock):
    """At 10 a second, 30 calls take between 2 and 3.3 seconds."""
    send = WithRate(playback(ok), Pace(10), clock=clock, wait=clock.wait)
    began = clock()
    for _ in range(30):
        send(GET, Call())
    assert 2 <= clock() - began <= 3.3


@given(rate=st.integers(1, 60), left=st.floats(0, 3), busy=st.integers(0, 120))
def test_never_waits_past_the_deadline(rate, left, busy):
    """Whatever went before, a call goes by its deadline or is refused at once with the time it would take."""
    now = [0.0]

    def wait(event, seconds):
        now[0] += seconds

    send = WithRate(lambda request, call: Response(200), Pace(rate), clock=lambda: now[0], wait=wait)
    for _ in range(busy):
        send(GET, Call())
    began = now[0]
    refusal = None
    try:
        send(GET, Call(deadline=began + left))
    except Throttled as error:
        refusal = error
    if refusal is None:
        assert now[0] <= began + left + 1e-9
    else:
        assert now[0] == began
        assert refusal.status == 0
        assert refusal.retry_after > left


def test_slows_down_on_429(playback, clock):
    """A 429 of PingOne's cuts the rate and pauses for Retry-After; the error goes on to the caller."""
    sender = playback(Throttled("slow down", status=429, retry_after=2.0), Response(200))
    send = WithRate(sender, Pace(100), clock=clock, wait=clock.wait)
    with pytest.raises(Throttled):
        send(GET, Call())
    assert send.rate == pytest.approx(70)
    send(GET, Call())
    assert sum(clock.slept) == pytest.approx(2.0)


@pytest.mark.parametrize("error", [Throttled("ours", status=0), Refused("no", status=400)])
def test_other_errors_do_not_slow_down(playback, clock, error):
    """Only PingOne's own 429 counts."""
    send = WithRate(playback(error), Pace(100), clock=clock, wait=clock.wait)
    with pytest.raises(type(error)):
        send(GET, Call())
    assert send.rate == 100


class _Gate:
    """Threads that wait for their turn, woken one at a time by a test: order without timing."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.parked = threading.Semaphore(0)

    def wait(self, event, seconds):
        self.parked.release()
        event.wait(0.002)


@pytest.mark.parametrize("round_", range(3))
def test_order_between_threads(clock, round_):
    """Under real threads: urgent first, then clients in turn."""
    order = []
    gate = _Gate(clock)
    lock = threading.Lock()

    def sender(request, call):
        with lock:
            order.append(call.client)
        return Response(200)

    pace = Pace(1)
    send = WithRate(sender, pace, clock=clock, wait=gate.wait)
    send(GET, Call())
    threads = []
    for waiting, (client, urgent) in enumerate(
        [("a", False), ("a", False), ("a", False), ("b", False), ("D", True)], start=1
    ):
        thread = threading.Thread(target=send, args=(GET, Call(client=client, urgent=urgent)))
        thread.start()
        threads.append(thread)
        while send.waiting < waiting:
            gate.parked.acquire(timeout=0.01)
    for gone in range(2, 7):
        clock.now += 1.2
        while len(order) < gone:
            gate.parked.acquire(timeout=0.01)
    for thread in threads:
        thread.join(10)
    assert order == ["", "D", "a", "b", "a", "a"]


def test_gives_up_while_others_go_before(clock):
    """A call that is overtaken until its deadline is refused, and leaves the row."""
    gate = _Gate(clock)
    send = WithRate(lambda request, call: Response(200), Pace(1), clock=clock, wait=gate.wait)
    send(GET, Call())
    outcome = []

    def late():
        try:
            send(GET, Call(client="a", deadline=clock() + 1.5))
        except Throttled as error:
            outcome.append(error)

    def urgent():
        send(GET, Call(client="b", urgent=True))

    threads = [threading.Thread(target=late)]
    threads[0].start()
    while send.waiting < 1:
        gate.parked.acquire(timeout=0.01)
    threads.append(threading.Thread(target=urgent))
    threads[1].start()
    while send.waiting < 2:
        gate.parked.acquire(timeout=0.01)
    clock.now += 1.2
    while send.waiting > 1:
        gate.parked.acquire(timeout=0.01)
    clock.now += 1.0
    for thread in threads:
        thread.join(10)
    assert len(outcome) == 1
    assert outcome[0].retry_after > 0
    assert send.waiting == 0


def test_a_crowd(playback, ok):
    """Fifty real threads all get through, none twice."""
    sender = playback(ok)
    send = WithRate(sender, Pace(2000), clock=time.monotonic)
    calls = [Call(client=str(each % 3)) for each in range(500)]
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda call: send(GET, call), calls))
    assert len(sender.requests) == 500
    assert send.waiting == 0


def test_the_background_is_held_back_and_holds_back_nobody(playback, ok, clock):
    """Calls in the background keep to a pace of their own; others go at the whole rate meanwhile."""
    send = WithRate(playback(ok), Pace(100), clock=clock, wait=clock.wait)
    send.hold_back(10)
    began = clock()
    for _ in range(30):
        send(GET, Call(background=True))
    assert 2 <= clock() - began <= 3.3
    then = clock()
    for _ in range(30):
        send(GET, Call())
    assert clock() - then <= 0.4
    assert send.taken == 60


def test_an_interactive_call_overtakes_all_that_wait_in_the_background():
    """One that comes while ten wait in the background is the next that goes."""
    gone, go, waiting = [], threading.Event(), threading.Semaphore(0)
    now = [0.0]

    def wait(event, seconds):
        waiting.release()
        go.wait()
        event.wait(0.001)

    send = WithRate(lambda request, call: gone.append(call.client), Pace(1), clock=lambda: now[0], wait=wait)
    send(GET, Call(client="first"))
    with ThreadPoolExecutor(11) as pool:
        for _ in range(10):
            pool.submit(send, GET, Call(client="behind", background=True))
            waiting.acquire()
        pool.submit(send, GET, Call(client="awaited"))
        waiting.acquire()
        now[0] = 1.1
        go.set()
        while len(gone) < 2:
            go.wait()
        assert gone == ["first", "awaited"]
        while len(gone) < 12:
            now[0] += 1.1
            threading.Event().wait(0.002)
