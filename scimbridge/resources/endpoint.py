"""A resource type as it is served: its path, its verbs, its lists, what its table and the client's rights allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from scimbridge.lists.lists import Lists
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.request.kept_values import KeptValues
from scimbridge.request.rights import check_scope, check_shown, veil, veil_reply
from scimbridge.resources.writer import Writer
from scimbridge.scim import verbs
from scimbridge.scim.errors import MethodNotAllowed, NotFound
from scimbridge.scim.key_dialects import unfold_dotted_keys
from scimbridge.scim.verbs import WRITE, Verb
from scimbridge.sides import Body
from scimbridge.trail.attempts import UNTRACED, Trail

NO_PARAMETERS: Mapping[str, str] = {}


def no_body() -> Body:
    """Return the body of a request that has none."""
    return Body({})


class ResourceHandler(Protocol):
    """A resource type's verbs on one resource; its `writer` carries out changes that were planned elsewhere."""

    @property
    def writer(self) -> Writer:
        """What its changes are carried out by."""
        ...

    def get(self, context: RequestContext, options: AnswerOptions, key: str) -> Reply:
        """Read it."""
        ...

    def create(self, context: RequestContext, options: AnswerOptions, body: Body) -> Reply:
        """Make one."""
        ...

    def replace(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Make it what the body says."""
        ...

    def patch(self, context: RequestContext, options: AnswerOptions, key: str, body: Body) -> Reply:
        """Change it."""
        ...

    def delete(self, context: RequestContext, key: str) -> Reply:
        """Delete it."""
        ...

    def look(self, context: RequestContext, key: str) -> None:
        """Hold a change that needs no read to where the caller may go, and to the conditions of its request."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resource type as it is served; `allow` are the writing verbs of its table.

    Every verb, whoever calls it, goes through `do`, and passes the client's rights there before anything else of the
    request is looked at.
    """

    path: str
    records: ReachableRecords
    resource: ResourceHandler
    lists: Lists
    allow: frozenset[str]
    kept: KeptValues
    trail: Trail = UNTRACED

    @property
    def name(self) -> str:
        """The resource type's name."""
        return self.lists.view.table.type.name

    @property
    def kind(self) -> str:
        """What is served: PingOne's name of the collection."""
        return self.lists.kind

    def do(
        self,
        verb: Verb,
        context: RequestContext,
        options: AnswerOptions,
        key: str = "",
        *,
        parameters: Mapping[str, str] = NO_PARAMETERS,
        read: Callable[[], Body] = no_body,
    ) -> Reply:
        """Carry out a verb: right, reach, audit entry, and then what the resource type makes of it.

        `key` is an id as the client gave it, `parameters` are those of a search. `read` gives the body of a change, and
        is called when it is known that the client may make it; what is refused until then is a refusal in the trail.
        Raises `Forbidden`, `MethodNotAllowed`, and whatever else is wrong or goes wrong.
        """
        body = Body({})
        if verb.scope == WRITE:
            with self.trail.refusals(context, self.name, verb, key):
                self.check_allowed(context, verb)
                body = read()
        with self._recorded(verb, replace(context, dropped={}), key, parameters) as noted:
            self.check_allowed(noted, verb)
            if verb.on_one:
                self._check_key(key)
            ready, shown = self._begin(verb, noted, options) if verb.scope == WRITE else (noted, options)
            reply = self._carry_out(verb, ready, shown, key, parameters, body)
            self.kept.check(ready, reply.location or f"{options.base}{self.path}/{key}")
            return ready.notes.answered(veil_reply(ready.caller, self.kind, reply))

    def _recorded(
        self, verb: Verb, context: RequestContext, key: str, parameters: Mapping[str, str]
    ) -> AbstractContextManager[RequestContext]:
        if verb == verbs.SEARCH:
            return self.trail.searching(context, (self.lists.view.table.type,), parameters.get("filter"))
        return self.trail.attempt(context, self.name, verb, key)

    def _carry_out(
        self,
        verb: Verb,
        context: RequestContext,
        options: AnswerOptions,
        key: str,
        parameters: Mapping[str, str],
        body: Body,
    ) -> Reply:
        standard = self._standard(context, body) if verb.whole else body
        match verb:
            case verbs.SEARCH:
                return Reply(verb.success, context.notes.listed(self.lists.answer(context, options, parameters)))
            case verbs.GET:
                return self.resource.get(context, options, key)
            case verbs.CREATE:
                return self.resource.create(context, options, standard)
            case verbs.REPLACE:
                return self.resource.replace(context, options, key, standard)
            case verbs.PATCH:
                return self.resource.patch(context, options, key, standard)
            case verbs.DELETE:
                return self.resource.delete(context, key)
        msg = f"{self.path} has no way to {verb.name}"
        raise ValueError(msg)

    def check_allowed(self, context: RequestContext, verb: Verb) -> None:
        """Hold a verb to the client's rights, then to the table.

        Looks at nothing else, so that it can be called before a body is read. Raises `Forbidden`, `MethodNotAllowed`.
        """
        check_scope(context.caller, self.kind, verb.scope)
        if verb.allow and verb.allow not in self.allow:
            allowed = ", ".join(sorted(self.allow)) or "reading only"
            msg = f"{self.path} does not allow to {verb.allow}; its table allows {allowed}"
            raise MethodNotAllowed(msg, headers=(("Allow", "GET"),))
        if verb == verbs.CREATE:
            self.records.check_may_create(context)

    def _standard(self, context: RequestContext, body: Body) -> Body:
        """Return the body of a whole resource with names as RFC 7644 wants them. Raises `InvalidSyntax`."""
        return body if context.manner.strict else unfold_dotted_keys(body, self.lists.view.table.type)

    def _check_key(self, key: str) -> None:
        if not is_id(key):
            msg = f"no {self.name} has an id like that: they are UUIDs"
            raise NotFound(msg)

    def _begin(
        self, verb: Verb, context: RequestContext, options: AnswerOptions
    ) -> tuple[RequestContext, AnswerOptions]:
        """Decide what the answer to a change has, refuse what is wrong with it, and let the change begin.

        Raises `BadRequest`, and `Unavailable` where the change has to be recorded beforehand and cannot be.
        """
        if verb.shows:
            options = veil(context.caller, self.kind, options)
            self.lists.view.projection(options)
            check_shown(context.caller, self.lists.view.scopes_for(options))
        context.notes.begin()
        if verb.urgent:
            context = replace(context, call=replace(context.call, urgent=True))
        return context, options
