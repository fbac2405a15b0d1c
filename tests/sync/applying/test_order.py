"""In which order lines are carried out, and in which blocks."""

from __future__ import annotations

from scimbridge.sync.applying.order import STAGES, ApplyStage, blocks
from scimbridge.sync.plans.lines import GROUP, KINDS, USER, PlanLine


def test_every_kind_has_its_stage():
    """No line of a plan is forgotten."""
    assert {stage.do for stage in STAGES} == set(KINDS)
    order = [(stage.do, stage.on) for stage in STAGES]
    assert order.index(("create", GROUP)) < order.index(("create", USER)) < order.index(("join", USER))
    assert order[-1] == ("delete", USER)
    assert order.index(("disable", USER)) < order.index(("leave", USER)) < order.index(("enable", USER))


def test_blocks_leave_out_what_is_settled_and_what_is_of_another_type():
    """A block has fifty lines with their places in the whole kind, without settled ones and those of another type."""
    kinds = [GROUP if number == 3 else USER for number in range(110)]
    lines = [PlanLine(do="create", on=kind, key=str(number), why="") for number, kind in enumerate(kinds)]
    found = list(blocks(lines, ApplyStage("create"), {0, 109}))
    assert [len(block) for block in found] == [50, 50, 7]
    places = [place for block in found for place, _line in block]
    assert places == [number for number in range(1, 109) if number != 3]
    assert [place for block in blocks(lines, ApplyStage("create", GROUP)) for place, _line in block] == [3]
    assert list(blocks([], ApplyStage("update"))) == []
