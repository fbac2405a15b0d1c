"""An export from its order to its report: what is read is staged, and put in its place when it is complete.

Whatever goes wrong on the way leaves the target as it was, and what is staged to be gone on with.
"""

from __future__ import annotations

import hashlib
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from scimbridge import __version__
from scimbridge.scim.errors import BadRequest
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.directory.tally import Begun
from scimbridge.sync.directory.walking import Earlier
from scimbridge.sync.exporting.formats import Csv, Format, JsonLines
from scimbridge.sync.exporting.orders import (
    CSV,
    MEMBERS,
    PARQUET,
    RESOURCES,
    ExportOrder,
    ExportRefused,
    ExportReport,
    Told,
)
from scimbridge.sync.exporting.parquet import check_parquet, write_parquet
from scimbridge.sync.exporting.staging import Staging
from scimbridge.sync.exporting.subjects import Before, ExportedPage, ExportSubject


class _Standing:
    """Lines that are written to a stream at once, and kept nowhere."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, block: bytes, _ids: object = (), _rows: int = 0, _old: int = 0, _of: str = "") -> None:
        """Write lines."""
        self._stream.write(block)
        self._stream.flush()

    def begun(self, begun: Begun) -> None:
        """Forget it: nothing is gone on with."""

    def finished(self, part: str) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What an export asks about its surroundings: seconds, seconds since 1970, and how many calls were made."""

    clock: Callable[[], float]
    wall: Callable[[], float]
    calls: Callable[[], int]


def export(
    desk: SyncDesk, order: ExportOrder, counting: Counting, told: Told = lambda _read, _total: None
) -> ExportReport:
    """Carry an order out. Raises `ExportRefused` before anything is read, then PingOne's errors and OSError."""
    began = counting.clock()
    check_target(order)
    settings = desk.bridge.settings
    if order.file is None and settings.audit == "-" and settings.audit_reads:
        raise ExportRefused("records of readings go to standard output too (SCIMBRIDGE_AUDIT=-): name a file with -o")
    endpoint = desk.endpoint(RESOURCES[order.what])
    searched = endpoint.lists.view.table.type
    with endpoint.trail.searching(desk.context(), (searched,), order.where) as context:
        try:
            subject = ExportSubject(desk, context, order)
        except BadRequest as error:
            raise ExportRefused(f"--where: {error.detail}") from None
        format_ = _choose_format(order, subject)
        if order.file is None:
            rows, resumed = _stream(subject, format_, told), None
        else:
            rows, resumed = _stage(desk, order, order.file, subject, format_, counting, told)
        context.notes.listed({"itemsPerPage": rows})
    taken = subject.taken
    return ExportReport(
        what=order.what, file=order.file, rows=rows, read=taken.read, counted=taken.counted, how=taken.how,
        seconds=counting.clock() - began, calls=counting.calls(), resumed=resumed,
    )  # fmt: skip


def check_target(order: ExportOrder) -> None:
    """Hold an order to where it goes, before a call is made for it. Raises `ExportRefused`."""
    if order.format == PARQUET:
        check_parquet()
    if order.file is None:
        return
    try:
        held = order.file.stat().st_mode if order.file.exists() else stat.S_IFREG
        has_folder = order.file.absolute().parent.is_dir()
    except OSError as error:
        raise ExportRefused(f"{order.file}: it cannot be written ({error.strerror})") from None
    if stat.S_ISDIR(held):
        raise ExportRefused(f"{order.file}: it is a directory; name a file in it")
    if not stat.S_ISREG(held):
        raise ExportRefused(f"{order.file}: it is there and is no file, so it cannot give way to one; name a file")
    if not has_folder:
        raise ExportRefused(f"{order.file}: there is no directory {order.file.parent}; make it first")


def _choose_format(order: ExportOrder, subject: ExportSubject) -> Format:
    if order.format == CSV and subject.columns is not None:
        return Csv(subject.columns)
    return JsonLines(subject.columns)  # Parquet too, until all lines are there


def _stream(subject: ExportSubject, format_: Format, told: Told) -> int:
    out = _Standing(sys.stdout.buffer)
    out.write(format_.head())
    rows = 0
    with closing(subject.pages(Before(), out, told)) as pages:
        for page in pages:
            out.write(format_.lines(page.items))
            rows += len(page.items)
    return rows


def _stage(
    desk: SyncDesk,
    order: ExportOrder,
    file: Path,
    subject: ExportSubject,
    format_: Format,
    counting: Counting,
    told: Told,
) -> tuple[int, int | None]:
    head = _describe(desk, order, subject)
    with Staging(file, head, resume=order.resume, wall=counting.wall, clock=counting.clock) as staging:
        earlier = staging.earlier
        if earlier is None or not staging.holds_anything:
            staging.write(format_.head(), (), 0)
        rows = 0 if earlier is None else earlier.rows
        with closing(subject.pages(_recall(order, staging), staging, told)) as pages:
            for page in pages:
                _write(staging, format_, page)
                rows += len(page.items)
        make = partial(write_parquet, subject.columns or ()) if order.format == PARQUET else None
        staging.publish(make)
    return rows, None if earlier is None else earlier.rows


def _write(staging: Staging, format_: Format, page: ExportedPage) -> None:
    if page.ids:
        staging.write(format_.lines(page.items), page.ids, len(page.items), page.old, page.of)
    if page.ended:
        staging.finished(page.of)


def _recall(order: ExportOrder, staging: Staging) -> Before:
    """Return what an earlier run has read, in the words of a walk."""
    earlier = staging.earlier
    if earlier is None:
        return Before()
    if order.what == MEMBERS:
        return Before(members=_by_list(staging), ended=frozenset(earlier.finished))
    if earlier.begun is None and not earlier.read:
        return Before()
    begun = earlier.begun or Begun(None, 0.0)  # what a filter names comes without a walk
    return Before(Earlier(begun, _ids(staging), earlier.old, frozenset(earlier.finished)))


def _ids(staging: Staging) -> Any:
    return (key for _of, ids in staging.seen() for key in ids)


def _by_list(staging: Staging) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for of, ids in staging.seen():
        found.setdefault(of, []).extend(ids)
    return found


def _describe(desk: SyncDesk, order: ExportOrder, subject: ExportSubject) -> dict[str, Any]:
    """Return what two runs have to have in common, so that one can go on with the other's lines."""
    names = "\0".join(column.name for column in subject.columns or ())
    return {
        "kind of records": order.what,
        "format": order.format,
        "form (--as)": order.form,
        "filter (--where)": order.where,
        "environment": desk.bridge.settings.pingone_environment_id,
        "set of tables": desk.bridge.tables.digest,
        "set of columns": hashlib.sha256(names.encode()).hexdigest(),
        "version of the bridge": __version__,
    }
