"""A change whose answer was lost is looked at before it is sent again."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import NotThere, PingOneError, Refused, Unreachable
from scimbridge.pingone.settling import TRIES, settle


def lost():
    """Return the failure of a call that may be done."""
    return Unreachable("lost", maybe_done=True)


class Script:
    """Does one thing after the other, and counts."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.asked = []

    def __call__(self, *arguments):
        """Return or raise what comes next."""
        self.asked.append(arguments)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_nothing_is_looked_at_without_need():
    """An answer, and a refusal of the first try, are what they are."""
    look = Script()
    assert settle(Script({"a": 1}), look) == {"a": 1}
    with pytest.raises(Refused):
        settle(Script(Refused("no", status=400)), look)
    assert look.asked == []


def test_what_was_done_is_not_sent_again():
    """Where the look finds it, that is the answer."""
    send = Script(lost())
    assert settle(send, Script({"a": 1})) == {"a": 1}
    assert len(send.asked) == 1


def test_what_was_not_done_is_sent_again():
    """Where the look finds nothing it is sent again, and looked at again after a refusal."""
    assert settle(Script(lost(), {"a": 1}), Script(None)) == {"a": 1}
    look = Script(None, {"a": 2})
    assert settle(Script(lost(), Refused("used", status=400)), look) == {"a": 2}
    with pytest.raises(Refused):
        settle(Script(lost(), Refused("used", status=400)), Script(None, None))


def test_what_nobody_knows():
    """Where the look fails, or every answer is lost, the failure says that it may be done."""
    for send, look in (
        (Script(lost()), Script(Unreachable("gone"))),
        (Script(lost()), Script(NotThere("gone", status=404))),
        (Script(*(lost() for _ in range(TRIES))), Script(*[None] * TRIES)),
    ):
        with pytest.raises(PingOneError) as error:
            settle(send, look)
        assert error.value.maybe_done
        assert send.outcomes == []
