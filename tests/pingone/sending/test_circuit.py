"""The circuit: closed, open, and back."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from scimbridge.pingone.errors import (
    CircuitOpen,
    Misconfigured,
    NotThere,
    OutOfTime,
    PingOneError,
    Refused,
    Throttled,
    Unreachable,
)
from scimbridge.pingone.send import Call, Request
from scimbridge.pingone.sending.circuit import Circuit, WithCircuit, WithGuard
from scimbridge.pingone.sending.outage import SharedOutage
from scimbridge.state.memory import MemoryState

GET = Request("GET", "/users")
DOWN = Unreachable("down", status=503)


@pytest.fixture
def circuit(clock):
    return Circuit(clock, threshold=3, patience=0.5, rest=1.0, hanging=2, stall=4.0)


def _fail(send, clock, times=3, step=0.3):
    for _ in range(times):
        with pytest.raises((Unreachable, CircuitOpen)):
            send(GET, Call())
        clock.now += step


def test_opens_and_fails_at_once(circuit, playback, clock):
    """After enough failures in a row nothing is sent, and the error says when to come back."""
    sender = playback(DOWN)
    send = WithCircuit(sender, circuit)
    _fail(send, clock)
    assert circuit.is_open
    with pytest.raises(CircuitOpen) as error:
        send(GET, Call())
    assert len(sender.requests) == 3
    assert error.value.retry_after == pytest.approx(0.7)


def test_a_blip_does_not_open(circuit, playback, clock):
    """Any number of failures within a moment is left to the retries."""
    _fail(WithCircuit(playback(DOWN), circuit), clock, times=20, step=0.01)
    assert not circuit.is_open


def test_a_success_between_does_not_open(circuit, playback, ok, clock):
    """Failures count only in an unbroken row."""
    for _ in range(5):
        _fail(WithCircuit(playback(DOWN), circuit), clock, times=2)
        WithCircuit(playback(ok), circuit)(GET, Call())
    assert not circuit.is_open


@pytest.mark.parametrize(
    "error",
    [
        Refused("no", status=400),
        NotThere("no", status=404),
        Throttled("slow", status=429),
        Throttled("ours"),
        OutOfTime("late"),
        Unreachable("one request", status=500, code="UNEXPECTED_ERROR"),
    ],
)
def test_what_is_no_outage(circuit, playback, clock, error):
    """Refusals, 429, our own deadline, and a 500 that PingOne worded do not open."""
    send = WithCircuit(playback(error), circuit)
    for _ in range(10):
        with pytest.raises(type(error)):
            send(GET, Call())
        clock.now += 1
    assert not circuit.is_open


@pytest.mark.parametrize("error", [Unreachable("bare", status=500), Misconfigured("tls")])
def test_what_is_an_outage(circuit, playback, clock, error):
    """A 500 of some machine in between, or a certificate that is refused, opens as well."""
    send = WithCircuit(playback(error), circuit)
    _fail(send, clock)
    assert circuit.is_open


def test_known_down_only_while_somebody_looks(circuit, playback, clock):
    """A circuit that has been open for a while without a probe says nothing of PingOne any more, and the next does."""
    assert not circuit.is_known_down
    _fail(WithCircuit(playback(DOWN), circuit), clock)
    assert circuit.is_known_down
    clock.now += 5
    assert circuit.is_open
    assert not circuit.is_known_down
    _fail(WithCircuit(playback(DOWN), circuit), clock, times=1, step=0.0)
    assert circuit.is_known_down


def test_one_probe_closes(circuit, playback, ok, clock):
    """After the rest one call goes through; while it is under way others fail; its answer closes."""
    _fail(WithCircuit(playback(DOWN), circuit), clock)
    clock.now += 1

    def probing(request, call):
        with pytest.raises(CircuitOpen):
            WithCircuit(playback(ok), circuit)(GET, Call())
        with pytest.raises(CircuitOpen):
            circuit.check()
        return ok

    assert WithCircuit(probing, circuit)(GET, Call()) is ok
    assert not circuit.is_open
    circuit.check()


def _open(circuit, playback, clock):
    _fail(WithCircuit(playback(DOWN), circuit), clock)
    clock.now += 1


class _Probe:
    """A call that goes to see, in a thread of its own, and ends when it is told how."""

    def __init__(self, circuit, call) -> None:
        self._began, self._ends = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._result = self._pool.submit(WithGuard(WithCircuit(self._send, circuit), circuit), GET, call)
        assert self._began.wait(60)

    def _send(self, _request, _call):
        self._began.set()
        assert self._ends.wait(60)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    def end(self, outcome):
        self._outcome = outcome
        self._ends.set()
        with suppress(PingOneError):
            self._result.result()
        self._pool.shutdown()


@pytest.mark.parametrize("guarded", [True, False])
def test_siblings_wait_for_the_probe(circuit, playback, ok, clock, guarded):
    """Calls of the request that goes to see wait for its answer and then go; those of others fail at once."""
    _open(circuit, playback, clock)
    call = Call()
    probe = _Probe(circuit, call)
    send = WithCircuit(playback(*[ok] * 20), circuit)
    send = WithGuard(send, circuit) if guarded else send
    with ThreadPoolExecutor(20) as pool:
        siblings = [pool.submit(send, GET, replace(call, urgent=True)) for _ in range(20)]
        with pytest.raises(CircuitOpen):
            send(GET, Call())
        assert not any(each.done() for each in siblings)
        probe.end(ok)
        assert [each.result() for each in siblings] == [ok] * 20


def test_siblings_of_a_failed_probe_fail(circuit, playback, ok, clock):
    """When the probe finds PingOne down still, its siblings fail as soon as it does, and nothing of theirs is sent."""
    _open(circuit, playback, clock)
    call = Call()
    probe = _Probe(circuit, call)
    sender = playback(ok)
    with ThreadPoolExecutor(4) as pool:
        siblings = [pool.submit(WithCircuit(sender, circuit), GET, call) for _ in range(4)]
        probe.end(DOWN)
        assert all(isinstance(each.exception(), CircuitOpen) for each in siblings)
    assert not sender.requests


def test_siblings_of_a_probe_that_says_nothing_go_to_see(circuit, playback, ok, clock):
    """Where the probe ends without an answer about PingOne, one of those that waited takes its place."""
    _open(circuit, playback, clock)
    call = Call()
    probe = _Probe(circuit, call)
    with ThreadPoolExecutor(4) as pool:
        siblings = [pool.submit(WithCircuit(playback(ok), circuit), GET, call) for _ in range(4)]
        probe.end(OutOfTime("late"))
        assert all(each.result() is ok for each in siblings)
    assert not circuit.is_open


def test_siblings_wait_no_longer_than_a_probe_may_take(clock, playback):
    """A probe that hangs holds its siblings for as long as a call may hang, and not past their deadline."""
    circuit = Circuit(clock, threshold=3, patience=0.5, rest=1.0, stall=0.2)
    _open(circuit, playback, clock)
    for seconds in (60, 0.05):
        call = Call(deadline=clock.now + seconds)
        probe = _Probe(circuit, call)
        began = time.monotonic()
        with pytest.raises(CircuitOpen):
            WithCircuit(playback(DOWN), circuit)(GET, call)
        assert 0.04 < time.monotonic() - began < 50, "the longest wait is 0.2 s, and the deadline is a minute away"
        probe.end(DOWN)
        clock.now += 2


def test_a_token_that_goes_to_see_goes_for_its_request(circuit, playback, ok, clock):
    """Where the first call of a request has to fetch a token, and that is the probe, the others wait as well."""
    _open(circuit, playback, clock)
    call = Call()
    circuit.check(call)
    ticket = circuit.enter()
    with ThreadPoolExecutor(1) as pool:
        sibling = pool.submit(WithGuard(playback(ok), circuit), GET, call)
        with pytest.raises(TimeoutError):
            sibling.result(timeout=0.1)
        circuit.leave(ticket, failed=False)
        assert sibling.result() is ok


def test_who_was_refused_is_refused_whole(circuit, playback, ok, clock):
    """A request one of whose calls met another's probe has none of them carried out when that ends well."""
    _open(circuit, playback, clock)
    probe = _Probe(circuit, Call())
    send, call = WithGuard(WithCircuit(playback(*[ok] * 3), circuit), circuit), Call()
    with pytest.raises(CircuitOpen):
        send(GET, call)
    probe.end(ok)
    with pytest.raises(CircuitOpen):
        send(GET, call)
    assert send(GET, Call()) is ok
    clock.now += 1.1
    assert send(GET, call) is ok
    assert not circuit._siblings


