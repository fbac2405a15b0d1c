"""Whether PingOne kept what was written: what its answer lacks is an error in the log, a figure, by setting a refusal.

The change has happened by then, and all that belongs to it is carried out before the client is told. Attributes are
told by name, and never a value. See decision 0044.
"""

from __future__ import annotations

from collections.abc import Callable

from scimbridge.mapping.dropped import Written, droppable, find_dropped
from scimbridge.mapping.tables.table import Table
from scimbridge.observe.logs import named
from scimbridge.pingone.bodies import whole
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import ValuesDropped
from scimbridge.sides import Native

ObserveDropped = Callable[[str, str, int], None]
"""Told resource type and SCIM path of values that PingOne dropped, and how many; 0 of each that it could drop."""

log = named(__name__)


class KeptValues:
    """Holds PingOne's answers against what was written, for one resource type.

    `refuse`: a client is told by an error; None is so for clients that are held to the letter.
    """

    def __init__(self, table: Table, observe: ObserveDropped, *, refuse: bool | None = None) -> None:
        self._table = table
        self._observe = observe
        self._refuse = refuse
        for row in droppable(table):  # known from the start, so that an alert on growth sees the first one too
            observe(table.type.name, row.spelled, 0)

    def look(self, context: RequestContext, written: Written, record: Native) -> None:
        """Note what the record, PingOne's answer to a write, lacks of it, whether or not the client is shown it."""
        names = tuple(dict.fromkeys(row.spelled for row in find_dropped(self._table, written, whole(record))))
        if not names:
            return
        resource = self._table.type.name
        log.error(
            "PingOne dropped values: its schema lacks the attributes, or has them disabled",
            resource=resource, resource_id=record.get("id"), attributes=names,
        )  # fmt: skip
        for name in names:
            self._observe(resource, name, 1)
        context.notes.dropped(names)
        context.dropped.update(dict.fromkeys(names))

    def check(self, context: RequestContext, location: str) -> None:
        """Refuse to answer with success where values were dropped, and say where the resource is.

        Raises `ValuesDropped`.
        """
        refuse = context.manner.strict if self._refuse is None else self._refuse
        if not context.dropped or not refuse:
            return
        msg = (
            f"{', '.join(context.dropped)}: PingOne kept no value, or not all of them, since its schema lacks the"
            f" attribute or has it disabled. Everything else is done and stands; {self._table.type.name}"
            f" {location.rpartition('/')[2]} is there. The same request ends the same way until PingOne's schema or the"
            " table is corrected; `scimbridge check` says how"
        )
        raise ValuesDropped(msg, headers=(("Location", location),))
