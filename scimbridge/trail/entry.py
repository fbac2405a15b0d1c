"""One attempt on its way: what is noted of it while it is carried out, and the record that is made of that.

Names are the table's, values are masked as they come in, and what became of an attempt that ended in an error is told
from what was done and from what PingOne's failure was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from scimbridge.mapping.links import Member
from scimbridge.mapping.plan import Changes
from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.mapping.tables.table import Table
from scimbridge.observe.audit import BEGUN, DONE, FAILED, HIDDEN, REFUSED, UNKNOWN, Record, Recorder, mask, stamp
from scimbridge.observe.logs import named
from scimbridge.request.context import Notes, Reply, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.request.member_results import MemberResults
from scimbridge.request.progress import Progress, may_be_done
from scimbridge.scim.errors import ScimError, Unavailable, ValuesDropped
from scimbridge.scim.verbs import CREATE

OK = 200
SERVER_FAULT = 500
TOO_MANY = 429
RETRY_AFTER = 10  # seconds, where a change is refused because it cannot be recorded
MOST = 100  # ids that a record holds of PingOne's calls; the first and the last of them
MOST_MEMBERS = 1000  # ids that a record names of members each way; the first and the last of them
LONGEST = 100  # characters of an id that PingOne gave a call

log = named(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where records go, and what the operator wants kept.

    `wall` is seconds since 1970, `clock` seconds for durations, `new_id` makes the id of a record. `values`: new values
    are kept, masked. `reads`: readings are recorded. `required`: no change is made that is not recorded beforehand.
    """

    recorder: Recorder
    wall: Callable[[], float]
    clock: Callable[[], float]
    new_id: Callable[[], str]
    values: bool = False
    reads: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of an attempt from the start."""

    client: str
    request: str
    bulk: bool
    resource: str
    verb: str
    key: str
    address: str = ""
    secret: str = ""


def head_of(context: RequestContext, resource: str, verb: str, key: str) -> Head:
    """Return what a request says of itself."""
    # What is no id of PingOne's may be anything that a client puts into a path, also a person's name.
    return Head(
        client=context.caller.name, request=context.call.trace, bulk=context.bulk, resource=resource,
        verb=verb, key=key.lower() if is_id(key) else "", address=context.address,
        secret=context.caller.secret_id or "",
    )  # fmt: skip


@dataclass(slots=True)
class AuditEntry(Notes):
    """One attempt on its way, and what is to be told of it."""

    keeping: Keeping
    head: Head
    id: str = ""
    time: str = ""
    began: float = 0.0
    is_begun: bool = False
    own: str = ""  # the id of what a create has made
    part: str = ""  # what an operation is about below its resource
    was_found: bool = False  # by an earlier try, whose record says so
    changed: dict[str, Any] = field(default_factory=dict)  # SCIM path -> masked value
    wanted: tuple[Member, ...] = ()  # members that were to be added or removed
    members: MemberResults | None = None  # what became of them; None before the first of them was tried
    groups_left: tuple[str, ...] = ()
    progress: Progress | None = None
    steps: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # what PingOne did not keep
    filter: tuple[str, ...] = ()
    returned: int | None = None
    status: int = OK

    def __post_init__(self) -> None:
        self.id = self.keeping.new_id()
        self.time = stamp(self.keeping.wall())
        self.began = self.keeping.clock()

    def begin(self) -> None:
        """Write the record beforehand, where that is demanded. Raises `Unavailable` where it cannot be."""
        if not self.keeping.required:
            return
        self.is_begun = True
        if not self.keeping.recorder.keep(self._record(BEGUN)):
            msg = "changes cannot be recorded at the moment, and none is made without its record; send it again later"
            raise _Unrecorded(msg, retry_after=RETRY_AFTER)

    def follow(self, progress: Progress) -> Progress:
        """Look there for how far the change came."""
        self.progress = progress
        return progress

    def planned(self, table: Table, changes: Changes, record: Mapping[str, Any] | None = None) -> None:
        """Note the names of what changes, and the values masked, where they are kept."""
        for row in table.rows:
            if row.template is not None:
                continue
            if row.via is not None and row.via in changes.facets:
                self.changed[row.spelled] = self._shown(row, changes.facets[row.via])
            elif row.via is None and row.to and row.to[0] in changes.body:
                value = read_field(changes.body, row.to)
                if value != read_field(record, row.to):
                    self.changed[row.spelled] = self._shown(row, value)
        for operation in changes.operations:
            for row in table.rows:
                if row.native == operation["path"]:
                    self.changed[row.spelled] = self._shown(row, operation.get("value"))
        links = table.links
        if changes.links and links is not None:
            self.changed[links.attribute.name] = None
            self.wanted = (*changes.links.add, *changes.links.remove)

    def left_out(self, name: str) -> None:
        """Take back what was noted of a value; in a change the field loses what it held."""
        if self.head.verb == CREATE.name:
            self.changed.pop(name, None)
        elif name in self.changed:
            self.changed[name] = None

    def dropped(self, names: tuple[str, ...]) -> None:
        """Note what PingOne did not keep; it is not changed."""
        for name in names:
            self.changed.pop(name, None)
            self.lost.append(f"not kept by PingOne: {name}")

    def made(self, key: str) -> None:
        """Note the id of the new resource."""
        self.own = key

    def found(self, key: str) -> None:
        """Note the id of a resource that this attempt did not make."""
        self.own, self.was_found = key, True

    def joined(self, results: MemberResults) -> None:
        """Note what became of members."""
        self.members = results

    def left(self, groups: Iterable[str]) -> None:
        """Note the groups that a user has left."""
        self.groups_left = tuple(groups)

    def came(self, step: str) -> None:
        """Note what is done of a step."""
        self.steps.append(step)

    def heard(self, correlation: str) -> None:
        """Note PingOne's id of a call; it may come from any thread."""
        self.calls.append(correlation[:LONGEST])

    def answered(self, reply: Reply) -> Reply:
        """Note the status of the answer."""
        self.status = reply.status
        return reply

    def asked(self, names: tuple[str, ...], key: str) -> None:
        """Note the names of an operation's inputs, and whom it is about, who may have been found by something else."""
        self.changed = dict.fromkeys(names)
        self.head = replace(self.head, key=key.lower())

    def about(self, part: str) -> None:
        """Note the part; what is no id of PingOne's may be anything."""
        self.part = self.part or (part.lower() if is_id(part) else "")

    def became(self, states: Mapping[str, Any]) -> None:
        """Note the states that an operation has left its resource in."""
        self.changed |= states

    def filtered(self, names: tuple[str, ...]) -> None:
        """Note the attributes that a search names."""
        self.filter = names

    def listed(self, message: dict[str, Any]) -> dict[str, Any]:
        """Note how many resources the answer has."""
        self.returned = message["itemsPerPage"]
        return message

    def end(self, error: BaseException | None) -> None:
        """Write the record of how it ended."""
        record = self._record(DONE if error is None else self._judge(error), error)
        if not self.keeping.recorder.keep(record) and self.is_begun and not isinstance(error, _Unrecorded):
            # The change stands: to answer that it failed would be a lie. The "begun" of its id is kept.
            log.error(
                "the record of a change was not written after it was carried out",
                audit_id=self.id, client=self.head.client, request_id=self.head.request, verb=self.head.verb,
                resource=self.head.resource, resource_id=record.key, result=record.result,
            )  # fmt: skip

    def _shown(self, row: Row, value: Any) -> Any:
        """Return a value as it may be kept."""
        if not self.keeping.values:
            return None
        if row.attribute.returned == "never":
            return HIDDEN
        points = row.facet is not None and row.facet.type == "id"  # at something of PingOne's, and no person
        plain = points and isinstance(value, str) and is_id(value)
        return value if plain else mask(value)

    def _record(self, result: str, error: BaseException | None = None) -> Record:
        head, scim = self.head, error if isinstance(error, ScimError) else None
        members = self._members(error)
        status = self.status if error is None else SERVER_FAULT if scim is None else scim.status
        return Record(
            id=self.id,
            time=self.time,
            client=head.client,
            request=head.request,
            verb=head.verb,
            result=result,
            resource=head.resource,
            key=head.key if self._is_taken_back() else self.own or head.key,
            part=self.part,
            bulk=head.bulk,
            changed=tuple(self.changed),
            address=head.address,
            secret=head.secret,
            **_counted("added", members.added),
            **_counted("removed", members.removed),
            **_counted("not_done", members.not_done),
            **_counted("uncertain", members.unknown),
            unnamed=sum(max(0, len(ids) - MOST_MEMBERS) for ids in astuple(members)),
            groups_left=_named(self.groups_left),
            values=self._values(),
            steps=(*(() if result == DONE else self._done()), *self.lost),
            filter=self.filter,
            returned=self.returned,
            status=None if result == BEGUN else status,
            scim_type=None if scim is None else scim.scim_type,
            seconds=None if result == BEGUN else round(self.keeping.clock() - self.began, 3),
            correlations=tuple(_ends(self.calls)),
        )

    def _values(self) -> dict[str, Any] | None:
        if not self.keeping.values or not self.changed:
            return None
        return dict(self.changed)

    def _members(self, error: BaseException | None) -> MemberResults:
        """Return what became of members; what was refused before the first of them was tried is done with none."""
        if self.members is not None:
            return self.members
        return MemberResults(not_done=() if error is None else tuple(member.id for member in self.wanted))

    def _is_taken_back(self) -> bool:
        return self.progress is not None and self.progress.taken_back

    def _done(self) -> Iterator[str]:
        """Yield what is done of a change that did not end well."""
        if self.own and not self.was_found and not self._is_taken_back():
            yield "created"
        if self.progress is not None:
            yield from (step for step in self.progress.done if step in self.progress.planned)
        yield from self.steps

    def _judge(self, error: BaseException) -> str:
        """Return what became of a change that ended in an error."""
        if not isinstance(error, ScimError):
            return UNKNOWN
        if may_be_done(error):
            return UNKNOWN
        if isinstance(error, ValuesDropped):
            return DONE  # and the record says what of it PingOne did not keep
        steps = set(self._done())
        if self.progress is not None and self.progress.planned and steps >= set(self.progress.planned):
            return DONE  # and what failed is the answer
        failed = error.status >= SERVER_FAULT or error.status == TOO_MANY
        return FAILED if steps or (failed and not isinstance(error, _Unrecorded)) else REFUSED


class _Unrecorded(Unavailable):
    """A change that is not made, since its record cannot be."""


def _ends(ids: Sequence[str], most: int = MOST) -> Sequence[str]:
    return ids if len(ids) <= most else [*ids[: most // 2], *ids[-most // 2 :]]


def _named(ids: Iterable[str]) -> tuple[str, ...]:
    """Return those that are ids of PingOne's, in the one spelling that is searched for; others may be anything."""
    return tuple(_ends([key.lower() for key in ids if is_id(key)], MOST_MEMBERS))


def _counted(name: str, ids: tuple[str, ...]) -> dict[str, Any]:
    """Return the two members of a record that say how many members of a group, and which."""
    return {name: len(ids), f"members_{name}": _named(ids)}
