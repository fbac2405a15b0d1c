"""Filters that PingOne keeps in a record and follows: what a caller may write into one, and what it is shown of one.

Whoever writes such a filter finds out by its members what the records hold that it names. So it may name what its
author may see, and its author has to have the right to read. A client that is confined to populations gets them as one
more conjunct, which it is not shown: among what is there for it, the filter means the same without. A filter that names
what a client may not see is not shown to it, and stays as it is.

Knows PingOne's names and filters, and nothing of SCIM's names but those that a refusal offers. See decision 0043.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.observe.logs import Once, named
from scimbridge.pingone import filters as native
from scimbridge.pingone.bodies import HELD
from scimbridge.pingone.kinds import Kind
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import RequestContext
from scimbridge.request.rights import check_scope
from scimbridge.scim.errors import Forbidden, InvalidFilter, InvalidValue
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Node, Or, leaves_of, parse, paths_of, render
from scimbridge.scim.verbs import READ
from scimbridge.sides import Native

log = named(__name__)

Hidden = tuple[tuple[str, tuple[str, ...]], ...]
EXAMPLE = 'address.locality eq "Leeds" and title sw "Lead"'
ShownFields = Callable[[Hidden, str], Mapping[str, str]]
"""(what is hidden from a client, collection) -> PingOne's names of what it is shown, each with its SCIM path."""


def no_fields(_hidden: Hidden, _collection: str) -> Mapping[str, str]:
    """Show nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Sight:
    """What one caller may see of the records that a filter speaks of: `fields` as PingOne names them."""

    fields: Mapping[str, str]
    within: Confinement
    folded: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", frozenset(map(str.casefold, self.fields)))

    def shown(self, text: str) -> str | None:
        """Return a filter as the caller is shown it, None where it is not."""
        own = self._without_populations(text)
        try:
            node = parse(own)
        except InvalidFilter:
            return None  # nobody knows what it names
        names = {_name(path).casefold() for path in paths_of(node)}
        known = all({name, name.partition(".")[0]} & self.folded for name in names)
        return own if known and not any(self._outside(node)) else None

    def check(self, named_as: str, text: str) -> None:
        """Hold a filter to what the caller may see. Raises `InvalidValue`, which says what would be right."""
        try:
            node = parse(text)
        except InvalidFilter as error:
            msg = f"{named_as}: {error.detail} It is a filter with PingOne's own names, as in: {EXAMPLE}"
            raise InvalidValue(msg) from None
        for path in paths_of(node):
            name = _name(path)
            if path.urn is not None or not {name, path.attr} & self.fields.keys():
                msg = f"{named_as}: {name[:100]!r} is no attribute here; {self._right(path)}"
                raise InvalidValue(msg)
        if any(self._outside(node)):
            msg = f"{named_as}: {self.within.field}: there is no such population"
            raise InvalidValue(msg)

    def confine(self, text: str) -> str:
        """Return a filter with the caller's populations as one more conjunct."""
        condition = self.within.condition
        if condition is None:
            return text
        asked = native.render(condition)
        return f"({text}) and {f'({asked})' if isinstance(condition, native.Any_) else asked}"

    def _right(self, path: AttrPath) -> str:
        """Return what would be right in the place of a name."""
        spelled = {_plain(scim).casefold(): name for name, scim in self.fields.items()}
        spelled |= {name.casefold(): name for name in self.fields}
        wanted = _name(path).casefold()
        near = difflib.get_close_matches(wanted, spelled, n=1, cutoff=0.75)
        found = spelled.get(wanted) or spelled.get(f"{path.attr}.value".casefold())
        found = found or (spelled[near[0]] if near else None)
        there = ", ".join(sorted(self.fields)) or "none that this client may see"
        return f"PingOne calls it {found!r}" if found else f"there are {there}"

    def _without_populations(self, text: str) -> str:
        """Return a filter without its last conjunct where that holds for all that is there for the caller."""
        if self.within.is_open:
            return text
        try:
            node = parse(text)
        except InvalidFilter:
            return text
        if not isinstance(node, And) or not self._is_always_so(node.parts[-1]):
            return text
        rest = node.parts[:-1]
        left = rest[0] if len(rest) == 1 else And(rest)
        return _as_written(text, node.parts[-1], left) or render(left)

    def _is_always_so(self, node: Node) -> bool:
        named = _populations(node, self.within.field)
        return named is not None and self.within.populations is not None and self.within.populations <= named

    def _outside(self, node: Node) -> Iterator[bool]:
        """Yield for each population that a filter names whether it is outside."""
        own = self.within.populations
        field_name = str(self.within.field).casefold()
        for test in leaves_of(node):
            if own is not None and isinstance(test, Compare) and _name(test.path).casefold() == field_name:
                yield test.value not in own


