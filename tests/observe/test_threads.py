from __future__ import annotations

from contextvars import ContextVar

from scimbridge.observe.threads import InContext

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
