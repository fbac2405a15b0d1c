from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from scimbridge.observe.threads import InContext, working_for

WORD = ContextVar("WORD", default="none")


def test_work_runs_in_the_context_of_who_submits_it():
    """What is bound when work is submitted is bound in its thread, and what the work binds stays there."""

    def look(_number=0):
        seen = WORD.get()
        WORD.set("changed")
        return seen

    with InContext(2) as pool:
        WORD.set("first")
        assert pool.submit(look).result() == "first"
        WORD.set("second")
        assert list(pool.map(look, range(8))) == ["second"] * 8
        assert WORD.get() == "second"


def test_each_client_has_its_turn():
    """What one client has submitted by the hundred stands before one task of another's only once."""
    order, gate = [], threading.Event()
    with InContext(1) as pool:
        pool.submit(gate.wait)
        with working_for("greedy"):
            greedy = [pool.submit(order.append, "greedy") for _ in range(100)]
        with working_for("other"):
            other = [pool.submit(order.append, "other") for _ in range(3)]
        gate.set()
        for each in (*greedy, *other):
            each.result()
    assert order[:6] == ["greedy", "other"] * 3
    assert order[6:] == ["greedy"] * 97


def test_what_is_cancelled_takes_no_turn_and_a_failure_is_told():
    """A task that was cancelled is not carried out and holds up nobody; what a task raises, its future raises."""
    order, gate = [], threading.Event()
    with InContext(1) as pool:
        pool.submit(gate.wait)
        cancelled, kept = pool.submit(order.append, "cancelled"), pool.submit(order.append, "kept")
        failed = pool.submit(int, "no number")
        assert cancelled.cancel()
        gate.set()
        kept.result()
        with pytest.raises(ValueError, match="no number"):
            failed.result()
    assert order == ["kept"]
    with pytest.raises(RuntimeError):
        pool.submit(order.append, "late")
