"""A bridge opened for long work from a terminal: by the operator, behind the requests of clients, without a deadline.

Its records, rate and lists are those of the bridge that serves, where both name the same SCIMBRIDGE_STATE_URL.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scimbridge.access.caller import Caller
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.bridge import Bridge, Surroundings, open_bridge
from scimbridge.mapping.translate import silent
from scimbridge.pingone.send import Call
from scimbridge.request.context import RequestContext
from scimbridge.resources.endpoint import Endpoint
from scimbridge.resources.tables import Tables
from scimbridge.scim.reading import Manner
from scimbridge.settings.declared import Settings


@dataclass(frozen=True, slots=True)
class SyncDesk:
    """One bridge, and who works at it: `client` is the name in its records (`export`, `reconcile`)."""

    bridge: Bridge
    client: str
    endpoints: dict[str, Endpoint]

    def endpoint(self, resource: str) -> Endpoint:
        """Return a resource type as it is served: User, Group, Population. Raises KeyError where it is not."""
        return self.endpoints[resource]

    def hold_back(self, rate: float | None) -> None:
        """Let its calls go no faster than so many in a second, whatever PingOne's rate leaves; None lets them."""
        self.bridge.connection.rate.hold_back(rate)

    def context(self, *, trace: str = "", heard: Callable[[str], None] | None = None) -> RequestContext:
        """Return what one piece of work brings along: no deadline, and a trace, its own one where none is given.

        Its calls go behind those of requests, for whose answers somebody waits.
        """
        caller = Caller(self.client, scopes=ALL_SCOPES)
        call = Call(trace=trace or uuid.uuid4().hex, client=self.client, background=True, heard=heard)
        return RequestContext(caller=caller, call=call, manner=Manner(True, silent))


@contextmanager
def open_sync_desk(
    settings: Settings, client: str, around: Surroundings | None = None, tables: Tables | None = None
) -> Iterator[SyncDesk]:
    """Open a bridge, with tables that were read already, and close it at the end.

    Raises `SettingsFaults` with all that is wrong.
    """
    bridge = open_bridge(settings, tables, around)
    try:
        served = bridge.registry.to(Caller(client, scopes=ALL_SCOPES))
        yield SyncDesk(bridge, client, {each.name: each for each in served.endpoints.values()})
    finally:
        bridge.close()
