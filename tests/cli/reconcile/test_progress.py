"""What a long command says on its way: one line on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import io

import pytest

from scimbridge.cli.reconcile.progress import ReconcileProgress
from scimbridge.sync.applying.values import ApplyProgress


class Watched(io.StringIO):
    """A stream at which somebody sits."""

    def isatty(self):
        """Say so."""
        return True


class Seconds:
    """A clock that is set."""

    at = 0.0

    def __call__(self):
        """Return what it was set to."""
        return self.at


@pytest.fixture
def seconds():
    return Seconds()


def progress_of(settled, seconds, waiting=""):
    return ApplyProgress("update", settled, 1_000, 3, 2, settled, seconds, 60.0, 12.4, waiting)


def test_lines_come_every_ten_seconds_where_nobody_watches(seconds):
    """Stage, done of all, pace against the limit, time left, failures."""
    stream = io.StringIO()
    progress = ReconcileProgress(100.0, stream, seconds)
    for seconds.at in range(25):
        progress.apply(progress_of(seconds.at * 50, float(seconds.at)))
    lines = stream.getvalue().splitlines()
    assert lines == [
        "scimbridge: update: 500 of 1,000 lines, 50 calls a second of 60, 12 s left, 3 failed, 2 drifted",
        "scimbridge: update: 1,000 of 1,000 lines, 50 calls a second of 60, 12 s left, 3 failed, 2 drifted",
    ]


def test_waiting_is_said_at_once(seconds):
    """Whoever looks sees why nothing goes on, and that it does again."""
    stream = io.StringIO()
    progress = ReconcileProgress(100.0, stream, seconds)
    for waiting in ("", "PingOne does not answer at present; waiting for it", ""):
        seconds.at += 1
        progress.apply(progress_of(1, 1.0, waiting))
    first, second = stream.getvalue().splitlines()
    assert first.endswith("2 drifted; PingOne does not answer at present; waiting for it")
    assert second.endswith("2 drifted")


def test_a_terminal_has_one_line_that_goes_at_the_end(seconds):
    """Each text covers the one before, and nothing of it stays."""
    stream = Watched()
    progress = ReconcileProgress(100.0, stream, seconds)
    for stage, done in (("source", 10_000), ("source", 20_000), ("directory", 200)):
        seconds.at += 0.5
        progress.plan(stage, done, None if stage == "source" else 4_000)
    progress.end()
    assert "\n" not in stream.getvalue()
    parts = stream.getvalue().split("\r")
    assert parts[1] == "source: 10,000, 0 calls a second of 100"
    assert parts[3].startswith("directory: 200 of 4,000")
    assert parts[-2].strip() == ""


def test_a_terminal_is_not_flooded(seconds):
    """Within a moment, only another stage is news."""
    stream = Watched()
    progress = ReconcileProgress(100.0, stream, seconds)
    for number in range(100):
        progress.plan("source" if number < 50 else "directory", number, None)
    assert stream.getvalue().count("\r") == 2


def test_calls_are_counted_for_the_pace(seconds):
    """By whatever thread they were made."""
    stream = io.StringIO()
    progress = ReconcileProgress(100.0, stream, seconds)
    for _call in range(200):
        progress.count(None)
    seconds.at = 10.0
    progress.plan("directory", 1, 2)
    assert stream.getvalue() == "scimbridge: directory: 1 of 2, 20 calls a second of 100\n"
