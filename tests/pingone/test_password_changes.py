"""Whether a password was changed by a call whose answer was lost is told from when it was changed."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

import pytest

from scimbridge.pingone.errors import Fault, OutOfTime, Refused, Unreachable
from scimbridge.pingone.password_changes import WithPasswordChanges
from scimbridge.pingone.send import Call, Request, Response

CALL, PATH = Call(), "/users/u/password"
NOW = 1_790_000_000.0
LOST = Unreachable("lost", maybe_done=True)
USED = Refused("used", status=400, faults=(Fault("UNIQUENESS_VIOLATION", "password"),))
SHORT = Refused("short", status=400, faults=(Fault("INVALID_VALUE", "password"),))


class PingOne:
    """Tells the state of one password, and which clock it has."""

    def __init__(self, changed=None):
        self.now, self.changed = NOW, changed

    def __call__(self, _request, _call):
        """Answer."""
        state = {"status": "OK"}
        if self.changed is not None:
            state["lastChangedAt"] = datetime.fromtimestamp(self.changed, UTC).isoformat(timespec="milliseconds")
        return Response(200, {"Date": formatdate(self.now, usegmt=True)}, state)


@pytest.fixture
def pingone():
    return PingOne()


@pytest.fixture
def layer(pingone):
    return WithPasswordChanges(pingone, clock=lambda: pingone.now)


def look_after(layer, pingone, seconds, error=LOST):
    """Look after so many seconds."""
    look = layer.watch(PATH, CALL)
    pingone.now += seconds
    return look(error)


@pytest.mark.parametrize(("changed", "is_found"), [(NOW - 30, False), (NOW - 2, False), (NOW + 2, True), (None, False)])
def test_by_the_time(layer, pingone, changed, is_found):
    """A change since the call went out is that of the call, and an older one is not."""
    pingone.changed = changed
    assert (look_after(layer, pingone, 5) is not None) is is_found


def test_by_what_was_told(layer, pingone):
    """What was told before the call, however shortly, is not what the call did; another one is."""
    pingone.changed = NOW - 0.2
    layer(Request("GET", PATH), CALL)
    assert look_after(layer, pingone, 0.1) is None
    pingone.changed = pingone.now
    assert look_after(layer, pingone, 0.1) is not None
    assert look_after(layer, pingone, 0.1) is None


@pytest.mark.parametrize(("error", "is_found"), [(LOST, False), (USED, True), (SHORT, False)])
def test_what_the_time_leaves_open(layer, pingone, error, is_found):
    """Within the second that the clock leaves open it is sent again, and that it was used says that it was set."""
    pingone.changed = NOW + 0.05
    assert (look_after(layer, pingone, 0.1, error) is not None) is is_found


def test_what_nobody_knows(layer, pingone):
    """A failure that says nothing of the password leaves open what became of it."""
    pingone.changed = NOW + 0.05
    with pytest.raises(OutOfTime):
        look_after(layer, pingone, 0.1, OutOfTime("late"))
