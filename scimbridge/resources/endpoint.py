"""A resource type as it is served: its path, its verbs, its lists, what its table and the client's rights allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from scimbridge.lists.lists import Lists
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask, Reply
from scimbridge.request.ids import is_id
from scimbridge.request.rights import READ, WRITE, check_scope, veil, veil_reply
from scimbridge.scim.errors import MethodNotAllowed, NotFound
from scimbridge.scim.key_dialects import unfold_dotted_keys
from scimbridge.trail.attempts import UNTRACED, Trail


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
    """A resource type as it is served; `allow` are the writing verbs of its table.

    Every verb, whoever calls it, passes the client's rights here before anything else of the request is looked at.
    """

    path: str
    resource: Resource
    lists: Lists
    allow: frozenset[str]
    trail: Trail = UNTRACED

    @property
    def name(self) -> str:
        """The resource type's name."""
        return self.lists.view.table.type.name

    @property
    def kind(self) -> str:
        """What is served: PingOne's name of the collection."""
        return self.lists.kind

    def list(self, ask: Ask, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return the ListResponse to a query."""
        with self.trail.searching(ask, (self.lists.view.table.type,), parameters.get("filter")) as noted:
            self.check_allowed(noted, "read")
            return noted.notes.listed(self.lists.answer(noted, parameters))

    def get(self, ask: Ask, key: str) -> Reply:
        """Read one resource."""
        with self.trail.reading(ask, self.name, key) as noted:
            self.check_allowed(noted, "read")
            self._check_key(key)
            return noted.notes.answered(self.resource.get(noted, key))

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make a resource. Raises `MethodNotAllowed` where the table does not allow it, as the verbs below do."""
        with self.trail.change(ask, self.name, "create") as noted:
            self.check_allowed(noted, "create")
            ready = self._prepare(noted)
            standard = self._read(ready, body)
            return noted.notes.answered(veil_reply(ready, self.kind, self.resource.create(ready, standard)))

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make a resource what the body says."""
        with self.trail.change(ask, self.name, "replace", key) as noted:
            self.check_allowed(noted, "change")
            self._check_key(key)
            ready = self._prepare(noted)
            standard = self._read(ready, body)
            return noted.notes.answered(veil_reply(ready, self.kind, self.resource.replace(ready, key, standard)))

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change a resource."""
        with self.trail.change(ask, self.name, "patch", key) as noted:
            self.check_allowed(noted, "change")
            self._check_key(key)
            ready = self._prepare(noted)
            return noted.notes.answered(veil_reply(ready, self.kind, self.resource.patch(ready, key, body)))

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete a resource; deletes go before other calls."""
        with self.trail.change(ask, self.name, "delete", key) as noted:
            self.check_allowed(noted, "delete")
            self._check_key(key)
            noted.notes.begin()
            return noted.notes.answered(
                self.resource.delete(replace(noted, call=replace(noted.call, urgent=True)), key)
            )

    def check_allowed(self, ask: Ask, verb: str) -> None:
        """Hold read, create, change or delete to the client's rights, then to the table.

        Looks at nothing else, so that it can be called before a body is read. Raises `Forbidden`, `MethodNotAllowed`.
        """
        check_scope(ask.caller, self.kind, READ if verb == "read" else WRITE)
        if verb == "read":
            return
        if verb not in self.allow:
            allowed = ", ".join(sorted(self.allow)) or "reading only"
            msg = f"{self.path} does not allow to {verb}; its table allows {allowed}"
            raise MethodNotAllowed(msg, headers=(("Allow", "GET"),))
        if verb == "create":
            Confinement.of(ask.caller, self.kind).check_may_create()

    def _read(self, ask: Ask, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the body of a whole resource with names as RFC 7644 wants them. Raises `InvalidSyntax`."""
        return body if ask.manner.strict else unfold_dotted_keys(body, self.lists.view.table.type)

    def _check_key(self, key: str) -> None:
        if not is_id(key):
            msg = f"no {self.name} has an id like that: they are UUIDs"
            raise NotFound(msg)

    def _prepare(self, ask: Ask) -> Ask:
        """Decide what the answer to a change has, refuse what is wrong with it, and let the change begin.

        Raises `BadRequest`, and `Unavailable` where the change has to be recorded beforehand and cannot be.
        """
        ask = veil(ask, self.kind)
        self.lists.view.projection(ask)
        ask.notes.begin()
        return ask
