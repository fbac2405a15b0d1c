"""Which population a new user goes to.

The one that the client names; else that of the first rule of the table that holds, else the configured default, else
PingOne's own default. A rule may name a population by its name; names are looked up when first needed. A client that is
confined to populations stays within them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.pingone import filters as native
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
        self._users = users
        self._populations = populations
        self._default = default
        self._state = state
        self._page_size = page_size

    def choose(self, context: RequestContext, resource: dict[str, Any], named: str | None) -> str | None:
        """Return the id of the population, or None for PingOne's own default; `named` is what the client says.

        Raises `InvalidValue` where that is outside the client's populations, or where it has to name one; and
        `Unavailable` where a rule names a population that is not there: a user in the wrong one is worse.
        """
        within = self._users.within(context)
        if named is not None:
            return within.check_named(named, self._spelled)
        proposed = None if within.only else self._propose(context, resource, within)
        return within.choose(proposed, self._spelled)

    def check_move(self, context: RequestContext, facets: Mapping[str, Any]) -> None:
        """Hold a move to the client's populations. Raises `InvalidValue`."""
        if POPULATION.name in facets:
            self._users.within(context).check_named(facets[POPULATION.name], self._spelled)

    def _propose(self, context: RequestContext, resource: dict[str, Any], within: Confinement) -> str | None:
        for holds, use in self._rules:
            if holds(resource):
                found = use if is_id(use) else self._find(context.call, use)
                if found is None:
                    named = f" {use!r}" if within.is_open else ""
                    msg = f"a [[population]] rule names a population{named} that PingOne does not have"
                    raise Unavailable(msg)
                return found
        return self._default

    def _find(self, call: Call, name: str) -> str | None:
        key = f"population:{name}"
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
