"""What this bridge changed in groups within the last minute, which PingOne's lists of members may not show yet.

A list that lags is no truth about what was changed here just now (docs/pingone.md §9): a difference made from it would
drop the removal of somebody who was added a moment ago. So each change of a group's members is noted, on all nodes that
share `state`, and lies over every list that decides which calls are made. Deletes and moves of members end memberships
in many groups at once and are noted by the member. The state may lose all of this; whoever asks is told so, and then
skips no call for a list's sake. Knows ids and times, and makes no call to PingOne.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from uuid import UUID

from scimbridge.mapping.links import Links, Member
from scimbridge.pingone.kinds import GROUPS, USERS
from scimbridge.request.ids import is_id
from scimbridge.state.base import State

Record = dict[str, Any]
REMEMBERED = 75.0  # seconds: a minute, and what the clocks of nodes may differ by
MOST = 20_000  # changes that are remembered of one group
KINDS = ("", USERS.name, GROUPS.name)  # the first where nobody knows yet
_SINCE, _SINCE_KEPT = "memberships:since", 30 * 24 * 3600.0  # seconds
_MOVED = "memberships:moved"
_ENTRY = struct.Struct(">16sBBd")  # member, what became of it, its kind, when (seconds since 1970)
_CUT = struct.Struct(">d")  # the moment from which on all changes are remembered


class ChangeState(IntEnum):
    """What the bridge's last change of a membership came to."""

    OUT = 0
    IN = 1
    UNKNOWN = 2  # PingOne's answer was lost, or the change is under way


@dataclass(frozen=True, slots=True)
class OwnChange:
    """The bridge's last change of one membership; `at` is seconds since 1970."""

    standing: ChangeState
    kind: str
    at: float


@dataclass(frozen=True, slots=True)
class Gone:
    """A member that was deleted, else moved to another population, at a moment in seconds since 1970."""

    deleted: bool
    at: float


@dataclass(frozen=True, slots=True)
class Laid:
    """A list of members with the bridge's own changes over it.

    `shown`: the members as far as is known. `surely`: ids of those that need not be added. `possibly`: those that may
    be members, so that to be without them is a removal. `complete`: no own change of the last minute is forgotten.
    `listed`: PingOne's list as it is.
    """

    shown: list[Record]
    surely: frozenset[str]
    possibly: dict[str, Record]
    complete: bool
    listed: list[Record]

    def needed(self, links: Links) -> Links:
        """Return the named changes that have to be made: those that are surely so already are left out."""
        return Links(
            tuple(member for member in links.add if member.id.lower() not in self.surely),
            tuple(member for member in links.remove if not self.complete or member.id.lower() in self.possibly),
        )

    @property
    def is_plain(self) -> bool:
        """Whether list and own changes agree, so that there is one set of members to start from."""
        return self.surely == self.possibly.keys()


class OwnMemberships:
    """The changes of all groups. `wall` is seconds since 1970."""

    def __init__(self, state: State, wall: Callable[[], float]) -> None:
        self._state = state
        self._wall = wall
        self._has_begun = False  # whether this process has seen since when all is remembered: gone, it is lost

    def of(self, group_id: str) -> Recent:
        """Return what is known of a group; whoever asks holds the group, so that nobody else adds to it."""
        since, kept, moved = self._state.get_many((_SINCE, _key(group_id), _MOVED))
        now = self._wall()
        if since is None:  # a new state has forgotten nothing, one that was emptied all
            is_new = not self._has_begun and self._state.vouches(REMEMBERED)
            since = b"0" if is_new else str(now).encode()
            self._state.set(_SINCE, since, _SINCE_KEPT)
        self._has_begun = True
        began = float(since)
        changes: dict[str, OwnChange] = {}
        if kept is not None:
            cut, changes = _load(kept, now - REMEMBERED)
        else:  # there was nothing, or it is lost; asked for the first change of a minute, whose cut goes with the next
            cut = 0.0 if self._state.vouches(REMEMBERED) else now
        complete = max(began, cut) < now - REMEMBERED and not self._state.is_cut_off
        return Recent(self, group_id, changes, cut, complete=complete, moved=moved is not None)

    def note_deleted(self, member_id: str) -> None:
        """Note that a user or group is deleted, before PingOne is told so: its memberships end everywhere."""
        self._note_gone(member_id, b"d")

    def note_moved(self, member_id: str) -> None:
        """Note that a user is moved, before PingOne is told so: it leaves the groups of its population."""
        self._note_gone(member_id, b"m")

    def _note_gone(self, member_id: str, how: bytes) -> None:
        self._keep({_MOVED: b"1", _gone(member_id): how + str(self._wall()).encode()})

    def gone(self, member_ids: Iterable[str]) -> dict[str, Gone]:
        """Return which members were deleted or moved within the last minute: one round trip."""
        ids = list(member_ids)
        found = self._state.get_many([_gone(each) for each in ids]) if ids else []
        return {
            each: Gone(value[:1] == b"d", float(value[1:]))
            for each, value in zip(ids, found, strict=True)
            if value is not None
        }

    def keep(self, group_id: str, changes: Mapping[str, OwnChange], cut: float) -> None:
        """Write down the changes of a group."""
        self._keep({_key(group_id): _dump(changes, cut)})

    def now(self) -> float:
        """Return seconds since 1970."""
        return self._wall()

    def _keep(self, values: Mapping[str, bytes]) -> None:
        self._state.set_many(values, REMEMBERED)
        if self._state.is_cut_off:
            # What is written now is forgotten when the shared state is back: so is this, and all nodes see that.
            self._state.set(_SINCE, str(self._wall()).encode(), _SINCE_KEPT)


