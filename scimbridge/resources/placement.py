"""Which population a new user goes to, when the client names none.

The first rule of the table that holds, else the configured default, else PingOne's own default. A rule may name a
population by its name; names are looked up when first needed.
"""

from __future__ import annotations

from typing import Any

from scimbridge.mapping.table import Table
from scimbridge.pingone import filters as native
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.send import Call
from scimbridge.resources.ids import is_id
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.matching import compile_filter
from scimbridge.state.base import State

_REMEMBERED = 300.0  # seconds that a name stands for an id


class Placement:
    """The population rules of the user table, compiled."""

    def __init__(
        self, table: Table, populations: Collection, default: str | None, state: State, *, page_size: int
    ) -> None:
        self._rules = [(compile_filter(rule.when, table.type), rule.use) for rule in table.populations]
        self._populations = populations
        self._default = default
        self._state = state
        self._page_size = page_size

    def choose(self, call: Call, resource: dict[str, Any]) -> str | None:
        """Return the id of the population, or None for PingOne's own default.

        Raises `Unavailable` where a rule names a population that is not there: a user in the wrong one is worse.
        """
        for holds, use in self._rules:
            if holds(resource):
                return use if is_id(use) else self._find(call, use)
        return self._default

    def _find(self, call: Call, name: str) -> str:
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
        msg = f"a [[population]] rule names the population {name!r}, which PingOne does not have"
        raise Unavailable(msg)