def _as_written(text: str, last: Node, left: Node) -> str | None:
    """Return what stands before the last conjunct in its author's own spelling; None where PingOne has its own."""
    shown = f" and ({render(last)})" if isinstance(last, Or) else f" and {render(last)}"
    head = text.removesuffix(shown)
    for written in (head[1:-1], head) if head.startswith("(") and head.endswith(")") else (head,):
        try:
            if head != text and parse(written) == left:
                return written
        except InvalidFilter:
            continue
    return None


def _populations(node: Node, home: str | None) -> frozenset[Any] | None:
    """Return the populations of which a filter says that one has to be a record's; None where it says anything else."""
    if isinstance(node, Or):
        each = [_populations(part, home) for part in node.parts]
        return None if None in each else frozenset().union(*filter(None, each))
    if isinstance(node, Compare) and node.op == "eq" and _name(node.path) == home:
        return frozenset({node.value})
    return None


def _name(path: AttrPath) -> str:
    return path.attr if path.sub is None else f"{path.attr}.{path.sub}"


def _plain(spelled: str) -> str:
    """Return a SCIM path without what selects one of several values."""
    head, bracket, tail = spelled.partition("[")
    return head + tail.partition("]")[2] if bracket else head


class KeptFilters:
    """The filters that records of any kind keep, for every caller."""

    def __init__(self, fields: ShownFields = no_fields) -> None:
        self._sight = lru_cache(maxsize=64)(
            lambda hidden, populations, collection: Sight(
                fields(hidden, collection), Confinement.of(Caller("", populations=populations), collection)
            )
        )
        self._once = Once()

    def seen(self, context: RequestContext, kind: Kind, record: Native) -> Native:
        """Return a record as the caller is shown it; what PingOne holds goes along under `HELD`."""
        if not kind.filters_on or HELD in record:
            return record
        altered = {}
        for name, collection in kind.filters_on.items():
            text = record.get(name)
            if not isinstance(text, str):
                continue
            shown = self._sight(context.caller.hidden, context.caller.populations, collection).shown(text)
            if shown != text:
                altered[name] = shown
            if shown is None:
                self._tell(context.caller, kind, name, record)
        if not altered:
            return record
        kept = {name: value for name, value in (record | altered).items() if value is not None}
        return Native(kept | {HELD: {name: record[name] for name in altered}})

    def to_keep(
        self, context: RequestContext, kind: Kind, changes: Mapping[str, Any], record: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return changes of a record, as it was seen, as they can be written.

        Raises `Forbidden` and `InvalidValue` for a filter that the caller may not write.
        """
        written = dict(changes)
        for name, collection in kind.filters_on.items():
            if name not in written:
                continue
            self.check_shown(kind, record or {}, {name})
            text = written[name]
            if isinstance(text, str):
                check_scope(context.caller, collection, READ)
                sight = self._sight(context.caller.hidden, context.caller.populations, collection)
                sight.check(name, text)
                written[name] = sight.confine(text)
        return written

    def check_shown(self, kind: Kind, record: Mapping[str, Any], names: AbstractSet[str]) -> None:
        """Refuse to change, of the fields named, what a record has and the caller was not shown. Raises `Forbidden`."""
        for name in sorted(names & kind.filters_on.keys() & record.get(HELD, {}).keys()):
            if name not in record:
                msg = f"{name}: this client may not change it, since it names what this client may not see"
                raise Forbidden(msg)

    def _tell(self, caller: Caller, kind: Kind, name: str, record: Native) -> None:
        self._once(
            log, (caller.name, kind.name, name), "filter not shown: it names what the client may not see",
            client=caller.name, resource=kind.name, attribute=name, resource_id=record.get("id"),
        )  # fmt: skip