def test_failed_probe(circuit, playback, clock):
    """A probe that fails leaves it open for another rest."""
    sender = playback(DOWN)
    send = WithCircuit(sender, circuit)
    _fail(send, clock)
    clock.now += 1
    _fail(send, clock, times=1, step=0.0)
    with pytest.raises(CircuitOpen):
        send(GET, Call())
    clock.now += 1.1
    _fail(send, clock, times=1)
    assert len(sender.requests) == 5


def test_failure_while_open(circuit, playback, clock):
    """A probe that fails is told as CircuitOpen unless it is a write that may be done, or the set-up's fault."""
    _fail(WithCircuit(playback(DOWN), circuit), clock)
    for error, kind in (
        (DOWN, CircuitOpen),
        (Unreachable("broke off", maybe_done=True), Unreachable),
        (Misconfigured("tls"), Misconfigured),
    ):
        clock.now += 1
        with pytest.raises(kind) as raised:
            WithCircuit(playback(error), circuit)(GET, Call())
        assert type(raised.value) is kind


def test_old_calls_do_not_put_off_the_probe(circuit, playback, ok, clock):
    """Calls from before that fail late do not move the time of the next probe."""
    tickets = [circuit.enter() for _ in range(2)]
    _fail(WithCircuit(playback(DOWN), circuit), clock)
    clock.now += 0.6
    for ticket in tickets:
        circuit.leave(ticket, failed=True)
    clock.now += 0.2
    assert WithCircuit(playback(ok), circuit)(GET, Call()) is ok


