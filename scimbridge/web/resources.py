"""The endpoints of the resource types: a route for each verb, nothing decided here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from scimbridge.request.context import Ask
from scimbridge.resources.endpoint import Endpoint
from scimbridge.resources.registry import Registry
from scimbridge.scim.errors import BadRequest
from scimbridge.scim.messages import read_search
from scimbridge.web import render
from scimbridge.web.incoming import Incoming, read_body, read_parameters, read_shown


def blueprint(served: Registry, intake: Incoming) -> Blueprint:
    """Make the routes of all resource types, and of queries at the root."""
    routes = Blueprint("resources", __name__)
    for path in served.whole.endpoints:
        _add(routes, path, served, intake)

    def query_root() -> Response:
        everything = served.to(g.caller).everything
        everything.check_allowed(_ask(intake, {}))
        parameters = _search_parameters() if request.method == "POST" else read_parameters(request)
        return render.message(everything.answer(_ask(intake, parameters), parameters))

    routes.add_url_rule("/.search", "search", query_root, methods=["POST"])
    routes.add_url_rule("/", "query", query_root, methods=["GET"])
    return routes


def _add(routes: Blueprint, path: str, served: Registry, intake: Incoming) -> None:
    name = path.strip("/")

    def served_here() -> Endpoint:
        return served.to(g.caller).endpoints[path]

    def collection() -> Response:
        endpoint = served_here()
        if request.method == "POST":
            ask = _ask(intake, read_shown(request))
            return render.reply(endpoint.create(ask, _change(endpoint, ask, "create")))
        parameters = _query_parameters(endpoint, intake)
        return render.message(endpoint.list(_ask(intake, parameters), parameters))

    def search() -> Response:
        endpoint = served_here()
        endpoint.check_allowed(_ask(intake, {}), "read")
        parameters = _search_parameters()
        return render.message(endpoint.list(_ask(intake, parameters), parameters))

    def one(key: str) -> Response:
        endpoint = served_here()
        ask = _ask(intake, read_shown(request))
        match request.method:
            case "PUT":
                return render.reply(endpoint.replace(ask, key, _change(endpoint, ask, "replace", key)))
            case "PATCH":
                return render.reply(endpoint.patch(ask, key, _change(endpoint, ask, "patch", key)))
            case "DELETE":
                return render.reply(endpoint.delete(ask, key))
        return render.reply(endpoint.get(ask, key), ask.if_none_match)

    routes.add_url_rule(path, name, collection, methods=["GET", "POST"])
    routes.add_url_rule(f"{path}/.search", f"{name}-search", search, methods=["POST"])
    routes.add_url_rule(f"{path}/<key>", f"{name}-one", one, methods=["GET", "PUT", "PATCH", "DELETE"])


def _change(endpoint: Endpoint, ask: Ask, verb: str, key: str = "") -> dict[str, Any]:
    """Read the body of a change, if the client may make it at all; what ends here is a refusal in the trail too."""
    with endpoint.trail.refusals(ask, endpoint.name, verb, key):
        endpoint.check_allowed(ask, "create" if verb == "create" else "change")
        return read_body(request)


def _query_parameters(endpoint: Endpoint, intake: Incoming) -> Mapping[str, str]:
    try:
        return read_parameters(request)
    except BadRequest:
        endpoint.check_allowed(_ask(intake, {}), "read")  # who may not read is told that, and nothing else
        raise


def _search_parameters() -> Mapping[str, str]:
    return read_search(read_body(request), strict=g.caller.strict).parameters


def _ask(intake: Incoming, parameters: Mapping[str, str]) -> Ask:
    return intake.ask(request, g.caller, g.request_id, parameters)
