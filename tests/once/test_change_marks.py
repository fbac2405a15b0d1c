"""Whether a record was changed through this bridge since it was read."""

from __future__ import annotations

from scimbridge.once.change_marks import ChangeMarks
from scimbridge.state.memory import MemoryState


def test_a_mark_tells_each_change_from_the_one_before():
    """A record that was never changed has none, each change another one, whatever letters its id is written in."""
    marks = ChangeMarks(MemoryState(lambda: 0.0), "users")
    assert marks.read(["A"]) == [None]
    marks.note("a")
    [first] = marks.read(["A"])
    marks.note("A")
    assert first is not None
    assert marks.read(["a", "b"]) != [first, None]
    assert marks.read(["a", "b"])[1] is None
    assert marks.read([]) == []
