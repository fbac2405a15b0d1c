"""Every condition has its two sentences, at a level that is looked at."""

from __future__ import annotations

import pytest
import structlog

from scimbridge.pingone.sending import conditions
from scimbridge.pingone.sending.announcements import announce
from scimbridge.pingone.sending.conditions import Change

ERRORS = (conditions.CIRCUIT, conditions.UNREACHABLE, conditions.TOKEN, "forbidden GET /groups/{id}")
WARNINGS = (conditions.THROTTLED, conditions.PAUSED)


@pytest.mark.parametrize("what", [*ERRORS, *WARNINGS])
def test_begin_and_end_are_one_line_each(what):
    """What is wrong is told with its facts and what to do, its end with how long it lasted."""
    with structlog.testing.capture_logs() as lines:
        announce(Change(what, True, {"cause": "so", "host": "api.pingone.eu"}))
        announce(Change(what, False, {"cause": "so", "host": "api.pingone.eu"}, 12.34))
    begins, ends = lines
    assert begins["log_level"] == ("error" if what in ERRORS else "warning")
    assert (begins["cause"], begins["host"]) == ("so", "api.pingone.eu")
    assert begins["remedy"]
    assert (ends["log_level"], ends["seconds"], ends["host"]) == ("warning", 12.3, "api.pingone.eu")
    assert begins["event"] != ends["event"]
    assert begins.get("call") == ends.get("call") == (what.partition(" ")[2] or None)
