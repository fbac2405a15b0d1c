"""One operation as its row says it, compiled: frozen values that everything else of this room reads.

Each word that a row can have is declared here, as a field. Knows no file, no request and no call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.operations.words import word
from scimbridge.pingone.kinds import GROUPS, POPULATIONS, USERS, Kind
from scimbridge.pingone.media import FORCE_CHANGE
from scimbridge.scim.verbs import READ

SERVICE = "Service"
"""What has the operations that belong to no resource: they stand right below the SCIM base URL."""
KIND_OF: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (USERS, GROUPS, POPULATIONS)})
"""The resource types that can have operations."""
LOCATED = tuple(KIND_OF)
"""Answers that are a resource as always, and no table of this file."""
REPEAT, NEVER = "yes", "no"
"""What `again` can say beside the name of a function: a lost call is sent again, or is told as lost."""
MATCH = "match"
"""The input by which a user without an id is found."""
PASSWORD_STATE = "passwordStatus"  # noqa: S105 - the name of an input
VENDOR = "application/vnd.pingidentity."
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /?[A-Za-z]+(?:/(?:[A-Za-z]+|\{id\}|\{item\}))*")
_MEDIA = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*")
_HELD = re.compile(rf"(?:{'|'.join(KIND_OF)})\.{FIELD.pattern}")
_LIMIT = re.compile(r"([1-9][0-9]{0,4}) (an? (second|minute|hour|day))(?: for a user)?")
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}


@dataclass(frozen=True, slots=True)
class Often:
    """How often an operation may be asked for one resource, over all nodes: so many times in so many seconds."""

    times: int
    seconds: float
    text: str


def _often(text: str) -> Often | None:
    found = _LIMIT.fullmatch(text)
    return found and Often(int(found[1]), _SECONDS[found[3]], f"{found[1]} {found[2]}")


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


def _media(text: str) -> str:
    media = f"{VENDOR}{text}+json"
    return FORCE_CHANGE[0] if media in FORCE_CHANGE else media


def _states(said: Mapping[str, Any]) -> tuple[tuple[tuple[str, ...], tuple[Any, ...]], ...]:
    listed = ((path, states if isinstance(states, list) else [states]) for path, states in said.items())
    return tuple((_path(path), tuple(states)) for path, states in listed)


def _are_states(said: Mapping[str, Any]) -> bool:
    are_fields = all(FIELD.fullmatch(path) for path in said)
    return are_fields and all(isinstance(each, str | bool) for _path, states in _states(said) for each in states)


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


_FIELD: Mapping[str, Any] = {"form": FIELD.fullmatch, "told": "the name of a PingOne field", "turn": _path}
_HOLDER: Mapping[str, Any] = {
    "form": _HELD.fullmatch, "told": "a resource type and a PingOne field, as 'Group.members'",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing that a client may send. `to` is PingOne's field, step by step; () where a function reads it.

    Lengths are of texts, `min_items` and `max_items` of lists, `minimum` and `maximum` of numbers. `values` are all
    that there are, () for any. `after_now`: a moment that has to come yet. `header` is the request header that says it
    where the body does not. `secret`: it reaches no log, record, error or example. `example` is what descriptions show,
    None for whatever fits.
    """

    name: str
    to: tuple[str, ...] = word(str, (), **_FIELD)
    type: str = word(str, "string")
    required: bool = word(bool, False)
    secret: bool = word(bool, False)
    min_length: int = word(int, 0)
    max_length: int | None = word(int, None)
    min_items: int = word(int, 0)
    max_items: int | None = word(int, None)
    minimum: int | None = word(int, None)
    maximum: int | None = word(int, None)
    values: tuple[str, ...] = word(list, (), form=_are_texts, told="a list of texts", turn=tuple)
    default: Any = word(object, None)
    after_now: bool = word(str, False, name="now", among=("after",), turn=bool)
    header: str = word(str, "")
    example: Any = word(object, None)


MATCHING = (
    Input(name="attributes", type="strings", required=True, min_items=1, max_items=10, max_length=255),
    Input(name="identifier", required=True, min_length=1, max_length=255),
)
"""What stands in `match`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A part that is named behind the operation, as in `.sessions/{sessionId}`, and what can be done with it.

    `code` names the function that deletes it, where one call is not enough.
    """

    name: str = word(str)
    get: bool = word(bool, False)
    delete: bool = word(bool, False)
    max_length: int = word(int, 100)
    code: str = word(str, "")


