"""ServiceProviderConfig, ResourceTypes, Schemas, /Me and the OpenAPI description: what this server can do.

Made from the tables (RFC 7644 §4), for each client from what it may see of them, and call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from scimbridge.access.caller import Caller
from scimbridge.lists.lists import CURSOR_LIFE, MOST, default_count, list_response
from scimbridge.operations.openapi import add_operations
from scimbridge.operations.rooms import Rooms
from scimbridge.resources.bulk.requests import MOST_OPERATIONS
from scimbridge.resources.registry import ClientView, Registry
from scimbridge.scim.catalogue import SPC_URN
from scimbridge.scim.errors import Forbidden, NotFound, NotImplementedByDesign
from scimbridge.web import render
from scimbridge.web.incoming import LARGEST_BODY
from scimbridge.web.login.limiting import smaller
from scimbridge.web.login.proxies import base_url

Describe = Callable[[ClientView, str], list[dict[str, Any]]]  # (what the client is served, SCIM base URL) -> resources
OPENAPI = "/openapi.json"
AUTHENTICATION: tuple[Mapping[str, Any], ...] = (
    {
        "type": "oauthbearertoken",
        "name": "OAuth Bearer Token",
        "description": "A secret or an access token in the Authorization header (RFC 6750)",
        "specUri": "https://datatracker.ietf.org/doc/html/rfc6750",
        "primary": True,
    },
    {
        "type": "oauth2",
        "name": "OAuth 2.0 client credentials",
        "description": "An access token from /oauth2/token for a client's name and secret (RFC 6749 section 4.4)",
        "specUri": "https://datatracker.ietf.org/doc/html/rfc6749",
        "primary": False,
    },
    {
        "type": "httpbasic",
        "name": "HTTP Basic",
        "description": "A client's name and secret in the Authorization header (RFC 7617)",
        "specUri": "https://datatracker.ietf.org/doc/html/rfc7617",
        "primary": False,
    },
)
DOCUMENTATION = "https://datatracker.ietf.org/doc/html/rfc7644"


def blueprint(served: Registry, rooms: Rooms, prefix: str) -> Blueprint:
    """Make the discovery routes."""
    routes = Blueprint("discovery", __name__)

    def base() -> str:
        return _base(prefix)

    def config() -> Response:
        _no_filter()
        return render.message(service_provider_config(base(), g.caller))

    def add(path: str, describe: Describe) -> None:
        def every() -> Response:
            _no_filter()
            found = describe(served.to(g.caller), base())
            return render.message(list_response(found, len(found), 1))

        def one(key: str) -> Response:
            _no_filter()
            wanted = key.rstrip("/").lower()  # a URN may hold slashes, so the route takes a trailing one along
            for entry in describe(served.to(g.caller), base()):
                if entry["id"].lower() == wanted:
                    return render.message(entry)
            msg = f"{path} has no {key[:100]!r}"
            raise NotFound(msg)

        routes.add_url_rule(path, path.strip("/"), every, methods=["GET"])
        routes.add_url_rule(f"{path}/<path:key>", f"{path.strip('/')}-one", one, methods=["GET"])

    def me() -> Response:
        msg = "/Me is not offered: a provisioning client is no user"
        raise NotImplementedByDesign(msg)

    routes.add_url_rule("/ServiceProviderConfig", "ServiceProviderConfig", config, methods=["GET"])
    add("/ResourceTypes", ClientView.resource_types)
    add("/Schemas", lambda face, base: face.schemas(base, g.caller))
    routes.add_url_rule("/Me", "Me", me, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    routes.add_url_rule(OPENAPI, "openapi", _describe_api(served, rooms, prefix), methods=["GET"])
    return routes


def at_root(served: Registry, rooms: Rooms, prefix: str) -> Blueprint:
    """Make the route that gives the OpenAPI description where its readers look for it; who asks is to be known."""
    routes = Blueprint("openapi", __name__)
    routes.add_url_rule(OPENAPI, "openapi", _describe_api(served, rooms, prefix), methods=["GET"])
    return routes


def _describe_api(served: Registry, rooms: Rooms, prefix: str) -> Callable[[], Response]:
    def describe() -> Response:
        room, caller = rooms.to(g.caller), g.caller
        api = served.to(caller).api(_base(prefix), caller)
        return render.plain(add_operations(api, room.offered(caller), room.paths()))

    return describe


def _base(prefix: str) -> str:
    return base_url(request.environ) + prefix


def _no_filter() -> None:
    if any(name.lower() == "filter" for name in request.args):
        msg = "discovery endpoints cannot be filtered (RFC 7644 section 4)"
        raise Forbidden(msg)


def service_provider_config(base: str, caller: Caller) -> dict[str, Any]:
    """Return what the server supports (RFC 7643 §5, RFC 9865 §4), as it is for the client that asks."""
    limits = caller.limits
    config = {
        "schemas": [SPC_URN],
        "documentationUri": DOCUMENTATION,
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": smaller(limits.bulk_operations, MOST_OPERATIONS),
            "maxPayloadSize": smaller(limits.body, LARGEST_BODY),
        },
        "filter": {"supported": True, "maxResults": MOST},
        "changePassword": {"supported": True},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": default_count(caller),
            "maxPageSize": MOST,
            "cursorTimeout": CURSOR_LIFE,
        },
        "authenticationSchemes": [dict(scheme) for scheme in AUTHENTICATION],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }
    return {name: member for name, member in config.items() if name not in caller.hidden_config}
