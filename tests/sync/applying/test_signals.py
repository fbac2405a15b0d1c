"""Asked to stop by a signal."""

from __future__ import annotations

import os
import signal

import pytest

from scimbridge.sync.applying.signals import asked_to_stop
from tests.sync.applying.conftest import make_plan


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_an_apply_and_the_next_goes_on(floor, number):
    """After a signal in the middle nothing more is begun, exit code 4; what was under way is done and journalled."""
    plan = make_plan(floor.sandbox, *floor.updates(floor.users()[:50]))
    before = signal.getsignal(number)
    with asked_to_stop() as stop:

        def tell(progress):
            if progress.calls and not stop():
                os.kill(os.getpid(), number)

        applied = floor.apply(plan, stop=stop, tell=tell, parallel=2)
    assert applied.exit_code == 4
    assert applied.left == 50 - applied.count("done") > 0
    assert signal.getsignal(number) is before
    assert floor.apply(plan).exit_code == 0
    assert len(floor.writes) == applied.left


def test_a_second_signal_ends_the_process_as_ever():
    """Who cannot wait sends the signal again."""
    # What runs in the background of a shell ignores SIGINT from the first.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _stop_twice()
    finally:
        signal.signal(signal.SIGINT, before)


def _stop_twice():
    with asked_to_stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