def test_hanging_calls_open(circuit, playback, ok, clock):
    """When calls hang and nothing is heard for a while, newcomers fail at once but for one probe."""
    hanging = [circuit.enter() for _ in range(2)]
    clock.now += 3
    circuit.check()
    clock.now += 1.5
    probe = circuit.enter()
    assert circuit.is_open
    with pytest.raises(CircuitOpen):
        circuit.enter()
    clock.now += 4.5
    second = circuit.enter()
    circuit.leave(hanging[0], failed=False)
    assert not circuit.is_open
    for ticket in (hanging[1], probe, second):
        circuit.leave(ticket, failed=None)
    assert WithCircuit(playback(ok), circuit)(GET, Call()) is ok


def test_answers_between_hanging_calls(circuit, clock):
    """Slow calls do not open it while others are answered."""
    for _ in range(2):
        circuit.enter()
    for _ in range(10):
        clock.now += 3
        circuit.leave(circuit.enter(), failed=False)
    assert not circuit.is_open


def test_guard(circuit, playback, ok, clock):
    """The guard lets pass while closed, and refuses while open without sending."""
    sender = playback(ok)
    guard = WithGuard(sender, circuit)
    assert guard(GET, Call()) is ok
    _fail(WithCircuit(playback(DOWN), circuit), clock)
    with pytest.raises(CircuitOpen):
        guard(GET, Call())
    assert len(sender.requests) == 1


def test_our_own_fault_leaves_no_ticket(circuit, playback):
    """An error that is none of PingOne's passes through and is not counted."""
    with pytest.raises(KeyError):
        WithCircuit(playback(KeyError("x")), circuit)(GET, Call())
    assert circuit._pending == {}


def test_hanging_calls_are_given_up(circuit, clock):
    """Where many calls hang and nothing is heard, those that waited long are hopeless; the circuit opens."""
    circuit.enter()
    clock.now += 5.0
    assert not circuit.is_hopeless(5.0)
    circuit.enter()
    assert circuit.is_hopeless(5.0)
    assert circuit.is_open
    assert not circuit.is_hopeless(3.9)


def test_slow_calls_beside_answered_ones_go_on(circuit, clock):
    """While PingOne answers others, a slow call is not hopeless."""
    circuit.enter()
    circuit.enter()
    clock.now += 5.0
    circuit.leave(object(), failed=False)
    assert not circuit.is_hopeless(5.0)
    assert not circuit.is_open


