"""PingOne that throttles: it is said at once, waited for within a bound, and the end says what to do."""

from __future__ import annotations

import pytest

from scimbridge.ops.checking.machine import Machine
from scimbridge.ops.checking.patience import BOUND, GivenUp, Patience
from scimbridge.pingone.errors import Throttled
from scimbridge.pingone.send import Call, CallRecord, Request


def record(status):
    return CallRecord("GET", "/users", status, 0.1, 1, None)


def test_a_check_that_is_throttled_says_so_and_ends(run_check, sandbox, clock):
    """Every wait is told before it begins, all together keep to the bound, and the rest is not called good."""
    told = []
    sandbox.faults.set(rate=0.001, burst=3, retry_after=9)
    before = clock.offset
    said = run_check(machine=Machine(tell=told.append))
    assert said.code == 1
    assert told
    assert "PingOne throttles this application (429): waiting" in told[0]
    assert clock.offset - before <= BOUND + 5
    (fault,) = said.faults
    assert "rate: PingOne throttles this application (429)" in fault
    assert "run check again in" in fault
    assert any(line.startswith("not tried everything else") for line in said.lines)
    assert "not tried (everything else)" in said.lines[-1]


def test_waits_are_added_up():
    """Many short waits end as one long one does, and what is waited for another reason does not count."""
    slept, told = [], []
    patience = Patience(slept.append, told.append)
    patience.observe(record(503))
    patience.sleep(100.0)
    patience.observe(record(429))
    patience.sleep(20.0)
    patience.sleep(10.0)
    with pytest.raises(GivenUp):
        patience.sleep(1.0)
    assert slept == [100.0, 20.0, 10.0]
    assert len(told) == 2


def test_what_was_made_is_deleted_however_long_that_takes():
    """Nothing is given up while throw-aways go."""
    patience = Patience(lambda _seconds: None, lambda _sentence: None)
    patience.observe(record(429))
    patience.lasting = True
    patience.sleep(10 * BOUND)

    def refuse(_request, _call):
        raise Throttled("slow down", status=429, retry_after=7.0)

    with pytest.raises(Throttled):
        patience.over(refuse)(Request("GET", "/users"), Call())
    patience.lasting = False
    with pytest.raises(GivenUp) as given_up:
        patience.over(refuse)(Request("GET", "/users"), Call())
    assert given_up.value.seconds == 7.0
