"""What became of the membership changes of one request: done, refused, or lost on the way. Makes no call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from scimbridge.mapping.links import Links, Member
from scimbridge.pingone.errors import PingOneError, Refused
from scimbridge.pingone.kinds import GROUPS, KINDS, USERS
from scimbridge.reach.memberships import Outcome
from scimbridge.request.ids import is_id
from scimbridge.request.member_results import MemberResults
from scimbridge.resources.members.own_changes import ChangeState

COLLECTION = {kind.name: kind.collection for kind in KINDS if kind.can_join}  # of those who can be members
KIND = {name: kind for kind, name in COLLECTION.items()}
NAMED = 20  # members that an error names


@dataclass(frozen=True, slots=True)
class MemberChange:
    """One membership to be made, or to be ended."""

    add: bool
    member: Member

    @property
    def aim(self) -> ChangeState:
        """What the membership is where the change is carried out."""
        return ChangeState.IN if self.add else ChangeState.OUT


@dataclass(frozen=True, slots=True)
class Done:
    """A change after which the membership is as asked; `kind` is the collection that the member turned out to be of.

    `is_seen` is False where the client may not know of the member, which was then left as it was.
    """

    change: MemberChange
    kind: str
    outcome: Outcome
    is_seen: bool = True


@dataclass(frozen=True, slots=True)
class MadeChanges:
    """What membership changes came to.

    `users` and `groups`: how many direct members came, less those that went; `certain` is False where a lost answer
    leaves that open. `kinds`: what each member that was added or removed turned out to be, User or Group; those that
    the client may not know of are not among them.
    """

    users: int
    groups: int
    certain: bool
    kinds: Mapping[str, str]


NOTHING_MADE = MadeChanges(0, 0, certain=True, kinds={})


@dataclass(slots=True)
class Run:
    """What became of the changes of one request.

    `known` are members that the client is known to see, `held` those that this bridge made members a moment ago.
    `failed` is the first failure that is no refusal, `lost` the first after which PingOne may have done the change all
    the same: then it is among the `unknown`.
    """

    known: frozenset[str]
    held: frozenset[str]
    done: list[Done] = field(default_factory=list)
    refused: list[tuple[MemberChange, Refused]] = field(default_factory=list)
    unknown: list[MemberChange] = field(default_factory=list)
    failed: PingOneError | None = None
    lost: PingOneError | None = None

    def fail(self, change: MemberChange, error: PingOneError) -> None:
        """Note a change that did not end well."""
        if error.maybe_done:
            self.unknown.append(change)
            self.lost = self.lost or error
        if isinstance(error, Refused):
            self.refused.append((change, error))
        else:
            self.failed = self.failed or error

    def outcomes(self) -> Iterator[tuple[str, ChangeState, str]]:
        """Yield id, standing and kind of the memberships that were changed, or perhaps were."""
        for done in self.done:
            if done.is_seen:
                yield done.change.member.id, done.change.aim, KIND[done.kind]
        for change in self.unknown:
            yield change.member.id, ChangeState.UNKNOWN, change.member.kind or ""

    def made(self) -> MadeChanges:
        """Return what the changes came to."""
        return MadeChanges(
            users=self._net(USERS.collection),
            groups=self._net(GROUPS.collection),
            certain=all(done.outcome is not Outcome.PERHAPS for done in self.done),
            kinds={done.change.member.id: KIND[done.kind] for done in self.done if done.is_seen},
        )

    def results(self, links: Links, stands: Iterable[MemberChange] | None = None) -> MemberResults:
        """Return what became of each member that was named.

        `stands`: something was refused, and of what was done only this could not be taken back.
        """
        made = [done.change for done in self.done if done.outcome is not Outcome.ALREADY]
        stays = made if stands is None else list(stands)
        settled = {change.member.id for change in (*stays, *self.unknown)}
        settled |= {done.change.member.id for done in self.done if done.outcome is Outcome.ALREADY}
        removable = (member for member in links.remove if is_id(member.id))
        return MemberResults(
            added=tuple(change.member.id for change in stays if change.add),
            removed=tuple(change.member.id for change in stays if not change.add),
            not_done=tuple(member.id for member in (*links.add, *removable) if member.id not in settled),
            unknown=tuple(change.member.id for change in self.unknown),
        )

    def _net(self, kind: str) -> int:
        moved = (done for done in self.done if done.kind == kind and done.outcome is Outcome.DONE)
        return sum(1 if done.change.add else -1 for done in moved)


def names(members: list[Member]) -> str:
    """Return the ids of members for an error: the first of many, and how many more there are."""
    named = ", ".join(member.id[:64] for member in members[:NAMED])
    return named if len(members) <= NAMED else f"{named} and {len(members) - NAMED} more"
