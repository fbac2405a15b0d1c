"""The lines of a plan: a head, one line a change, an end. Plain values; how they are written stands in `writing`.

Nothing here ever holds a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CREATE, ADOPT, UPDATE, ENABLE, DISABLE = "create", "adopt", "update", "enable", "disable"
MOVE, JOIN, LEAVE, DELETE, CONFLICT = "move", "join", "leave", "delete", "conflict"
KINDS = (CREATE, ADOPT, UPDATE, ENABLE, DISABLE, MOVE, JOIN, LEAVE, DELETE, CONFLICT)
"""What a line does; in this order they are counted and shown. `applying.order` says in which they are carried out."""
WALKED = "directory"
"""The guard on a walk that was not whole: nobody can allow that, since nobody can look at whom it did not see."""
USER, GROUP = "User", "Group"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One change. `on` is what it changes: a User, or a Group (which is only ever created).

    `key` is the person's key in the source, of a group its name. `id` is PingOne's, None where it is made by this plan:
    a later line for the same person names it by `key`, and one for the same group by `group`'s name. `user_name` is the
    user name of who is there already, by which blocks of records are read again; "" is read by its id. `why` is one
    sentence. `before` and `after` are SCIM path -> value of what is managed and differs, None for no value; of a
    create `after` is the whole resource by path. `condition` is what else has to hold of the present record when it is
    applied, SCIM path -> value. `group` is id and name of the group of a join or leave. `drift` says who changed it
    elsewhere, where that is known. `faults` are the sentences of a conflict, and `reason` its kind in a few words that
    hold no value of a person's: conflicts are counted by it, and a masked plan shows nothing else of them.
    """

    do: str
    on: str = USER
    key: str
    id: str | None = None
    user_name: str = ""
    why: str
    condition: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    group: Mapping[str, str | None] | None = None
    drift: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoppedGuard:
    """A guard that stopped a plan: its name, how many lines there are, how many may be, and a sentence for people."""

    name: str
    number: int
    most: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """What a plan was made of.

    `made` is seconds since 1970. `tables`, `rules` and `scope` are SHA-256 in hex. `source` and `groups` are
    provenances as objects (name, digest, rows, made). `directory` says how it was read and how many users it has.
    `people` is how many people of the directory are in scope. `counts` are lines by kind. `guards` are all guards by
    name: `number` of lines, `most` that may be (None: no limit), and `of` how many the share was taken; `stopped` are
    those that stopped it. `populations` are people in scope by population id: `name`, `before` and `after` the plan.
    `full`: why all was read, "" for a delta. `applied` is what is kept beside the rules once all of it was applied.
    """

    format: int
    id: str
    made: float
    version: str
    environment: str
    tables: str
    rules: str
    scope: str
    rules_file: str
    source: Mapping[str, Any]
    groups: Mapping[str, Any] | None = None
    directory: Mapping[str, Any]
    people: int
    counts: Mapping[str, int]
    guards: Mapping[str, Mapping[str, Any]]
    stopped: tuple[StoppedGuard, ...] = ()
    populations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    full: str = ""
    masked: bool = False
    applied: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanEnd:
    """How a plan ends: the number of its lines, the SHA-256 of head and lines in hex, and the MAC of that in hex."""

    lines: int
    digest: str
    mac: str
