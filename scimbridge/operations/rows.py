"""One operation as its row says it, compiled: frozen values that everything else of this room reads.

Which words a row can have stands in `drafts`. Knows no file, no request and no call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from scimbridge.pingone.kinds import GROUPS, POPULATIONS, USERS, Kind
from scimbridge.scim.verbs import READ

SERVICE = "Service"
"""What has the operations that belong to no resource: they stand right below the SCIM base URL."""
KIND_OF: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (USERS, GROUPS, POPULATIONS)})
"""The resource types that can have operations."""
LOCATED = ("User", "Group", "Population")
"""Answers that are a resource as always, and no table of this file."""
REPEAT, NEVER = "yes", "no"
"""What `again` can say beside the name of a function: a lost call is sent again, or is told as lost."""
MATCH = "match"
"""The input by which a user without an id is found."""
PASSWORD_STATE = "passwordStatus"  # noqa: S105 - the name of an input


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing that a client may send. `to` is PingOne's field, step by step; () where a function reads it.

    Lengths are of texts, `min_items` and `max_items` of lists, `minimum` and `maximum` of numbers. `values` are all
    that there are, () for any. `after_now`: a moment that has to come yet. `milliseconds`: PingOne takes a moment with
    three digits behind the second and nothing else. `header` is the request header that says it where the body does
    not. `secret`: it reaches no log, record, error or example. `example` is what descriptions show, None for whatever
    fits.
    """

    name: str
    type: str = "string"
    to: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False
    min_length: int = 0
    max_length: int | None = None
    min_items: int = 0
    max_items: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    values: tuple[str, ...] = ()
    default: Any = None
    example: Any = None
    after_now: bool = False
    milliseconds: bool = False
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A part that is named behind the operation, as in `.sessions/{sessionId}`, and what can be done with it.

    `code` names the function that deletes it, where one call is not enough.
    """

    name: str
    get: bool = False
    delete: bool = False
    max_length: int = 100
    code: str = ""


@dataclass(frozen=True, slots=True)
class PingOneCall:
    """The call of a row: method, path below the environment with {id} and {item}, media type, fixed parameters.

    `is_root`: the path is not below the environment, as `/roles` is not.
    """

    method: str
    path: str
    media: str | None = None
    query: tuple[tuple[str, str], ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether the path stands beside the environments."""
        return self.path.startswith("/")


@dataclass(frozen=True, slots=True)
class Often:
    """How often an operation may be asked for one resource, over all nodes: so many times in so many seconds."""

    times: int
    seconds: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerField:
    """One member of an answer: its SCIM-like path, and PingOne's field or the function that finds it."""

    path: tuple[str, ...]
    to: tuple[str, ...] = ()
    type: str = "string"
    code: str = ""
    lower: bool = False


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """The members of one kind of answer."""

    name: str
    fields: tuple[AnswerField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row. `resource` is a resource type or "Service"; `on_all`: it stands at the collection, without an id.

    `answer` is None where the answer has no body or is a resource (`shows`). `listed` is the member of `_embedded` of
    PingOne's answer, "" for one object. `searches`: it reads by what stands in a body. `scope` is the right to call it,
    `write` the right to delete a part. `tells` is what it tells of a resource, `changes` what it changes or deleting a
    part does, both as type and PingOne's field. `refuse` is why it cannot be done here; such a row has nothing else.
    """

    resource: str
    name: str
    does: str
    file: str
    on_all: bool = False
    call: PingOneCall = PingOneCall("", "")
    inputs: tuple[Input, ...] = ()
    item: Item | None = None
    shows: str = ""
    answer: AnswerTable | None = None
    listed: str = ""
    searches: bool = False
    scope: str = ""
    write: str = ""
    tells: str = ""
    changes: str = ""
    role: str = ""
    again: str = REPEAT
    limit: Often | None = None
    code: str = ""
    refuse: str = ""
    named: Mapping[str, Input] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", MappingProxyType({each.name: each for each in self.inputs}))

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
    def is_about_one(self) -> bool:
        """Whether it is about one resource, which has an id."""
        return not (self.is_service or self.on_all)

    @property
    def scope_to_find(self) -> str:
        """The right to name the one resource by an attribute: that to read it."""
        return f"{KIND_OF[self.resource].collection}:{READ}"

    @property
    def is_service(self) -> bool:
        """Whether it belongs to no resource."""
        return self.resource == SERVICE

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the inputs that are secret."""
        return frozenset(each.name for each in self.inputs if each.secret)
