"""Which population a new user goes to.

The one that the client names; else that of the first rule of the table that holds, else the configured default, else
PingOne's own default. A rule may name a population by its name; names are looked up when first needed. A client that is
confined to populations stays within them. Where the bridge chose, a population that is not there is the bridge's fault
and not the client's: 503, and an error in the log that says where it is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.observe.logs import named as log_named
from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.send import Call
from scimbridge.reach.confinement import Confinement
from scimbridge.reach.records import ReachableRecords
from scimbridge.reach.unconfined import UnconfinedRecords
from scimbridge.request.context import RequestContext
from scimbridge.request.ids import is_id
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.state.base import State

_REMEMBERED = 300.0  # seconds that a name stands for an id
_DEFAULT = "SCIMBRIDGE_DEFAULT_POPULATION_ID"
_MISSING = "population for new users is not there"
_CODES = frozenset({"INVALID_VALUE", "REQUIRED_VALUE", "EMPTY_VALUE", "NOT_FOUND"})

log = log_named(__name__)


@dataclass(frozen=True, slots=True)
class ChosenPlace:
    """Where a new user goes: the id of a population, None is PingOne's own default.

    `named_in` says where the bridge has it from, None where the client named it. `rule` is the name by which a rule has
    it.
    """

    key: str | None
    named_in: str | None = None
    rule: str | None = None


class Placement:
    """The population rules of the user table, compiled; what they name is looked up among all `populations`."""

    def __init__(
        self,
        table: Table,
        users: ReachableRecords,
        populations: UnconfinedRecords,
        default: str | None,
        state: State,
        *,
        page_size: int,
    ) -> None:
        self._rules = [(compile_filter(rule.when, rule.type), rule.use) for rule in table.populations]
        self._spelled = table.scim_name(POPULATION.field) or POPULATION.name
        self._file = table.file
        self._users = users
        self._populations = populations
        self._default = default
        self._state = state
        self._page_size = page_size

    def choose(self, context: RequestContext, resource: dict[str, Any], named: str | None) -> ChosenPlace:
        """Return where a new user goes; `named` is the population that the client says.

        Raises `InvalidValue` where that is outside the client's populations, or where it has to name one; and
        `Unavailable` where a rule names a population that is not there: a user in the wrong one is worse.
        """
        within = self._users.within(context)
        if named is not None:
            return ChosenPlace(within.check_named(named, self._spelled))
        proposed = ChosenPlace(None) if within.only else self._propose(context, resource, within)
        key = within.choose(proposed.key, self._spelled)
        return proposed if key == proposed.key else ChosenPlace(key, f"populations of client {context.caller.name}")

    @contextmanager
    def answering_for(self, place: ChosenPlace) -> Iterator[None]:
        """Make a user there: where PingOne refuses a place that the bridge chose, the operator is told.

        Raises `Unavailable` then, since the client can change nothing about it.
        """
        try:
            yield
        except Refused as error:
            if place.named_in is None or not _is_about_place(error):
                raise
            raise self._tell_missing(place, error.correlation) from error

    def _tell_missing(self, place: ChosenPlace, correlation: str | None) -> Unavailable:
        """Log which place is not there, and return what the client is told."""
        if place.rule is not None:
            self._state.delete(_key(place.rule))
        log.error(_MISSING, population=place.key, named_in=place.named_in, correlation=correlation)
        return Unavailable(
            "the population where the bridge puts this user is not there at PingOne; its operator has to name another"
        )

    def check_move(self, context: RequestContext, facets: Mapping[str, Any]) -> None:
        """Hold a move to the client's populations. Raises `InvalidValue`."""
        if POPULATION.name in facets:
            self._users.within(context).check_named(facets[POPULATION.name], self._spelled)

    def _propose(self, context: RequestContext, resource: dict[str, Any], within: Confinement) -> ChosenPlace:
        for number, (holds, use) in enumerate(self._rules, 1):
            if holds(resource):
                where = f"[[population]] {number} of {self._file}"
                found = use if is_id(use) else self._find(context.call, use)
                if found is None:
                    log.error(_MISSING, population=use, named_in=where)
                    named = f" {use!r}" if within.is_open else ""
                    msg = f"a [[population]] rule names a population{named} that PingOne does not have"
                    raise Unavailable(msg)
                return ChosenPlace(found, where, None if is_id(use) else use)
        return ChosenPlace(self._default, _DEFAULT if self._default else f"nowhere: {_DEFAULT} is not set")

    def _find(self, call: Call, name: str) -> str | None:
        key = _key(name)
        held = self._state.get(key)
        if held is not None:
            return held.decode()
        asked = native.render(native.Term("name", "sw", name))
        for page in self._populations.pages(call, filter=asked, limit=self._page_size):
            for record in page.records:
                if record.get("name") == name:
                    self._state.set(key, record["id"].encode(), _REMEMBERED)
                    return str(record["id"])
        return None


def _key(name: str) -> str:
    return f"population:{name}"


def _is_about_place(error: Refused) -> bool:
    """Whether PingOne refuses a new user because of its population."""
    if isinstance(error, NotThere) and not error.faults:
        return True  # nothing else is looked for at a creation
    places = (POPULATION.name, f"{POPULATION.name}.id")
    return any(fault.target in places and fault.code in _CODES for fault in error.faults)
