"""How a worker process is tuned."""

from __future__ import annotations

import gc
import sys

import pytest

from scimbridge.serve import tuning


@pytest.fixture
def _as_before():
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_as_before")
def test_a_worker_is_tuned_for_waiting_and_for_short_lives():
    """Threads change quickly, what is there at the start is not collected, and garbage still is."""
    tuning.tune()
    assert sys.getswitchinterval() == pytest.approx(tuning.SWITCH)
    assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    assert gc.get_threshold()[0] == tuning.YOUNG
