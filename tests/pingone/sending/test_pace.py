"""When calls may go: never faster than the rate, slower after a 429, back again after a while."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.pingone.sending.pace import Pace


def _go(pace, now):
    """Let one call go as early as it may; return when."""
    now = max(now, pace.ready_at(now))
    pace.take(now)
    return now


@given(
    st.sampled_from([1, 2, 10, 50, 100]),
    st.lists(st.floats(0, 2), min_size=1, max_size=250),
    st.sets(st.integers(0, 249), max_size=5),
)
def test_no_second_holds_more_than_the_rate(rate, arrivals, throttled):
    """However calls come, and wherever a 429 falls, no span of one second holds more calls than the rate."""
    pace = Pace(rate)
    now, gone = 0.0, []
    for place, gap in enumerate(arrivals):
        now = _go(pace, now + (gap if gap > 1 else 0.0))
        gone.append(now)
        if place in throttled:
            pace.yield_to(now, now, 0.5)
    for place in range(len(gone) - rate):
        assert gone[place + rate] - gone[place] >= 1.0 - 1e-9


def test_full_use():
    """Under load at least 95 of 100 possible calls are made, and evenly."""
    pace = Pace(100)
    now, gone = 0.0, []
    for _ in range(1000):
        now = _go(pace, now)
        gone.append(now)
    assert gone[-1] <= 10.5
    assert max(later - sooner for sooner, later in pairwise(gone)) < 0.2


def test_at_once_after_a_rest():
    """After a rest a few calls go at once, a tenth of a second's worth."""
    pace = Pace(50)
    assert [_go(pace, 10.0) for _ in range(5)] == [10.0] * 5
    assert pace.ready_at(10.0) > 10.0


def test_one_cut_for_calls_that_were_together():
    """Twenty calls that were under way together and got 429 cut the rate once, to 0.7 of it."""
    pace = Pace(100)
    for _ in range(20):
        pace.yield_to(5.0, 4.9, None)
    assert pace.rate == pytest.approx(70)
    pace.yield_to(5.5, 5.2, None)
    assert pace.rate < 60


def test_pause_for_everybody():
    """Retry-After holds everything back, for 30 s at most."""
    pace = Pace(100)
    pace.yield_to(5.0, 5.0, 3.0)
    assert pace.ready_at(5.0) == 8.0
    pace.yield_to(5.0, 5.0, 4000.0)
    assert pace.ready_at(5.0) == 35.0


def test_recovery():
    """The rate comes back by addition: fast to near the trouble, slowly beyond, never over the setting."""
    pace = Pace(100)
    pace.yield_to(0.0, 0.0, None)
    rates = []
    for tenth in range(1, 201):
        pace.ready_at(tenth / 10)
        rates.append(pace.rate)
    assert rates == sorted(rates)
    assert rates[9] == pytest.approx(80)
    assert rates[19] == pytest.approx(90)
    assert rates[29] == pytest.approx(90.5)
    assert rates[-1] == pytest.approx(99)
    pace.ready_at(60.0)
    assert pace.rate == 100


def test_true_limit_is_lower():
    """Where PingOne's limit is below the setting, calls settle a little below it, with few refusals."""
    pace = Pace(100)
    now, gone, refused = 0.0, [], 0
    while now < 300:
        now = _go(pace, now)
        if len(gone) >= 40 and now - gone[-40] < 1.0:
            refused += 1
            pace.yield_to(now, now, 1.0)
        else:
            gone.append(now)
    assert len([each for each in gone if each >= 60]) >= 0.8 * 40 * 240
    assert refused < 60


def test_fewer_at_once_after_429():
    """A 429 halves how many may go at once after a rest; a quiet minute gives that back."""
    pace = Pace(100)
    pace.yield_to(0.0, 0.0, None)

    def at_once(now):
        count = 0
        while pace.ready_at(now) <= now:
            pace.take(now)
            count += 1
        return count

    assert 4 <= at_once(50.0) <= 5
    assert 9 <= at_once(120.0) <= 10


def test_never_to_a_standstill():
    """Endless 429s leave a trickle."""
    pace = Pace(50)
    for second in range(100):
        pace.yield_to(float(second), float(second), None)
    assert pace.rate >= 1


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_rate_must_be_positive(rate):
    """No rate, no pace."""
    with pytest.raises(ValueError, match="rate"):
        Pace(rate)
