"""The calls of one request while PingOne is taken for down: all of them go, or none does.

A request that changes many things makes many calls at once. Were each judged by itself, those that come a moment
before PingOne's first answer would fail and those behind it would go: a change half done after an outage that is over.
So who belongs to the call that goes to see waits for what it finds, and who belongs to one that was refused is refused
as well.

Knows only which calls belong together. Not safe for threads by itself; times are seconds of one clock.
"""

from __future__ import annotations

_TOGETHER = 1.0  # seconds in which the calls of one request are judged alike


class Siblings:
    """What was decided for requests, each of which is an object of its own; None is a call that belongs to none."""

    def __init__(self) -> None:
        self._admitted: dict[object, None] = {}
        self._refused: dict[object, float] = {}  # until when, those refused first in front

    def __bool__(self) -> bool:
        """Whether any request was refused lately, as far as nobody has looked since."""
        return bool(self._refused)

    def admit(self, request: object) -> None:
        """Note that a call of it may go to see."""
        if request is not None:
            self._admitted[request] = None

    def is_admitted(self, request: object) -> bool:
        """Whether a call of it may go to see, or is on its way."""
        return request in self._admitted

    def forget_admitted(self) -> None:
        """Note that it is known what there was to see."""
        self._admitted.clear()

    def refuse(self, request: object, now: float) -> None:
        """Note that a call of it was refused."""
        self._forget(now)
        if request is not None:
            self._refused.setdefault(request, now + _TOGETHER)

    def is_refused(self, request: object, now: float) -> bool:
        """Whether a call of it was refused a moment ago."""
        self._forget(now)
        return request in self._refused

    def _forget(self, now: float) -> None:
        while self._refused:
            first = next(iter(self._refused))
            if self._refused[first] > now:
                return
            del self._refused[first]
