"""Whose a throw-away is, and what of it goes."""

from __future__ import annotations

import pytest

from scimbridge.ops.checking.trying.throwaways import OLD, Signature

HERE, ELSEWHERE = "0a0a0a0a", "0b0b0b0b"
NOW = 1_800_000_000.0


def signature(host=HERE, process=7, alive=()):
    return Signature(host, process, lambda number: number in alive, lambda: "0123456789abcdef")


@pytest.mark.parametrize(
    ("maker", "age", "alive", "left"),
    [
        (signature(), 1.0, (), True),  # a run of this process has ended when the next one begins
        (signature(process=8), 1.0, (8,), False),
        (signature(process=8), 1.0, (), True),
        (signature(process=8), OLD, (8,), True),  # the number was given to another process since
        (signature(ELSEWHERE), 1.0, (), False),
        (signature(ELSEWHERE), OLD, (), True),
    ],
)
def test_what_a_run_left_behind(maker, age, alive, left):
    """Of this machine, what no process is at work on; of any other, what is old; and nothing that may be in use."""
    assert signature(alive=alive).is_left(maker.sign(), NOW - age, NOW) is left


@pytest.mark.parametrize(
    "name", ["scimbridge-check-me", "jane", "", f"{signature().sign()}x", signature().sign().upper()]
)
def test_names_that_no_run_gives(name):
    """They are somebody's, however like they look and however old they are."""
    assert signature().is_left(name, 0.0, NOW) is None


def test_a_name_fits_both_kinds():
    """It is short enough for a user name (128), and has what a group's name and an address may have."""
    assert signature().sign() == "scimbridge-check-0a0a0a0a000000070123456789abcdef"
