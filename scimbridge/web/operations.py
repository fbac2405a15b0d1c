"""The endpoints of operations: names with a dot, as SCIM's own `.search`; nothing is decided here but what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from scimbridge.mapping.tables.rows import nearest
from scimbridge.operations.carrying_out import Asked, Room
from scimbridge.operations.describing import describe_offer, ways_of
from scimbridge.operations.inputs import parse_texts
from scimbridge.operations.offering import Offer
from scimbridge.operations.rooms import Rooms
from scimbridge.operations.rows import MATCH, SERVICE, Operation
from scimbridge.resources.registry import Registry
from scimbridge.scim.errors import InvalidValue, MethodNotAllowed, NotFound
from scimbridge.web import render
from scimbridge.web.incoming import Incoming, read_body, read_shown

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SHOWN = ("attributes", "excludedattributes")
BESIDE = {"search": "POST", "operations": "GET"}
"""What stands beside the operations, and is asked in one way."""


def blueprint(registry: Registry, rooms: Rooms, incoming: Incoming) -> Blueprint:
    """Make the routes: of each resource type, of a whole collection, and of the environment."""
    routes = Blueprint("operations", __name__)

    def offered() -> Response:
        room = rooms.to(g.caller)
        paths = room.paths()
        told = [describe_offer(each, paths.get(each.operation.resource)) for each in room.offered(g.caller)]
        return render.plain({"operations": told})

    routes.add_url_rule("/.operations", "offered", offered, methods=["GET"])
    places = {path: endpoint.name for path, endpoint in registry.whole.endpoints.items()} | {"": SERVICE}
    for path, resource in places.items():
        _add(routes, path, resource, rooms, incoming)
    return routes


def _add(routes: Blueprint, path: str, resource: str, rooms: Rooms, incoming: Incoming) -> None:
    def carry_out(name: str, key: str = "", item: str = "") -> Response:
        room = rooms.to(g.caller)
        operation = find_operation(room, resource, name, below=bool(key or item))
        g.operation = operation.name  # for the line of the request, whose route is the same for all
        method = "GET" if request.method == "HEAD" else request.method
        check_method(operation, method, key, item)
        context = incoming.context(request, g.caller, g.request_id)
        asked = Asked(operation, method, key, item)
        return render.reply(
            room.do(asked, context, incoming.options(request, read_shown(request)), lambda: _read(operation))
        )

    name = path.strip("/") or "environment"
    routes.add_url_rule(f"{path}/.<name>", f"{name}-all", carry_out, methods=METHODS)
    routes.add_url_rule(f"{path}/.<name>/<item>", f"{name}-all-part", carry_out, methods=METHODS)
    if path:
        routes.add_url_rule(f"{path}/<key>/.<name>", f"{name}-one", carry_out, methods=METHODS)
        routes.add_url_rule(f"{path}/<key>/.<name>/<item>", f"{name}-one-part", carry_out, methods=METHODS)


def find_operation(room: Room, resource: str, name: str, *, below: bool) -> Operation:
    """Return an operation by its name. Raises `NotFound`, which names the nearest, and `MethodNotAllowed`.

    `below`: behind an id or with a part, where nothing stands beside the operations.
    """
    if not below and (method := BESIDE.get(name)) is not None and (resource == SERVICE or name == "search"):
        msg = f".{name} is asked by {method}"
        raise MethodNotAllowed(msg, headers=(("Allow", method),))
    operation = room.catalogue.operations.get((resource, name))
    if operation is None or not room.serves(operation):
        known = [each.name for each in room.catalogue.of(resource) if room.serves(each)]
        msg = f"there is no operation {name[:64]!r} here{nearest(name, known)}; GET .operations lists them"
        raise NotFound(msg)
    return operation


def check_method(operation: Operation, method: str, key: str, item: str) -> None:
    """Hold a request to the methods and the place of an operation. Raises `MethodNotAllowed` and `NotFound`."""
    if operation.refuse:
        return
    part = operation.item
    if (item and part is None) or (key and operation.on_all):
        msg = f"{operation.name} stands on {'nothing that hangs on it' if item else 'the collection, without an id'}"
        raise NotFound(msg)
    if part is not None and not item and not operation.listed:
        msg = f"{operation.name} is about one part, which is named behind it: .{operation.name}/{{{part.name}}}"
        raise NotFound(msg)
    place = (bool(item and operation.listed), operation.on_one and not key)
    allowed = [way.method for way in ways_of(Offer(operation)) if (way.is_part, way.by_match) == place]
    if method not in allowed:
        msg = (
            f"{operation.name} is asked by {' or '.join(allowed)} here" if allowed else f"{operation.name} needs an id"
        )
        raise MethodNotAllowed(msg, headers=(("Allow", ", ".join(allowed)),))


def _read(operation: Operation) -> Mapping[str, Any]:
    """Return what a client sends: a body, where it posts one, else parameters and headers.

    Raises `InvalidValue` for what stands where it would be overlooked.
    """
    given = [(name, text) for name, text in request.args.items(multi=True) if name.lower() not in SHOWN]
    names = [name for name, _text in given]
    if request.method == "POST":
        if lost := [name for name in names if name in operation.named or name == MATCH]:
            msg = f"{lost[0]}: {operation.name} takes what it is given from the body, and nothing from the address"
            raise InvalidValue(msg)
        body = dict(read_body(request, may_be_empty=True))
    else:
        if len(set(names)) < len(names):
            msg = "a parameter stands twice; which one is meant?"
            raise InvalidValue(msg)
        body = parse_texts(operation, dict(given))
    for each in operation.inputs:
        if each.header and each.name not in body and (text := request.headers.get(each.header)):
            body[each.name] = text[: each.max_length]  # browsers say more than anybody reads
    return body
