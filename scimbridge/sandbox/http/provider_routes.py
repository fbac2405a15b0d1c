"""The routes of identity providers, which are only read (docs/pingone.md §5.1).

Stricter than what is documented: a list comes in pages, and a filter or an unknown parameter is refused.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import request

from scimbridge.sandbox.http.errors import FilterError, invalid_request, not_found
from scimbridge.sandbox.http.exchange import Answer, Api, Route, answer_list, base, read_window, refuse_parameter
from scimbridge.sandbox.http.render import show_provider

if TYPE_CHECKING:
    from scimbridge.sandbox.store.records import Json


def provider_routes(api: Api) -> list[Route]:
    """Return the routes of identity providers."""
    return [
        Route("GET", "/identityProviders", partial(_list_providers, api)),
        Route("GET", "/identityProviders/<provider>", partial(_read_provider, api)),
    ]


def _list_providers(api: Api) -> Answer:
    refuse_parameter("include", "here")
    refuse_parameter("expand", "on a list")
    asked, after, limit = read_window(api)
    if "filter" in request.args:
        raise FilterError("identity providers are not filtered").to_api_error(api.switches.unsupported_filter_code)
    with api.directory.lock:
        rows = list(enumerate(api.directory.providers.values(), start=1))
    rest = [(serial, row) for serial, row in rows if serial > after]
    items: list[Json] = [show_provider(api.directory, row, base(api.directory)) for _, row in rest[:limit]]
    last = rest[limit - 1][0] if len(rest) > limit else None
    return answer_list(api, "identityProviders", items, asked, (len(rows), last))


def _read_provider(api: Api, provider: str) -> Answer:
    refuse_parameter("include", "here")
    if request.args.get("expand") not in (None, "attributes"):
        raise invalid_request("INVALID_PARAMETER", "expand", "must be attributes")
    with api.directory.lock:
        found = api.directory.providers.get(provider)
    if found is None:
        raise not_found()
    return 200, show_provider(api.directory, found, base(api.directory))
