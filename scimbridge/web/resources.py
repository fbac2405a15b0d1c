"""The endpoints of the resource types: a route for each verb, nothing decided here."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, g, request

from scimbridge.resources.ask import Ask
from scimbridge.resources.endpoint import Endpoint
from scimbridge.resources.lists import Everything
from scimbridge.scim.messages import read_search
from scimbridge.web import render
from scimbridge.web.intake import Intake, read_body, read_parameters


def blueprint(endpoints: list[Endpoint], everything: Everything, intake: Intake) -> Blueprint:
    """Make the routes of all resource types, and of queries at the root."""
    routes = Blueprint("resources", __name__)
    for endpoint in endpoints:
        _add(routes, endpoint, intake)

    def query_root() -> Response:
        parameters = _search_parameters() if request.method == "POST" else read_parameters(request)
        return render.message(everything.answer(_ask(intake, parameters), parameters))

    routes.add_url_rule("/.search", "search", query_root, methods=["POST"])
    routes.add_url_rule("/", "query", query_root, methods=["GET"])
    return routes


def _add(routes: Blueprint, endpoint: Endpoint, intake: Intake) -> None:
    name = endpoint.path.strip("/")

    def collection() -> Response:
        parameters = read_parameters(request)
        ask = _ask(intake, parameters)
        if request.method == "POST":
            endpoint.check_allowed("create")
            return render.reply(endpoint.create(ask, read_body(request)))
        return render.message(endpoint.lists.answer(ask, parameters))

    def search() -> Response:
        parameters = _search_parameters()
        return render.message(endpoint.lists.answer(_ask(intake, parameters), parameters))

    def one(key: str) -> Response:
        ask = _ask(intake, read_parameters(request))
        match request.method:
            case "PUT":
                endpoint.check_allowed("change")
                return render.reply(endpoint.replace(ask, key, read_body(request)))
            case "PATCH":
                endpoint.check_allowed("change")
                return render.reply(endpoint.patch(ask, key, read_body(request)))
            case "DELETE":
                return render.reply(endpoint.delete(ask, key))
        return render.reply(endpoint.get(ask, key), ask.if_none_match)

    routes.add_url_rule(endpoint.path, name, collection, methods=["GET", "POST"])
    routes.add_url_rule(f"{endpoint.path}/.search", f"{name}-search", search, methods=["POST"])
    routes.add_url_rule(f"{endpoint.path}/<key>", f"{name}-one", one, methods=["GET", "PUT", "PATCH", "DELETE"])


def _search_parameters() -> Mapping[str, str]:
    return read_search(read_body(request), strict=g.caller.strict).parameters


def _ask(intake: Intake, parameters: Mapping[str, str]) -> Ask:
    return intake.ask(request, g.caller, g.request_id, parameters)
