"""Names that are taken in another form: PingOne sees two accounts where people see one name (RFC 7644 §5).

The bridge writes one form only, so that PingOne itself refuses most doubles. What others wrote in another form is
looked for before a name is given that has another form; plain names have none, and cost no call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.mapping.tables.table import Table
from scimbridge.pingone.filters import Any_, Term, render
from scimbridge.reach.unconfined import UnconfinedRecords
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import Uniqueness


class Lookalikes:
    """The unique names of one collection, as its table has them."""

    def __init__(self, collection: UnconfinedRecords, table: Table, page_size: int) -> None:
        self._collection = collection
        self._rows = tuple(row for row in table.rows if row.attribute.profile and row.attribute.uniqueness != "none")
        self._page_size = page_size

    def check(
        self,
        context: RequestContext,
        own: str | None,
        body: Mapping[str, Any],
        operations: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Look for other holders of the names that PingOne is about to be given, in a body or by its operations.

        `own` is the id of the record that gets them. Raises `Uniqueness`.
        """
        given = {operation["path"]: operation.get("value") for operation in operations}
        for row in self._rows:
            name = read_field(body, row.to) or given.get(row.native)
            if isinstance(name, str) and any(holder != own for holder in self._holders(context, row, name)):
                msg = f"{row.spelled}: the value is taken, in another spelling; it has to be unique in PingOne"
                raise Uniqueness(msg)

    def _holders(self, context: RequestContext, row: Row, name: str) -> Iterator[str]:
        """Yield the ids of the records that hold the name in another form than the one that is written.

        Who holds it as it is written is for PingOne to refuse: that may be what a lost try of this create has made,
        which a PingOne that minds no accents finds here too.
        """
        others = row.attribute.profile.forms(name)[1:] if row.attribute.profile else ()
        if not others:
            return
        terms = tuple(Term(row.native, "eq", other) for other in others)
        asked = render(terms[0] if len(terms) == 1 else Any_(terms))
        fold = row.attribute.fold
        for page in self._collection.pages(context.call, filter=asked, limit=self._page_size):
            for record in page.records:
                held = str(read_field(record, row.to))
                if held != name and fold(held) == fold(name):
                    yield record["id"]
