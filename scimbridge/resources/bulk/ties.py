"""What the operations of a bulk request have in common: which of them may not overtake each other.

Two operations are tied where one of them changes a resource that the other names; where both name one unique value, or
one may free a value that the other takes; where users may go to, or come from, a population that the other changes; and
where one is held to a version that the other may change. What an operation frees does not stand in the request: it is
asked for, once and for all records at a time, where waiting for each other would take longer.

Knows which operations touch what, and nothing of how they are carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scimbridge.pingone.kinds import GROUPS, POPULATIONS, USERS
from scimbridge.request.ids import UUID, is_id
from scimbridge.request.parallel import OPERATIONS
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.bulk.names import NONE, Named, Unique, ids_in, named_in_patch, named_in_resource
from scimbridge.scim.bulk.references import PREFIX
from scimbridge.scim.bulk.sequence import Cell, Sharing, count_turns
from scimbridge.scim.messages import BulkOperation
from scimbridge.scim.verbs import CREATE, DELETE, PATCH, REPLACE, Verb

ALONE: Sharing = None
USED, GROWN, DELETED = "used", "grown", "deleted"  # ways to touch populations
LOOKED_AT, TOUCHED = "looked at", "touched"  # ways to touch what groups count
KNOWN, FREED = "known", "freed"  # ways to touch the names of a resource type
FEW_TURNS = 8  # that are waited for rather than asked about

Look = Callable[[Endpoint, Sequence[str]], Mapping[str, Named]]
"""(resource type, ids) -> what these hold of unique values; a record that could not be read is left out."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What ties operations on one resource type, read from its table."""

    endpoint: Endpoint
    unique: Unique
    placed_by_name: bool  # whether new users go where a rule names a population that need not be there yet

    @classmethod
    def of(cls, endpoint: Endpoint) -> Traits:
        """Read the traits of an endpoint's resources."""
        table = endpoint.lists.view.table
        unique = {
            row.attr.casefold(): row.sub.casefold() if row.sub else None
            for row in table.rows
            if row.attribute.uniqueness != "none" and row.writable
        }
        return cls(endpoint, unique, any(not is_id(rule.use) for rule in table.populations))


@dataclass(frozen=True, slots=True)
class Touch:
    """One operation, as it touches others. `frees`: it may give up unique values that it does not name."""

    traits: Traits | None  # None where its path names no resource type: it is refused
    verb: Verb | None  # None where its method is none of bulk's: it is refused
    key: str  # the resource that it makes or changes
    ids: frozenset[str]  # those that it names
    named: Named
    frees: bool
    versioned: bool

    @classmethod
    def of(cls, operation: BulkOperation, traits: Traits | None, key: str | None, refers: Iterable[str]) -> Touch:
        """Look through an operation on one resource, or on a collection (`key` is None), once."""
        verb = operation.verb
        made = operation.bulk_id if verb == CREATE else None
        ids = {*ids_in(operation.data, UUID), *(f"{PREFIX}{name}" for name in refers)}
        unique = {} if traits is None else traits.unique
        named = NONE if verb == DELETE else named_in_resource(operation.data, unique)
        if verb == PATCH:
            named = named_in_patch(operation.data, unique)
        frees = verb in (DELETE, REPLACE) or (verb == PATCH and not named.is_empty)
        own = key or (f"{PREFIX}{made}" if made else "")
        own = own if own.startswith(PREFIX) else own.casefold()
        return cls(traits, verb, own, frozenset(ids), named, frees and bool(unique), operation.version is not None)

    @property
    def kind(self) -> str:
        """The collection that it is about, or nothing."""
        return "" if self.traits is None else self.traits.endpoint.kind

    @property
    def concerns_names(self) -> bool:
        """Whether it may take or free a unique value."""
        return self.frees or not self.named.is_empty

    def cells(self) -> dict[Cell, Sharing]:
        """Return what it touches, unique values left aside."""
        cells: dict[Cell, Sharing] = {("id", key): USED for key in self.ids}
        if self.key:
            cells["id", self.key] = ALONE
        if self.kind:
            cells[POPULATIONS.collection] = self._use_of_populations()
        if self.kind == GROUPS.collection and self.versioned:
            cells["memberships"] = ALONE if self.verb == DELETE else LOOKED_AT
        elif self.kind == USERS.collection or (self.kind == GROUPS.collection and self.verb == DELETE):
            cells["memberships"] = TOUCHED
        return cells

    def _use_of_populations(self) -> Sharing:
        """Return how it touches populations, whose names, default flag, users and groups concern everything."""
        if self.kind != POPULATIONS.collection:
            return USED
        if self.verb == CREATE:
            return GROWN
        return DELETED if self.verb == DELETE else ALONE


