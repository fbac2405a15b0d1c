"""ServiceProviderConfig, ResourceTypes, Schemas and /Me: what this server can do, from the tables (RFC 7644 §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from scimbridge.resources.bulk import MOST_OPERATIONS
from scimbridge.resources.lists import CURSOR_LIFE, DEFAULT_COUNT, MOST, list_response
from scimbridge.scim.catalogue import SPC_URN
from scimbridge.scim.errors import Forbidden, NotFound, NotImplementedByDesign
from scimbridge.web import render
from scimbridge.web.intake import LARGEST_BODY

Describe = Callable[[str], list[dict[str, Any]]]  # SCIM base URL -> resources
DOCUMENTATION = "https://datatracker.ietf.org/doc/html/rfc7644"


def blueprint(schemas: Describe, resource_types: Describe, prefix: str) -> Blueprint:
    """Make the discovery routes."""
    routes = Blueprint("discovery", __name__)

    def base() -> str:
        return request.root_url.rstrip("/") + prefix

    def config() -> Response:
        _no_filter()
        return render.message(service_provider_config(base()))

    def add(path: str, describe: Describe) -> None:
        def every() -> Response:
            _no_filter()
            found = describe(base())
            return render.message(list_response(found, len(found), 1))

        def one(key: str) -> Response:
            _no_filter()
            wanted = key.rstrip("/").lower()  # a URN may hold slashes, so the route takes a trailing one along
            for entry in describe(base()):
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
    add("/ResourceTypes", resource_types)
    add("/Schemas", schemas)
    routes.add_url_rule("/Me", "Me", me, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return routes


def _no_filter() -> None:
    if any(name.lower() == "filter" for name in request.args):
        msg = "discovery endpoints cannot be filtered (RFC 7644 section 4)"
        raise Forbidden(msg)


def service_provider_config(base: str) -> dict[str, Any]:
    """Return what the server supports (RFC 7643 §5, RFC 9865 §4)."""
    return {
        "schemas": [SPC_URN],
        "documentationUri": DOCUMENTATION,
        "patch": {"supported": True},
        "bulk": {"supported": True, "maxOperations": MOST_OPERATIONS, "maxPayloadSize": LARGEST_BODY},
        "filter": {"supported": True, "maxResults": MOST},
        "changePassword": {"supported": True},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": DEFAULT_COUNT,
            "maxPageSize": MOST,
            "cursorTimeout": CURSOR_LIFE,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "A token in the Authorization header (RFC 6750)",
                "specUri": "https://datatracker.ietf.org/doc/html/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }
