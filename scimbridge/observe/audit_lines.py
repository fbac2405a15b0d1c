"""Records as JSON lines: in a file that others may rotate at any time, or on a stream such as standard output.

A line is written by one call, so that several processes with one file never tear each other's lines. A file is one
chain of records (`audit_chain`), which its writers hold in turn; what a process writes to a stream is a chain of its
own. Knows files and nothing of what a record is about.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from scimbridge.observe.audit import Record, Unwritable
from scimbridge.observe.audit_chain import CHAIN, CUT, FILE, ChainEnd, OwnChains, end_of, new_chain_id, seal
from scimbridge.observe.audit_end import ChainPlace, HeldEnd, KeptEnd, holding_end
from scimbridge.observe.audit_files import lines_in, object_in

MODE = 0o600


class AuditFile:
    """A file of one JSON line for each record; made where it is not there, for its owner alone.

    A file that was moved away or deleted (log rotation) is opened anew at the next record. A line that a full disk cut
    off is ended before the next one, so that no other record is lost with it. What is written has reached the system
    and not yet the disk: it outlives the process, and not a power failure.
    """

    def __init__(self, path: Path, new_id: Callable[[], str] = new_chain_id) -> None:
        self.name = str(path)
        self._path = path.absolute()
        self._new_id = new_id
        self._own = OwnChains(new_id)  # where the path is no file of a disk, such as a pipe
        self._known: KeptEnd | None = None
        self._lock = threading.Lock()
        self._fd = -1
        self._file: tuple[int, int] | None = None  # device and inode of what is open

    def check(self) -> None:
        """Make the file where it is not there. Raises OSError where it cannot be written to."""
        os.close(self._open())

    def write(self, record: Record) -> None:
        """Append a line. Raises `Unwritable`."""
        try:
            with self._lock:
                if not stat.S_ISREG(self._follow().st_mode):
                    _write_own(self._fd, self._own, record)
                    return
                with holding_end(self._path, self._fd, self._known) as held:
                    self._append(record, held)
        except OSError as error:
            raise Unwritable(_reason(error)) from error

    def _append(self, record: Record, held: HeldEnd) -> None:
        """Write a line behind the end that is held, and the end anew."""
        found = self._follow()  # once more: the file may have been rotated while others held the end
        size, inode = found.st_size, found.st_ino
        # A line that a full disk cut off is ended first. The look may be late by a line of a version before this
        # one; then a line is blank, and no more.
        torn = size > 0 and os.pread(self._fd, 1, size - 1) != b"\n"
        place = held.find(self._fd, inode, size)
        sealed = seal(record, place.end if place else ChainEnd(self._new_id()), _begins(place, size, torn=torn))
        whole = b"\n" + _line(sealed) if torn else _line(sealed)
        if os.write(self._fd, whole) != len(whole):
            raise Unwritable("the line could be written in part only; is the disk full?")
        self._known = KeptEnd(end_of(sealed), inode, size + len(whole))
        held.keep(self._known)

    def _follow(self) -> os.stat_result:
        """Have the file open that now has the name; return what is known of it."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._file:
            fd = self._open()
            if self._file is not None:
                os.close(self._fd)
            found = os.fstat(fd)
            self._fd, self._file = fd, (found.st_dev, found.st_ino)
        return found

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)


class AuditStream:
    """A stream of one JSON line for each record, by its file descriptor; 1 is standard output.

    Each process has a chain of its own. Lines of more than 4,096 bytes may be parted by those of other processes where
    the stream is a pipe (POSIX, write).
    """

    def __init__(self, fd: int = 1, new_id: Callable[[], str] = new_chain_id) -> None:
        self.name = "-"
        self._fd = fd
        self._own = OwnChains(new_id)
        self._lock = threading.Lock()

    def check(self) -> None:
        """Nothing can be told of a stream before it is written to."""

    def write(self, record: Record) -> None:
        """Write a line. Raises `Unwritable`."""
        try:
            with self._lock:
                _write_own(self._fd, self._own, record)
        except OSError as error:
            raise Unwritable(_reason(error)) from error


@dataclass(slots=True)
class RecordLines:
    """Reads the records of a file from its start to its end, one line at a time; `broken` counts what is no record.

    `about`: only records that name an id of each set are wanted, so that other lines need not be read as JSON.
    """

    path: Path
    broken: int = 0
    about: tuple[frozenset[str], ...] = ()

    def __iter__(self) -> Iterator[Record]:
        """Yield the records. Raises OSError where the file cannot be read."""
        needed = [[key.encode() for key in ids] for ids in self.about]
        for line in lines_in(self.path):
            is_whole = line.startswith(b"{") and line.endswith(b"}\n")
            is_needed = all(any(key in line for key in keys) for keys in needed) or b'"unnamed"' in line
            if not line.strip() or (is_whole and not is_needed):
                continue
            try:
                record = Record.from_json(object_in(line) or {})
            except ValueError:
                self.broken += 1
            else:
                yield record


def _begins(place: ChainPlace | None, size: int, *, torn: bool) -> str:
    """Return what the record at a place begins."""
    if place is None:
        return CHAIN
    if not size:
        return FILE
    return CUT if place.is_cut and torn else ""


def _write_own(fd: int, chains: OwnChains, record: Record) -> None:
    """Write a line of a chain that is the writer's own. Raises OSError, and then nobody knows how much was written."""
    sealed = chains.seal(record)
    rest = memoryview(_line(sealed))
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError:
        chains.lost(sealed)
        raise
    chains.written(sealed)


def _line(record: Record) -> bytes:
    return orjson.dumps(record.to_json(), option=orjson.OPT_APPEND_NEWLINE)


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "it cannot be written to"