class _Shared:
    """Circuits of several processes over one state."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.state = _Cuttable(clock)

    def circuit(self, **others):
        news = SharedOutage(self.state, "a")
        return Circuit(self.clock, threshold=3, patience=0.5, rest=1.0, hanging=2, news=news, **others)


class _Cuttable(MemoryState):
    is_cut_off = False
    gets = 0

    def get(self, key):
        self.gets += 1
        return super().get(key)


@pytest.fixture
def shared(clock):
    return _Shared(clock)


def test_others_learn_that_it_is_open(shared, playback, clock):
    """Half a second after one circuit has opened, another fails at once too, but for one call that goes to see."""
    first, second = shared.circuit(), shared.circuit()
    second.check()
    _fail(WithCircuit(playback(DOWN), first), clock)
    assert first.is_open
    clock.now += 0.5

    def probing(request, call):
        with pytest.raises(CircuitOpen):
            second.check()
        raise DOWN

    with pytest.raises(CircuitOpen):
        WithCircuit(probing, second)(GET, Call())
    sender = playback(DOWN)
    with pytest.raises(CircuitOpen):
        WithCircuit(sender, second)(GET, Call())
    assert not sender.requests


def test_who_learns_it_from_others_says_so(shared, playback, clock):
    """A circuit that opened because another did does not say that its own calls hang."""
    causes = []
    second = shared.circuit(opened=causes.append)
    second.check()
    _fail(WithCircuit(playback(DOWN), shared.circuit()), clock)
    clock.now += 0.5
    with pytest.raises(CircuitOpen):
        WithCircuit(playback(DOWN), second)(GET, Call())
    assert causes == [{"cause": "another process gets no answer"}]


def test_one_answer_closes_all(shared, playback, ok, clock):
    """When a probe of one process is answered, the circuits of all are closed half a second later."""
    circuits = [shared.circuit() for _ in range(3)]
    _fail(WithCircuit(playback(DOWN), circuits[0]), clock)
    clock.now += 0.5
    for circuit in circuits[1:]:
        with pytest.raises(CircuitOpen):
            WithCircuit(playback(DOWN), circuit)(GET, Call())
    clock.now += 1.1
    WithCircuit(playback(ok), circuits[2])(GET, Call())
    clock.now += 0.5
    for circuit in circuits:
        circuit.check()
        assert not circuit.is_open


def test_who_has_just_had_an_answer_knows_better(shared, playback, ok, clock):
    """A process whose own line is down does not shut out one that PingOne answers."""
    lonely, well = shared.circuit(), shared.circuit()
    for _ in range(8):
        with pytest.raises((Unreachable, CircuitOpen)):
            WithCircuit(playback(DOWN), lonely)(GET, Call())
        well.check()
        WithCircuit(playback(ok), well)(GET, Call())
        clock.now += 0.3
    assert lonely.is_open
    assert not well.is_open


def test_news_nobody_confirms_are_forgotten(shared, playback, clock):
    """Where nobody calls any more, the circuit of another process is closed again after ten seconds."""
    first, second = shared.circuit(), shared.circuit()
    _fail(WithCircuit(playback(DOWN), first), clock)
    clock.now += 0.5
    with pytest.raises(CircuitOpen):
        WithCircuit(playback(DOWN), second)(GET, Call())
    assert second.is_open
    clock.now += 11
    second.check()
    assert not second.is_open


def test_looks_for_news_seldom(shared, playback, ok, clock):
    """A thousand calls in a second ask the state twice."""
    circuit = shared.circuit()
    send = WithGuard(WithCircuit(playback(ok), circuit), circuit)
    for _ in range(1000):
        send(GET, Call())
        clock.now += 0.001
    assert shared.state.gets <= 3


def test_a_cut_off_state_tells_nothing(shared, playback, clock):
    """While the shared state is cut off, each circuit goes by what it sees itself."""
    first, second = shared.circuit(), shared.circuit()
    shared.state.is_cut_off = True
    _fail(WithCircuit(playback(DOWN), first), clock)
    clock.now += 0.6
    second.check()
    assert first.is_open
    assert not second.is_open
