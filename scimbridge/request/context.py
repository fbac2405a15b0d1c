"""One request to a resource, what its answer shows, and the reply: plain values between the edge and the resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.mapping.plan import Changes
from scimbridge.mapping.tables.table import Table
from scimbridge.pingone.send import Call
from scimbridge.request.member_results import MemberResults
from scimbridge.request.progress import Progress
from scimbridge.scim.reading import Manner
from scimbridge.sides import Native


def _always() -> bool:
    return True


def _never(_act: Callable[[], object]) -> None:
    pass


class Notes:
    """What is told of a request while it is carried out, for its record in the trail; these forget it.

    Every method costs next to nothing and never fails, save `begin`.
    """

    __slots__ = ()

    def begin(self) -> None:
        """Be told that the first call to PingOne comes next. Raises `Unavailable` where that may not be."""

    def follow(self, progress: Progress) -> Progress:
        """Be told where the steps of a change are noted, and return that."""
        return progress

    def planned(self, table: Table, changes: Changes, record: Mapping[str, Any] | None = None) -> None:
        """Be told what changes, against PingOne's `record` where it was read."""

    def left_out(self, name: str) -> None:
        """Be told of what was planned and is not written after all, by its SCIM path."""

    def dropped(self, names: tuple[str, ...]) -> None:
        """Be told of what was written and PingOne did not keep, by its SCIM paths."""

    def made(self, key: str) -> None:
        """Be told the id of a resource that a create has made."""

    def found(self, key: str) -> None:
        """Be told the id of a resource that an earlier try of a create has made."""

    def joined(self, results: MemberResults) -> None:
        """Be told what became of members that were to be added or removed; what is told last holds."""

    def left(self, groups: Iterable[str]) -> None:
        """Be told the ids of groups that a user has left by its deletion or its move."""

    def came(self, step: str) -> None:
        """Be told how far a change came that then ended: what is done of a step."""

    def answered(self, reply: Reply) -> Reply:
        """Be told the answer, and return it."""
        return reply

    def asked(self, names: tuple[str, ...], key: str) -> None:
        """Be told the names of what an operation was given, and the id of the resource that it is about."""

    def about(self, part: str) -> None:
        """Be told the id of what an operation is about below its resource: a session, a device, the group it joins.

        What is told first holds.
        """

    def became(self, states: Mapping[str, Any]) -> None:
        """Be told what an operation's answer says of the state of its resource; states are nobody's secret."""

    def filtered(self, names: tuple[str, ...]) -> None:
        """Be told the attributes that a search names."""

    def listed(self, message: dict[str, Any]) -> dict[str, Any]:
        """Be told the answer to a search, and return it."""
        return message


UNNOTED = Notes()


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record that was read before it is held, and the mark of its last change from before that (`once`)."""

    record: Native
    mark: bytes | None


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What every verb needs to know of a request beside its body: who asks, how strictly, on which conditions.

    `is_present` tells whether the client still waits for its answer; `if_missed` is given what to do should it come out
    that the answer did not reach it. `bulk`: it is one operation of a bulk request. `notes` is told what becomes of it.
    `address` is the peer's, as far as trusted proxies tell it. `reached` are the ids of records that it was shown,
    which `reach` keeps; `dropped` the SCIM paths of what PingOne did not keep. `known` is the record that a change is
    of, where whoever asks has read it just now: the change starts from it instead of a read.
    """

    caller: Caller
    call: Call
    manner: Manner
    if_match: str | None = None
    if_none_match: str | None = None
    is_present: Callable[[], bool] = field(default=_always, compare=False)
    if_missed: Callable[[Callable[[], object]], object] = field(default=_never, compare=False)
    bulk: bool = False
    notes: Notes = field(default=UNNOTED, compare=False)
    address: str = field(default="", compare=False)
    reached: set[str] = field(default_factory=set, compare=False, repr=False)
    dropped: dict[str, None] = field(default_factory=dict, compare=False, repr=False)
    known: KnownRecord | None = field(default=None, compare=False, repr=False)

    @property
    def is_conditional(self) -> bool:
        """Whether a change is only to be made if the resource's present version fits (RFC 9110 §13.1)."""
        return self.if_match is not None or self.if_none_match is not None


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """What the answer to a request shows; verbs that show nothing are not told.

    `base` is the SCIM base URL that locations are made of. `minimal`: the client wants no body (RFC 7240). `also` names
    attributes that are shown beside what is shown anyway.
    """

    base: str
    attributes: str | None = None
    excluded: str | None = None
    minimal: bool = False
    also: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client is answered: `body` None is an answer without one."""

    status: int
    body: dict[str, Any] | None = None
    location: str | None = None
    etag: str | None = None
