"""One request to a resource, and the reply to it: plain values between the edge and the resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.pingone.send import Call
from scimbridge.scim.reading import Manner

_SERVER_FAULT = 500
_TOO_MANY = 429


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Ask:
    """What every verb needs to know of a request beside its body.

    `base` is the SCIM base URL that locations are made of. `minimal`: the client wants no body (RFC 7240).
    `is_present` tells whether the client still waits for its answer.
    """

    caller: Caller
    call: Call
    manner: Manner
    base: str
    attributes: str | None = None
    excluded: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    minimal: bool = False
    is_present: Callable[[], bool] = field(default=_always, compare=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client is answered: `body` None is an answer without one."""

    status: int
    body: dict[str, Any] | None = None
    location: str | None = None
    etag: str | None = None


@dataclass(slots=True)
class Progress:
    """Which steps of a request are done, so that a failure half way can say so."""

    planned: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def plan(self, *steps: str) -> None:
        """Name the steps to come."""
        self.planned.extend(steps)

    def finish(self, step: str) -> None:
        """Note that a step is done."""
        self.done.append(step)

    def clear(self) -> None:
        """Note that what was done is taken back."""
        self.done.clear()

    def tell(self, status: int) -> str:
        """Return a sentence on what was done before a failure of that status, empty where nothing was."""
        if not self.done:
            return ""
        open_steps = [step for step in self.planned if step not in self.done]
        rest = f"; not done: {', '.join(open_steps)}" if open_steps else ""
        passing = status >= _SERVER_FAULT or status == _TOO_MANY
        end = (
            "the same request sent again finishes it"
            if passing
            else "what is done stands, a right request does the rest"
        )
        return f" (done before: {', '.join(self.done)}{rest}; {end})"
