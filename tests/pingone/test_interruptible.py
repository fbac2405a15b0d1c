"""A wait for an answer is given up where it is hopeless, and only there."""

from __future__ import annotations

import time

import pytest

from scimbridge.pingone.errors import Unreachable
from scimbridge.pingone.wire import Wire

LONG = 60.0


@pytest.fixture
def exchange(host):
    """Send one request to the host through connections that ask `hopeless` while they wait."""

    def send(method, hopeless):
        wire = Wire(clock=time.monotonic, timeout=LONG, hopeless=hopeless)
        try:
            return wire.exchange(method, host.url, {}, None, time.monotonic() + LONG)
        finally:
            wire.close()

    return send


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_hopeless_wait(host, exchange, behaviours, method):
    """A call that is given up is Unreachable, may be done if it writes, and is told how long it has waited."""
    host.play(behaviours["slow"](LONG, behaviours["answer"]()))
    asked = []

    def hopeless(waited):
        asked.append(waited)
        return len(asked) > 1

    with pytest.raises(Unreachable, match="in time") as error:
        exchange(method, hopeless)
    assert error.value.maybe_done == (method == "POST")
    assert asked == sorted(asked)
    assert len(asked) == 2


def test_hopeful_wait(host, exchange, behaviours):
    """A slow answer is waited for while there is hope."""
    host.play(behaviours["slow"](0.6, behaviours["answer"]()))
    asked = []
    assert exchange("GET", lambda waited: bool(asked.append(waited))).status == 200
    assert asked
