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
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.send import Call
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask
from scimbridge.request.ids import is_id
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.state.base import State

_REMEMBERED = 300.0  # seconds that a name stands for an id


class Placement:
    """The population rules of the user table, compiled."""

    def __init__(
        self, table: Table, populations: Collection, default: str | None, state: State, *, page_size: int
    ) -> None:
        self._rules = [(compile_filter(rule.when, rule.type), rule.use) for rule in table.populations]
        self._spelled = table.scim_name(POPULATION.field) or POPULATION.name
        self._populations = populations
        self._default = default
        self._state = state
        self._page_size = page_size

    def choose(self, ask: Ask, resource: dict[str, Any], named: str | None) -> str | None:
        """Return the id of the population, or None for PingOne's own default; `named` is what the client says.

        Raises `InvalidValue` where that is outside the client's populations, or where it has to name one; and
        `Unavailable` where a rule names a population that is not there: a user in the wrong one is worse.
        """
        within = Confinement.of(ask.caller, "users")
        if named is not None:
            return within.check_named(named, self._spelled)
        proposed = None if within.only else self._propose(ask, resource, within)
        return within.choose(proposed, self._spelled)

    def check_move(self, ask: Ask, facets: Mapping[str, Any]) -> None:
        """Hold a move to the client's populations. Raises `InvalidValue`."""
        if POPULATION.name in facets:
            Confinement.of(ask.caller, "users").check_named(facets[POPULATION.name], self._spelled)

    def _propose(self, ask: Ask, resource: dict[str, Any], within: Confinement) -> str | None:
        for holds, use in self._rules:
            if holds(resource):
                found = use if is_id(use) else self._find(ask.call, use)
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
