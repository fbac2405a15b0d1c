"""The endpoints of the resource types: a route for each verb, nothing decided here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import Blueprint, Response, g, request

from scimbridge.request.context import RequestContext
from scimbridge.resources.endpoint import Endpoint, no_body
from scimbridge.resources.registry import Registry
from scimbridge.scim import verbs
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
        everything.check_allowed(_context(intake))
        parameters = _search_parameters() if request.method == "POST" else read_parameters(request)
        return render.message(everything.answer(_context(intake), intake.options(request, parameters), parameters))

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
            context, options = _context(intake), intake.options(request, read_shown(request))
            return render.reply(endpoint.do(verbs.CREATE, context, options, read=partial(read_body, request)))
        parameters = _query_parameters(endpoint, intake)
        return render.reply(
            endpoint.do(verbs.SEARCH, _context(intake), intake.options(request, parameters), parameters=parameters)
        )

    def search() -> Response:
        endpoint = served_here()
        endpoint.check_allowed(_context(intake), verbs.SEARCH)
        parameters = _search_parameters()
        return render.reply(
            endpoint.do(verbs.SEARCH, _context(intake), intake.options(request, parameters), parameters=parameters)
        )

    def one(key: str) -> Response:
        endpoint = served_here()
        context, options = _context(intake), intake.options(request, read_shown(request))
        verb = verbs.BY_METHOD.get(request.method, verbs.GET)
        if verb == verbs.GET:
            return render.reply(endpoint.do(verb, context, options, key), context.if_none_match)
        return render.reply(
            endpoint.do(verb, context, options, key, read=partial(read_body, request) if verb.shows else no_body)
        )

    routes.add_url_rule(path, name, collection, methods=["GET", "POST"])
    routes.add_url_rule(f"{path}/.search", f"{name}-search", search, methods=["POST"])
    routes.add_url_rule(f"{path}/<key>", f"{name}-one", one, methods=["GET", "PUT", "PATCH", "DELETE"])


def _query_parameters(endpoint: Endpoint, intake: Incoming) -> Mapping[str, str]:
    try:
        return read_parameters(request)
    except BadRequest:
        endpoint.check_allowed(_context(intake), verbs.SEARCH)  # who may not read is told that, and nothing else
        raise


def _search_parameters() -> Mapping[str, str]:
    return read_search(read_body(request), strict=g.caller.strict).parameters


def _context(intake: Incoming) -> RequestContext:
    return intake.context(request, g.caller, g.request_id)
