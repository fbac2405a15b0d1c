"""What became of the members that a request named: added, removed, not done, or lost on the way. Ids, and no names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemberResults:
    """Ids of members by what became of them; who was so before is nowhere here.

    `added` and `removed` are changed by this request and stay so. `not_done`: refused, not tried any more, or taken
    back. `unknown`: PingOne's answer was lost, so that they may be changed or not.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