class Recent:
    """The changes of one group within the last minute, for the length of a request that holds the group."""

    def __init__(
        self,
        own: OwnMemberships,
        group_id: str,
        changes: dict[str, OwnChange],
        cut: float,
        *,
        complete: bool,
        moved: bool,
    ) -> None:
        self._own = own
        self._group_id = group_id
        self._changes = changes
        self._cut = cut
        self._complete = complete
        self._moved = moved

    def expect(self, members: Iterable[Member]) -> None:
        """Note memberships that are about to be changed: until `settle` nobody knows what becomes of them."""
        self._keep((member.id, ChangeState.UNKNOWN, member.kind or "") for member in members)

    def settle(self, outcomes: Iterable[tuple[str, ChangeState, str]]) -> None:
        """Note what became of changes: id, standing and the kind that the member is of. Others were not made."""
        self._changes = self._keep(outcomes)

    def _keep(self, outcomes: Iterable[tuple[str, ChangeState, str]]) -> dict[str, OwnChange]:
        now = self._own.now()
        noted = {key.lower(): OwnChange(standing, kind, now) for key, standing, kind in outcomes if is_id(key)}
        kept = {key: change for key, change in self._changes.items() if key not in noted} | noted
        if len(kept) > MOST:
            kept = dict(list(kept.items())[-MOST:])
            self._cut = now
        self._own.keep(self._group_id, kept, self._cut)
        return kept

    def standing(self, member_id: str) -> ChangeState | None:
        """Return what the last own change of a membership came to, None where there was none."""
        change = self._changes.get(member_id.lower())
        return None if change is None else change.standing

    def may_hold(self, kind: str) -> bool:
        """Whether members of a kind may have come that no count shows."""
        return any(
            change.kind in ("", kind) and change.standing is not ChangeState.OUT for change in self._changes.values()
        )

    def unlisted(self, listed: Iterable[Record]) -> dict[str, str]:
        """Return those that own changes may have brought in and the list does not show: ids, and their kinds."""
        shown = {member["id"] for member in listed}
        return {
            key: change.kind
            for key, change in self._changes.items()
            if change.standing is not ChangeState.OUT and key not in shown
        }

    def listed_though_out(self, listed: Iterable[Record]) -> list[Record]:
        """Return those that own changes took out and the list shows."""
        return [member for member in listed if self.standing(member["id"]) is ChangeState.OUT]

    def lay(
        self,
        listed: list[Record],
        *,
        bound: bool,
        kept: frozenset[str] = frozenset(),
        hidden: frozenset[str] = frozenset(),
    ) -> Laid:
        """Lay the changes over a list.

        `bound`: the group is of a population, so that who moves leaves it. `kept` are ids that were taken out and are
        known to be members still, through another group or a filter. `hidden` are ids that the client may not know of.
        """
        changes = self._changes
        held = {member["id"]: member for member in listed}
        came = {
            key: {"id": key, "type": kind} if kind else {"id": key}
            for key, kind in self.unlisted(listed).items()
            if key not in hidden
        }
        gone = {
            key: since
            for key, since in (self._own.gone([*held, *came]) if self._moved else {}).items()
            if since.deleted or bound
        }
        late = {key for key, since in gone.items() if key not in changes or changes[key].at <= since.at}
        out = {key for key, change in changes.items() if change.standing is ChangeState.OUT} - kept
        doubtful = {key for key, change in changes.items() if change.standing is ChangeState.UNKNOWN}
        surely = held.keys() - out - doubtful - gone.keys()
        if not self._complete:
            surely &= changes.keys()
        shown = [member for key, member in held.items() if key not in out and key not in late]
        shown += [member for key, member in came.items() if key not in doubtful and key not in late]
        return Laid(shown, frozenset(surely), {**held, **came}, self._complete, listed)


def _key(group_id: str) -> str:
    return f"memberships:{group_id.lower()}"


def _gone(member_id: str) -> str:
    return f"memberships:gone:{member_id.lower()}"


def _dump(changes: Mapping[str, OwnChange], cut: float) -> bytes:
    return _CUT.pack(cut) + b"".join(
        _ENTRY.pack(UUID(key).bytes, change.standing, KINDS.index(change.kind), change.at)
        for key, change in changes.items()
    )


def _load(kept: bytes, oldest: float) -> tuple[float, dict[str, OwnChange]]:
    (cut,) = _CUT.unpack_from(kept)
    return cut, dict(_entries(kept[_CUT.size :], oldest))


def _entries(kept: bytes, oldest: float) -> Iterator[tuple[str, OwnChange]]:
    for key, standing, kind, at in _ENTRY.iter_unpack(kept):
        if at >= oldest:
            yield str(UUID(bytes=key)), OwnChange(ChangeState(standing), KINDS[kind], at)