def find_cells(touches: Sequence[Touch], look: Look) -> list[dict[Cell, Sharing]]:
    """Return what each operation touches, in their sequence; `look` is asked for names where that saves time."""
    grown = any(touch.traits is not None and touch.traits.placed_by_name for touch in touches)
    cells = [touch.cells() for touch in touches]
    for held in cells:
        if not grown and held.get(POPULATIONS.collection) == GROWN:
            held[POPULATIONS.collection] = USED
    for kind in {touch.kind for touch in touches}:
        if kind:
            _add_names(kind, touches, cells, look)
    return cells


def _add_names(kind: str, touches: Sequence[Touch], cells: Sequence[dict[Cell, Sharing]], look: Look) -> None:
    """Add the unique values of one resource type to what its operations touch."""
    about = [(touch, held) for touch, held in zip(touches, cells, strict=True) if touch.kind == kind]
    names = _NameCells([touch for touch, _held in about])
    names.learn(look)
    for touch, held in about:
        if touch.concerns_names:
            held["names", kind] = names.sharing(touch)
        for value in names.values(touch):
            held["value", kind, value] = ALONE


class _NameCells:
    """The unique values of the resources of one type: what is known of who holds which."""

    def __init__(self, touches: Sequence[Touch]) -> None:
        self._touches = touches
        self._held: dict[str, set[tuple[str, str]]] = {}  # what a resource is called in the request itself
        self._uncertain: set[str] = set()
        self._known: dict[str, Named] = {}
        for touch in touches:
            self._held.setdefault(touch.key, set()).update(touch.named.values)
            if not touch.named.certain:
                self._uncertain.add(touch.key)

    def sharing(self, touch: Touch) -> Sharing:
        """Return how an operation touches the names of its type as a whole."""
        if not touch.named.certain:
            return ALONE
        if touch.frees and not self._is_known(touch.key):
            return FREED if touch.named.is_empty else ALONE
        return KNOWN

    def values(self, touch: Touch) -> set[tuple[str, str]]:
        """Return the values that an operation takes or may free, as far as they are known."""
        if not touch.frees:
            return set(touch.named.values)
        known = self._known.get(touch.key, NONE)
        return self._held[touch.key] | known.values

    def _is_known(self, key: str) -> bool:
        """Whether all is known that a resource may be called: it is made here, was looked at, or cannot be."""
        return key not in self._uncertain and (key.startswith(PREFIX) or key in self._known or not is_id(key))

    def learn(self, look: Look) -> None:
        """Ask what the resources hold that may give up a name, where others would have to wait for them one by one.

        Changes of populations are alone in any case.
        """
        unknown = {touch.key: touch for touch in self._touches if touch.frees and not self._is_known(touch.key)}
        if not unknown:
            return
        turns = count_turns([self.sharing(touch) for touch in self._touches if touch.concerns_names])
        traits = next(iter(unknown.values())).traits
        if (
            traits is not None
            and traits.endpoint.kind != POPULATIONS.collection
            and turns > FEW_TURNS + len(unknown) // OPERATIONS
        ):
            self._known = dict(look(traits.endpoint, list(unknown)))
