"""What each client is served: endpoints, root queries, bulk and descriptions, made of the tables as it may see them.

Clients from whom the same is hidden share one `ClientView`. A view is compiled when first needed and kept;
a client from whom nothing is hidden finds its own without a lock. Knows no request and no web framework.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from operator import attrgetter
from typing import Any

from cachetools import LRUCache, cachedmethod

from scimbridge.access.caller import Caller
from scimbridge.lists.lists import DEFAULT_COUNT, MOST, Everything, default_count
from scimbridge.mapping.openapi.description import Bounds, describe_api, tailor_api
from scimbridge.mapping.schemas import describe_resource_types, describe_schemas
from scimbridge.mapping.tables.disabling import Hidden
from scimbridge.mapping.tables.table import Table
from scimbridge.pingone.kinds import POPULATIONS
from scimbridge.request.rights import may_read
from scimbridge.resources.assembly import Assembly
from scimbridge.resources.bulk.requests import MOST_OPERATIONS, Bulk
from scimbridge.resources.tables import Tables

Suggest = Callable[[str, str, frozenset[str] | None], tuple[str, ...]]
"""(resource type, PingOne field, populations that the client is told of, None is all) -> values that PingOne takes."""

MOST_VIEWS = 64
"""Views kept; one that is needed again after it was dropped is compiled again, in some 20 ms."""


class ClientView:
    """What one kind of client is served."""

    def __init__(self, tables: Mapping[str, Table], assembly: Assembly, suggest: Suggest, pool: Executor) -> None:
        self._tables = tuple(tables.values())
        self._suggest = suggest
        endpoints = assembly.endpoints(tables)
        self.endpoints = {endpoint.path: endpoint for endpoint in endpoints}
        self.everything = Everything((endpoint.lists for endpoint in endpoints), assembly.trail)
        self.bulk = Bulk(endpoints, pool, assembly.trail)
        self._api = describe_api(self._tables, Bounds(DEFAULT_COUNT, MOST, MOST_OPERATIONS))

    def schemas(self, base: str, caller: Caller) -> list[dict[str, Any]]:
        """Return the resources of /Schemas, located below the SCIM base URL.

        Of populations a client is told those that it is confined to; all there are, where it may read them.
        """
        populations = caller.populations
        if populations is None and not may_read(caller, POPULATIONS.collection):
            populations = frozenset()
        return describe_schemas(
            self._tables, lambda name, native: self._suggest(name, native, populations), base, caller.may
        )

    def resource_types(self, base: str) -> list[dict[str, Any]]:
        """Return the resources of /ResourceTypes, located below the SCIM base URL."""
        return describe_resource_types(self._tables, base)

    def api(self, base: str, caller: Caller) -> dict[str, Any]:
        """Return the OpenAPI description, whose paths stand below the SCIM base URL."""
        tailored = tailor_api(self._api, default_count(caller), caller.hidden_config)
        return tailored | {"servers": [{"url": base}]}


class Registry:
    """The views of all clients. `pool` carries the operations of bulk requests."""

    def __init__(self, tables: Tables, assembly: Assembly, suggest: Suggest, pool: Executor) -> None:
        self._make: Callable[[Mapping[str, Table]], ClientView] = lambda seen: ClientView(seen, assembly, suggest, pool)
        self._tables = tables
        self.whole = self._make(tables.whole)
        self._views: LRUCache[Hidden, ClientView] = LRUCache(MOST_VIEWS)
        self._made = threading.Condition()

    def to(self, caller: Caller) -> ClientView:
        """Return what a client is served. Raises `TableFaults` where what is hidden from it cannot be."""
        if not caller.hidden:
            return self.whole
        return self._view(caller.hidden)

    @cachedmethod(attrgetter("_views"), key=lambda _self, hidden: hidden, condition=attrgetter("_made"))
    def _view(self, hidden: Hidden) -> ClientView:
        return self._make(self._tables.without(hidden))
