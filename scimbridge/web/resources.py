"""The endpoints of the resource types: a route for each verb, nothing decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, Response, g, request

from scimbridge.resources.ask import Ask, Reply
from scimbridge.resources.lists import Everything, Lists
from scimbridge.scim.errors import MethodNotAllowed, NotFound
from scimbridge.scim.messages import read_search
from scimbridge.web import render
from scimbridge.web.intake import Intake, read_body, read_parameters

LONGEST_ID = 256


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
    """A resource type as it is served."""

    path: str
    resource: Resource
    lists: Lists
    allow: frozenset[str]


def blueprint(endpoints: list[Endpoint], everything: Everything, intake: Intake) -> Blueprint:
    """Make the routes of all resource types, and of queries at the root."""
    routes = Blueprint("resources", __name__)
    for endpoint in endpoints:
        _add(routes, endpoint, intake)

    def search_root() -> Response:
        parameters = _search_parameters()
        return render.message(everything.answer(_ask(intake, parameters), parameters))

    def query_root() -> Response:
        parameters = read_parameters(request)
        return render.message(everything.answer(_ask(intake, parameters), parameters))

    routes.add_url_rule("/.search", "search", search_root, methods=["POST"])
    routes.add_url_rule("/", "query", query_root, methods=["GET"])
    return routes


def _add(routes: Blueprint, endpoint: Endpoint, intake: Intake) -> None:
    name, resource = endpoint.path.strip("/"), endpoint.resource

    def collection() -> Response:
        parameters = read_parameters(request)
        ask = _ask(intake, parameters)
        if request.method == "POST":
            _allow(endpoint, "create")
            return render.reply(resource.create(ask, read_body(request)))
        return render.message(endpoint.lists.answer(ask, parameters))

    def one(key: str) -> Response:
        ask = _ask(intake, read_parameters(request))
        if len(key) > LONGEST_ID:
            msg = "no resource has an id of that length"
            raise NotFound(msg)
        return _one(endpoint, ask, key)

    def search() -> Response:
        parameters = _search_parameters()
        return render.message(endpoint.lists.answer(_ask(intake, parameters), parameters))

    routes.add_url_rule(endpoint.path, name, collection, methods=["GET", "POST"])
    routes.add_url_rule(f"{endpoint.path}/.search", f"{name}-search", search, methods=["POST"])
    routes.add_url_rule(f"{endpoint.path}/<key>", f"{name}-one", one, methods=["GET", "PUT", "PATCH", "DELETE"])


def _one(endpoint: Endpoint, ask: Ask, key: str) -> Response:
    resource = endpoint.resource
    change: Mapping[str, Callable[[Ask, str, Mapping[str, Any]], Reply]] = {
        "PUT": resource.replace,
        "PATCH": resource.patch,
    }
    if request.method in change:
        _allow(endpoint, "change")
        return render.reply(change[request.method](ask, key, read_body(request)))
    if request.method == "DELETE":
        _allow(endpoint, "delete")
        return render.reply(resource.delete(ask, key))
    return render.reply(resource.get(ask, key), ask.if_none_match)


def _allow(endpoint: Endpoint, verb: str) -> None:
    if verb not in endpoint.allow:
        msg = f"{endpoint.path} does not allow to {verb}: the table says allow = {sorted(endpoint.allow)}"
        raise MethodNotAllowed(msg, headers=(("Allow", "GET"),))


def _search_parameters() -> Mapping[str, str]:
    return read_search(read_body(request), strict=g.caller.strict).parameters


def _ask(intake: Intake, parameters: Mapping[str, str]) -> Ask:
    return intake.ask(request, g.caller, g.request_id, parameters)