@dataclass(frozen=True, slots=True)
class PingOneCall:
    """The call of a row: method, path below the environment with {id} and {item}, media type, fixed parameters.

    `is_root`: the path is not below the environment, as `/roles` is not.
    """

    method: str
    path: str
    media: str | None = word(
        str, None, form=_MEDIA.fullmatch, turn=_media,
        told=f'a type without "{VENDOR}" and "+json", as "account.unlock"',
    )  # fmt: skip
    query: tuple[tuple[str, str], ...] = word(
        dict,
        (),
        form=lambda given: _are_texts(given.values()),
        told="a table of texts",
        turn=lambda x: tuple(x.items()),
    )

    @property
    def is_root(self) -> bool:
        """Whether the path stands beside the environments."""
        return self.path.startswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerField:
    """One member of an answer: its SCIM-like path, and what gives it: PingOne's field, () for the path, or `code`."""

    path: tuple[str, ...]
    to: tuple[str, ...] = word(str, (), **_FIELD)
    type: str = word(str, "string")
    optional: bool = word(bool, False)
    code: str = word(str, "")
    lower: bool = word(str, False, name="codec", among=("lower",), turn=bool)


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """The members of one kind of answer."""

    name: str
    fields: tuple[AnswerField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row. `resource` is a resource type or "Service"; `on` is the collection that it stands at without an id.

    `answer` is None where the answer has no body or is a resource. `listed` is the member of `_embedded` of
    PingOne's answer, "" for one object. `searches`: it reads by what stands in a body. `scope` is the right to call it,
    `write` the right to delete a part. `tells` is what it tells of a resource, `changes` what it changes or deleting a
    part does, both as type and PingOne's field. `undone` are states in PingOne's answer that say that it was
    not done. `urgent`: it takes rights away, and goes before what others wait for. `refuse` is why it cannot be done
    here; such a row has nothing else.
    """

    resource: str
    name: str
    file: str
    does: str = word(str, "")
    on: str = word(str, "")
    call: PingOneCall = word(
        str, PingOneCall("", ""), form=_CALL.fullmatch, turn=lambda text: PingOneCall(*text.split(" ")),
        told='a method and a path below the environment, as "POST users/{id}"',
    )  # fmt: skip
    inputs: tuple[Input, ...] = word(dict, (), name="in")
    out: str = word(str, "")
    listed: str = word(str, "", name="list")
    item: Item | None = word(dict, None)
    searches: bool = word(bool, False)
    scope: str = word(str, "", among=sorted(ALL_SCOPES))
    write: str = word(str, "", among=sorted(ALL_SCOPES))
    tells: str = word(str, "", **_HOLDER)
    changes: str = word(str, "", **_HOLDER)
    role: str = word(str, "")
    again: str = word(str, REPEAT)
    limit: Often | None = word(
        str, None, form=_LIMIT.fullmatch, turn=_often, told='a number and a time, as "20 a minute"'
    )
    code: str = word(str, "")
    undone: tuple[tuple[tuple[str, ...], tuple[Any, ...]], ...] = word(
        dict, (), form=_are_states, turn=_states,
        told='a PingOne field with one state or a list of them, as { "account.status" = "LOCKED" }',
    )  # fmt: skip
    urgent: bool = word(bool, False)
    refuse: str = word(str, "")
    answer: AnswerTable | None = None
    named: Mapping[str, Input] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", MappingProxyType({each.name: each for each in self.inputs}))

    @property
    def on_all(self) -> bool:
        """Whether it stands at the collection, without an id."""
        return bool(self.on)

    @property
    def shows(self) -> str:
        """The resource type that it answers with, "" for none."""
        return self.out if self.out in LOCATED else ""

    @property
    def where(self) -> str:
        """The section of its row."""
        return f"[{self.resource}.{self.name}]"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.call.method == "GET"

    @property
    def is_posted(self) -> bool:
        """Whether it is asked by POST: what changes something, and what carries what it looks for in a body."""
        return not self.reads or self.on_all or self.searches

    @property
    def deletes_parts(self) -> bool:
        """Whether a part can be deleted by it."""
        return self.item is not None and self.item.delete

    @property
    def verbs(self) -> tuple[str, str]:
        """What it is called in records: its own name, and that of deleting a part."""
        return (self.name, f"{self.name}.delete")

    @property
    def part_path(self) -> str:
        """The path of PingOne's of the part that is named."""
        return self.call.path if "{item}" in self.call.path else f"{self.call.path}/{{item}}"

    @property
    def on_one(self) -> bool:
        """Whether it is about one resource, which an id or a `match` names."""
        return not (self.is_service or self.on_all)

    @property
    def scope_to_find(self) -> str:
        """The right to name the one resource by an attribute: that to read it."""
        return f"{KIND_OF[self.resource].collection}:{READ}"

    @property
    def scope_to_delete(self) -> str:
        """The right to delete a part, "" where no part can be deleted."""
        return self.write

    @property
    def is_service(self) -> bool:
        """Whether it belongs to no resource."""
        return self.resource == SERVICE

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the inputs that are secret."""
        return frozenset(each.name for each in self.inputs if each.secret)
