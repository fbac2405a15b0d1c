"""The trail: what a record of a change holds, how values are masked in it, and where records go.

How records are linked, so that a missing one is seen, stands in `audit_chain`. Knows neither requests nor PingOne. No
record ever holds a personal value: a resource is named by its id, what changed by the names of attributes, and new
values, where the operator wants them at all, are masked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from scimbridge.observe.logs import named

HIDDEN = "***"
BEGUN, DONE, REFUSED, FAILED, UNKNOWN = RESULTS = ("begun", "done", "refused", "failed", "unknown")
MEMBERS = ("members_added", "members_removed", "members_not_done", "members_uncertain")
LISTS = ("changed", "steps", "filter", "correlations", "groups_left", "after", *MEMBERS)
NEEDED = dict.fromkeys(("id", "time", "client", "request", "verb", "result"), str)
NAMED = ("key", "client", "request", "verb", "result")  # by which records are searched for, beside their time
SHORTEST_SHOWN = 6  # characters: of a shorter text the first and the last would say too much
WARNED_EVERY = 60.0  # seconds

log = named(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One attempt to change something, or one reading, and what became of it.

    `time` is when it began, UTC with milliseconds (RFC 3339). `resource` is a resource type and `key` the id of one,
    both empty where the request named none that could exist. `part` is the id of what an operation is about below its
    resource: a session, a device, the group that a user joins. `bulk`: it was one operation of a bulk request.

    `result`: "begun" is written beforehand where that is demanded, and replaced by the record of the same `id` that
    follows; "done"; "refused": nothing was changed; "failed": it was not carried out whole, `steps` says how far it
    came; "unknown": PingOne's answer was lost. `status` and `scim_type` are what the client was answered.

    `address` is the peer's, `secret` the id of the secret that the client showed, as far as it showed one.

    `changed` are SCIM paths, `values` the new values, masked. `added` and `removed` are how many members of a group
    were added and removed for good, `not_done` how many were not although that was asked for, and `uncertain` those of
    whom nobody knows, since PingOne's answer was lost. Each has its ids in a list beside it, the first and the last of
    very many; `unnamed` are how many ids are in none. `groups_left` are groups that a user left by its deletion or its
    move, as far as the bridge knew of them.

    `filter` are the attributes that a search named, `returned` how many resources it gave. `correlations` are PingOne's
    ids of the calls, `seconds` how long it took.

    `chain`, `sequence`, `previous`, `begins`, `after` and `hash` are the record's place in its chain (`audit_chain`).
    """

    id: str
    time: str
    client: str
    request: str
    verb: str
    result: str
    resource: str = ""
    key: str = ""
    bulk: bool = False
    changed: tuple[str, ...] = ()
    address: str = ""
    secret: str = ""
    added: int = 0
    members_added: tuple[str, ...] = ()
    removed: int = 0
    members_removed: tuple[str, ...] = ()
    not_done: int = 0
    members_not_done: tuple[str, ...] = ()
    uncertain: int = 0
    members_uncertain: tuple[str, ...] = ()
    unnamed: int = 0
    groups_left: tuple[str, ...] = ()
    part: str = ""
    values: Mapping[str, Any] | None = None
    steps: tuple[str, ...] = ()
    filter: tuple[str, ...] = ()
    returned: int | None = None
    status: int | None = None
    scim_type: str | None = None
    seconds: float | None = None
    correlations: tuple[str, ...] = ()
    chain: str = field(default="", compare=False)
    sequence: int = field(default=0, compare=False)
    previous: str = field(default="", compare=False)
    begins: str = field(default="", compare=False)
    after: tuple[str, ...] = field(default=(), compare=False)
    hash: str = field(default="", compare=False)

    @property
    def others(self) -> tuple[str, ...]:
        """The ids of all that it is about beside its own resource: members of a group, groups of a user, a part."""
        lists = (*(getattr(self, name) for name in MEMBERS), self.groups_left, filter(None, (self.part,)))
        return tuple(dict.fromkeys(key for ids in lists for key in ids))

    def to_json(self) -> dict[str, Any]:
        """Return what is to be kept: what has its default is left out, save `changed` of what may change something."""
        told = ((name, default, getattr(self, name)) for name, default in DEFAULTS)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, default, value in told
            if value != default or (name == "changed" and self.verb in ("create", "replace", "patch"))
        }

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Record:
        """Read what `to_json` gave. Raises ValueError for anything else; members that are not known are passed over."""
        known = {item.name for item in fields(cls)}
        given: dict[str, Any] = {name: value for name, value in held.items() if name in known}
        for name in LISTS:
            parts = given.get(name, [])
            if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
                raise ValueError(f"{name} of the record is no list of texts")
            given[name] = tuple(parts)
        if not all(isinstance(given.get(name), kind) for name, kind in NEEDED.items()):
            raise ValueError("the record lacks a member, or one is of another type")
        return cls(**given)


