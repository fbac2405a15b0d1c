"""How far a request of several steps came, so that a failure half way can say so and say nothing that may be wrong.

A step whose answer was lost is neither done nor not done: PingOne may have carried it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from scimbridge.pingone.errors import PingOneError
from scimbridge.scim.errors import ScimError, Unavailable

_SERVER_FAULT = 500
_TOO_MANY = 429


class PartlyDone(Unavailable):
    """A step of many calls failed, and some of them are done; its sentence says how many."""


@dataclass(slots=True)
class Progress:
    """Which steps of a request are done, perhaps done, or done in part; the other planned ones are not done."""

    planned: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    perhaps: list[str] = field(default_factory=list)
    partly: list[str] = field(default_factory=list)
    taken_back: bool = False

    def plan(self, *steps: str) -> None:
        """Name the steps to come."""
        self.planned.extend(steps)

    def finish(self, step: str) -> None:
        """Note that a step is done."""
        self.done.append(step)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Carry out a step inside. Where that fails, what is known of the step is noted."""
        try:
            yield
        except (PingOneError, ScimError) as error:
            if may_be_done(error):
                self.perhaps.append(name)
            elif isinstance(error, PartlyDone):
                self.partly.append(name)
            raise
        self.done.append(name)

    @contextmanager
    def taking_back(self) -> Iterator[None]:
        """Take back inside what was done, because of a refusal that is told next.

        Where PingOne fails there, what was done stays told as done: the refusal is the answer, and this its end.
        """
        try:
            yield
        except PingOneError as error:
            if error.maybe_done:
                self.perhaps.append("taken back")
            return
        self.done.clear()
        self.taken_back = True

    def tell(self, status: int) -> str:
        """Return a sentence on what was done before a failure of that status, empty where nothing can have been."""
        told = (("done before", self.done), ("perhaps done", self.perhaps), ("done in part", self.partly))
        parts = [f"{word}: {', '.join(steps)}" for word, steps in told if steps]
        if not parts:
            return ""
        known = {*self.done, *self.perhaps, *self.partly}
        if left := [step for step in self.planned if step not in known]:
            parts.append(f"not done: {', '.join(left)}")
        passing = status >= _SERVER_FAULT or status == _TOO_MANY
        parts.append(
            "the same request sent again finishes it"
            if passing
            else "what is done stands, a right request does the rest"
        )
        return f" ({'; '.join(parts)})"


def may_be_done(error: BaseException) -> bool:
    """Whether PingOne may have carried out a change that ended in this error."""
    return any(isinstance(cause, PingOneError) and cause.maybe_done for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
