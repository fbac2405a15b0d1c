"""The word `scimbridge export`: what, where to and in which form; one call of `sync.exporting`, and what it says.

Knows how options are spelled and how progress is shown; what is read and written stands in `sync`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, NoReturn

import click

from scimbridge.cli.faults import Undone, faults_told
from scimbridge.settings.declared import load

if TYPE_CHECKING:
    from scimbridge.pingone.send import CallRecord
    from scimbridge.sync.exporting.orders import ExportOrder, ExportReport

WHAT = ("users", "groups", "members", "populations")
FORMS = ("scim", "native", "columns")
FORMATS = ("jsonl", "csv", "parquet")
STANDARD_OUTPUT = {"-": "jsonl", "-.jsonl": "jsonl", "-.csv": "csv"}
EVERY = 10.0
"""Seconds between two lines of progress where nobody watches."""
_FAILED = 1
_STOPPED = 128


class _ExportStopped(Exception):
    """A signal came."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _CountedCalls:
    """How many calls were made, by whatever thread."""

    def __init__(self) -> None:
        self._number = 0
        self._adding = threading.Lock()

    def add(self, _record: CallRecord) -> None:
        """Count one."""
        with self._adding:
            self._number += 1

    def read(self) -> int:
        """Return how many."""
        return self._number


class ExportProgress:
    """Says how far an export is: on one line of a terminal, else by a line now and then."""

    def __init__(self, what: str, stream: IO[str], clock: Callable[[], float], calls: Callable[[], int]) -> None:
        self._what = what
        self._stream = stream
        self._clock = clock
        self._calls = calls
        self._is_watched = stream.isatty()
        self._began = self._said = clock()
        self._width = 0

    def __call__(self, read: int, total: int | None) -> None:
        """Be told how many were read, and of how many."""
        now = self._clock()
        if now - self._said < (0.2 if self._is_watched else EVERY):
            return
        self._said = now
        text = self._describe(read, total, max(now - self._began, 0.001))
        if self._is_watched:
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _describe(self, read: int, total: int | None, seconds: float) -> str:
        of = "" if total is None else f" of {total:,}"
        text = f"{read:,}{of} {self._what}, {self._calls() / seconds:.0f} calls a second"
        if total is not None and 0 < read < total:
            text += f", {(total - read) * seconds / read:.0f} s left"
        return text


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="Where to: FILE.jsonl, FILE.csv, FILE.parquet; - and -.csv."
)
@click.option("--where", metavar="FILTER", help="A SCIM filter; of members it chooses the groups.")
@click.option("--as", "form", type=click.Choice(FORMS), help="scim (default of JSONL), native, or columns (of others).")
@click.option(
    "--parallel", type=click.IntRange(1, 64), metavar="N", help="Pages read at a time; what the rate admits, up to 24."
)
@click.option("--resume", is_flag=True, help="Go on with what an earlier run of the same command left.")
def export(*, what: str, output: str, where: str | None, form: str | None, parallel: int | None, resume: bool) -> None:
    """Write a directory to a file, whole and counted; exit code 1 where it did not come to its end.

    The file appears when it is complete. What was read before is kept beside it, for --resume.
    """
    from scimbridge.sync.exporting.orders import ExportOrder, ExportRefused  # noqa: PLC0415 - the engine

    format_ = _read_format(output)
    standard = output in STANDARD_OUTPUT
    if standard and resume:
        raise click.UsageError("--resume goes on with a file; what went to standard output is not known here")
    order = ExportOrder(
        what=what, file=None if standard else Path(output), format=format_,
        form=form or ("scim" if format_ == "jsonl" else "columns"), where=where, parallel=parallel, resume=resume,
    )  # fmt: skip
    try:
        with faults_told(), _stopping():
            _carry_out(order)
    except ExportRefused as refusal:
        raise Undone(str(refusal)) from None
    except _ExportStopped as stopped:
        _say(f"stopped{_left(order)}")
        sys.exit(_STOPPED + stopped.number)


def _read_format(output: str) -> str:
    if output in STANDARD_OUTPUT:
        return STANDARD_OUTPUT[output]
    suffix = Path(output).suffix.removeprefix(".").lower()
    if suffix not in FORMATS:
        raise click.UsageError(f"-o {output}: the name says the format; let it end in .jsonl, .csv or .parquet")
    return suffix


def _carry_out(order: ExportOrder) -> None:
    from scimbridge.bridge import Surroundings  # noqa: PLC0415 - an HTTP client is not needed by all commands
    from scimbridge.pingone.causes import facts_of  # noqa: PLC0415 - the same
    from scimbridge.pingone.errors import PingOneError  # noqa: PLC0415 - the same
    from scimbridge.scim.errors import ScimError  # noqa: PLC0415 - the same
    from scimbridge.sync.desk import open_sync_desk  # noqa: PLC0415 - the same
    from scimbridge.sync.exporting.export import Counting, check_target, export  # noqa: PLC0415 - the same
    from scimbridge.sync.exporting.orders import ExportFailed  # noqa: PLC0415 - the same

    check_target(order)
    settings, asked = load(os.environ), _CountedCalls()
    around = Surroundings(observers=(asked.add,))
    progress = ExportProgress(order.what, sys.stderr, time.monotonic, asked.read)
    report: ExportReport | None = None
    try:
        with open_sync_desk(settings, "export", around) as desk:
            report = export(desk, order, Counting(time.monotonic, time.time, asked.read), progress)
    except _ExportStopped:
        if report is None:
            raise  # else it is complete, and only the closing was cut short
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - nothing is flushed at the exit
        sys.exit(_FAILED)
    except OSError as error:
        _fail(order, f"{error.filename or order.file or 'standard output'}: {error.strerror}")
    except ScimError as error:
        _fail(order, error.detail)
    except ExportFailed as error:
        _fail(order, str(error))
    except PingOneError as error:
        _fail(
            order,
            ", ".join(f"{name} {value}" if name != "cause" else str(value) for name, value in facts_of(error).items()),
        )
    finally:
        progress.end()
    if report is not None:
        _tell(report)


def _tell(report: ExportReport) -> None:
    where = "standard output" if report.file is None else str(report.file)
    of = "" if report.rows == report.read else f" out of {report.read:,} that were read"
    counted = "PingOne does not count them" if report.counted is None else f"PingOne counts {report.counted:,}"
    resumed = "" if report.resumed is None else f"; {report.resumed:,} of them by an earlier run"
    _say(
        f"{report.rows:,} {report.what} written to {where}{of}{resumed}; {counted}; read {report.how},"
        f" {report.calls:,} calls in {report.seconds:.1f} s"
    )


def _fail(order: ExportOrder, why: str) -> NoReturn:
    _say(f"the export did not come to its end: {why}{_left(order)}")
    sys.exit(_FAILED)


def _left(order: ExportOrder) -> str:
    if order.file is None:
        return ""
    return f"; {order.file} is as it was, and the same command with --resume goes on where this one ended"


def _say(sentence: str) -> None:
    click.echo(f"scimbridge: {sentence}", err=True)


@contextmanager
def _stopping() -> Iterator[None]:
    """Turn signals that end a process into an exception, so that it is said what is left."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise _ExportStopped(number)

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
