"""Whether a record was changed through this bridge, on whichever node, since somebody has read it.

Who reads a record before it holds it, as long work does for many at a time, remembers its mark from before that, and
asks again when it holds the record. A mark is made after the calls of a change, while the record is still held. The
state may lose marks; then a change of the last minute may go unseen, as one by another hand at PingOne itself does.
"""

from __future__ import annotations

from collections.abc import Sequence

from scimbridge.state.base import State, new_owner

KEPT = 60.0  # seconds, which is longer than what was read is believed


class ChangeMarks:
    """The marks of one kind of records."""

    def __init__(self, state: State, kind: str) -> None:
        self._state = state
        self._kind = kind

    def note(self, key: str) -> None:
        """Mark a record that was changed, or perhaps was."""
        self._state.set(self._name(key), new_owner().encode(), KEPT)

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the present marks: one round trip."""
        return self._state.get_many([self._name(key) for key in keys]) if keys else []

    def _name(self, key: str) -> str:
        return f"changed:{self._kind}:{key.lower()}"
