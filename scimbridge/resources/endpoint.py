"""A resource type as it is served: its path, its verbs, its lists and what its table allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from scimbridge.resources.ask import Ask, Reply
from scimbridge.resources.ids import is_id
from scimbridge.resources.lists import Lists
from scimbridge.scim.errors import MethodNotAllowed, NotFound


class Resource(Protocol):
    """A resource type's verbs on one resource."""

    def get(self, ask: Ask, key: str) -> Reply:
        """Read it."""
        ...

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make one."""
        ...

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make it what the body says."""
        ...

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change it."""
        ...

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete it."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resource type as it is served; `allow` are the writing verbs of its table."""

    path: str
    resource: Resource
    lists: Lists
    allow: frozenset[str]

    def get(self, ask: Ask, key: str) -> Reply:
        """Read one resource."""
        self._check_key(key)
        return self.resource.get(ask, key)

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make a resource. Raises `MethodNotAllowed` where the table does not allow it, as the verbs below do."""
        self.check_allowed("create")
        self._check_answer(ask)
        return self.resource.create(ask, body)

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make a resource what the body says."""
        self.check_allowed("change")
        self._check_key(key)
        self._check_answer(ask)
        return self.resource.replace(ask, key, body)

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change a resource."""
        self.check_allowed("change")
        self._check_key(key)
        self._check_answer(ask)
        return self.resource.patch(ask, key, body)

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete a resource; deletes go before other calls."""
        self.check_allowed("delete")
        self._check_key(key)
        return self.resource.delete(replace(ask, call=replace(ask.call, urgent=True)), key)

    def check_allowed(self, verb: str) -> None:
        """Hold a writing verb to the table. Raises `MethodNotAllowed`."""
        if verb not in self.allow:
            allowed = ", ".join(sorted(self.allow)) or "reading only"
            msg = f"{self.path} does not allow to {verb}; its table allows {allowed}"
            raise MethodNotAllowed(msg, headers=(("Allow", "GET"),))

    def _check_key(self, key: str) -> None:
        if not is_id(key):
            msg = f"no {self.lists.view.table.type.name} has an id like that: they are UUIDs"
            raise NotFound(msg)

    def _check_answer(self, ask: Ask) -> None:
        """Refuse what is wrong with the wished-for answer before anything is written. Raises `BadRequest`."""
        self.lists.view.projection(ask)
