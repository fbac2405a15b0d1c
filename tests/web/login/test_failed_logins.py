"""Failed logins in the log: one line a minute for each address, with a count."""

from __future__ import annotations

import pytest

from scimbridge.web.login import failed_logins
from scimbridge.web.login.failed_logins import MINUTE, MOST, FailedLogins


class Clock:
    now = 1000.0

    def __call__(self):
        """Return seconds."""
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(monkeypatch):
    """What was logged: address, count and reason."""
    told = []

    class Log:
        def warning(self, event, **fields):
            assert event == "login refused"
            told.append((fields["address"], fields["count"], fields["reason"]))

    monkeypatch.setattr(failed_logins, "log", Log())
    return told


def test_the_first_is_told_at_once_and_the_others_together(clock, lines):
    """An address has one line a minute: the first failure, then how many came in the minute after it."""
    failures = FailedLogins(clock)
    for _ in range(50):
        failures.note("192.0.2.1", "wrong")
    assert lines == [("192.0.2.1", 1, "wrong")]
    failures.settle()
    assert len(lines) == 1
    clock.now += MINUTE
    failures.settle()
    assert lines[1:] == [("192.0.2.1", 49, "wrong")]
    for _ in range(3):
        failures.note("192.0.2.1", "wrong")
    assert len(lines) == 2
    clock.now += MINUTE
    failures.note("192.0.2.2", "other")
    assert lines[2:] == [("192.0.2.1", 3, "wrong"), ("192.0.2.2", 1, "other")]


def test_a_quiet_address_is_forgotten(clock, lines):
    """Who fails again after a quiet minute is told at once again, and nothing is remembered for ever."""
    failures = FailedLogins(clock)
    failures.note("192.0.2.1", "wrong")
    clock.now += MINUTE
    failures.settle()
    assert failures._counts == {}
    assert failures._due is None
    failures.note("192.0.2.1", "wrong")
    assert lines == [("192.0.2.1", 1, "wrong")] * 2


def test_no_more_addresses_are_kept_than_fit(clock, lines):
    """Many addresses fill no memory: the oldest makes place, and its count is told."""
    failures = FailedLogins(clock)
    failures.note("192.0.2.1", "wrong")
    failures.note("192.0.2.1", "wrong")
    for number in range(MOST):
        failures.note(f"10.0.{number // 256}.{number % 256}", "wrong")
    assert len(failures._counts) == MOST
    assert lines[-1] == ("192.0.2.1", 1, "wrong")
    assert sum(count for _, count, _ in lines) == MOST + 2


def test_one_network_of_ipv6_is_one_source(clock, lines):
    """Who has a whole network counts once, and an address that is none is told as unknown."""
    failures = FailedLogins(clock)
    failures.note("2001:db8:1:2::1", "wrong")
    failures.note("2001:db8:1:2:ffff::1", "wrong")
    failures.note("::ffff:192.0.2.1", "wrong")
    failures.note("<script>", "wrong")
    assert [address for address, _, _ in lines] == ["2001:db8:1:2::/64", "192.0.2.1", "unknown"]