DEFAULTS = tuple((item.name, item.default) for item in fields(Record))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records are searched for; None is any. `since` and `until` are moments with a zone, the second excluded.

    `about` are sets of ids: a record has to be about one of each, be it its own resource, or one that was added to it,
    removed from it or left by it.
    """

    about: tuple[frozenset[str], ...] = ()
    key: str | None = None
    client: str | None = None
    request: str | None = None
    verb: str | None = None
    result: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, record: Record) -> bool:
        """Whether a record is one of them."""
        for name in NAMED:
            value = getattr(self, name)
            if value is not None and value != getattr(record, name):
                return False
        if self.about and not all(self._concerns(record)):
            return False
        if self.since is None and self.until is None:
            return True
        moment = datetime.fromisoformat(record.time)
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)

    def may_fit(self, record: Record) -> bool:
        """Whether a record is none of them by what it names, and may be one by those that it does not name."""
        if not record.unnamed or not self.about or self.fits(record):
            return False
        return replace(self, about=()).fits(record) and (len(self.about) == 1 or any(self._concerns(record)))

    def _concerns(self, record: Record) -> Iterator[bool]:
        concerned = {record.key, *record.others}
        return (not concerned.isdisjoint(ids) for ids in self.about)


class Unwritable(Exception):
    """A record that could not be kept; the sentence says where, without any value and any secret."""


class Sink(Protocol):
    """A place where records are kept."""

    name: str

    def check(self) -> None:
        """Try whether records can be kept, without keeping one. Raises `Unwritable`, OSError."""
        ...

    def write(self, record: Record) -> None:
        """Keep a record for good before returning. Raises `Unwritable`; safe for any number of threads."""
        ...


class Recorder:
    """Gives each record to every sink, and warns of what is lost, at most once a minute and with a count.

    `clock` counts seconds. `lost` is called for each record that not every sink has, `kept` for each of the others.
    """

    def __init__(
        self,
        sinks: Iterable[Sink],
        clock: Callable[[], float],
        lost: Callable[[], None] = lambda: None,
        kept: Callable[[], None] = lambda: None,
    ) -> None:
        self._sinks = tuple(sinks)
        self._clock = clock
        self._tell_lost = lost
        self._tell_kept = kept
        self._lock = threading.Lock()
        self._lost = 0
        self._warned_at = float("-inf")

    def keep(self, record: Record) -> bool:
        """Write a record; return whether every sink has it."""
        failed = []
        for sink in self._sinks:
            try:
                sink.write(record)
            except Unwritable as error:
                failed.append((sink.name, str(error)))
            except Exception as error:  # whatever a sink does, the change has its answer
                log.exception("audit sink failed", sink=sink.name)
                failed.append((sink.name, type(error).__name__))
        (self._tell_lost if failed else self._tell_kept)()
        if failed or self._lost:
            self._warn(failed)
        return not failed

    def _warn(self, failed: list[tuple[str, str]]) -> None:
        with self._lock:
            self._lost += bool(failed)
            now = self._clock()
            if not self._lost or now - self._warned_at < WARNED_EVERY:
                return
            count, self._lost, self._warned_at = self._lost, 0, now
        why = [f"{name}: {sentence}" for name, sentence in failed]
        log.warning("audit records not written", count=count, reasons=why)


def mask(value: Any) -> Any:
    """Return a value so that nobody can be known by it.

    A text or number of six characters or more keeps its first and last character; true, false and null stay; of an
    object not even the names are kept, since clients choose them.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [mask(part) for part in value]
    if isinstance(value, str | int | float):
        text = str(value)
        return f"{_shown(text[0])}{HIDDEN}{_shown(text[-1])}" if len(text) >= SHORTEST_SHOWN else HIDDEN
    return HIDDEN


def _shown(character: str) -> str:
    """Return a character that every sink can keep: no NUL, no half of a surrogate pair."""
    return character if character.isprintable() else ""


def stamp(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as RFC 3339 text in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
