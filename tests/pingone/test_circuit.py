"""The circuit: closed, open, and back."""

from __future__ import annotations

import pytest

from scimbridge.pingone.circuit import Circuit, WithCircuit, WithGuard
from scimbridge.pingone.errors import (
    CircuitOpen,
    Misconfigured,
    NotThere,
    OutOfTime,
    Refused,
    Throttled,
    Unreachable,
)
from scimbridge.pingone.send import Call, Request

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
