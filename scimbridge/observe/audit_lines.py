"""Records as JSON lines: in a file that others may rotate at any time, or on a stream such as standard output.

A line is written by one call, so that several processes with one file never tear each other's lines. Knows files and
nothing of what a record is about.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from scimbridge.observe.audit import Record, Unwritable

MODE = 0o600
_LONGEST_LINE = 1024 * 1024  # characters; no record comes near


class AuditFile:
    """A file of one JSON line for each record; made where it is not there, for its owner alone.

    A file that was moved away or deleted (log rotation) is opened anew at the next record. A line that a full disk cut
    off is ended before the next one, so that no other record is lost with it. What is written has reached the system
    and not yet the disk: it outlives the process, and not a power failure.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path.absolute()
        self._lock = threading.Lock()
        self._fd = -1
        self._file: tuple[int, int] | None = None  # device and inode of what is open

    def check(self) -> None:
        """Make the file where it is not there. Raises OSError where it cannot be written to."""
        os.close(self._open())

    def write(self, record: Record) -> None:
        """Append a line. Raises `Unwritable`."""
        line = _line(record)
        try:
            with self._lock:
                size = self._follow()
                # The look at the last byte may be late by a line of another process; then a line is blank, and no more.
                torn = size > 0 and os.pread(self._fd, 1, size - 1) != b"\n"
                whole = b"\n" + line if torn else line
                written = os.write(self._fd, whole)
        except OSError as error:
            raise Unwritable(_reason(error)) from error
        if written != len(whole):
            raise Unwritable("the line could be written in part only; is the disk full?")

    def _follow(self) -> int:
        """Have the file open that now has the name; return its size in bytes, 0 where it is none of a disk."""
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
        return found.st_size if stat.S_ISREG(found.st_mode) else 0

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)


class AuditStream:
    """A stream of one JSON line for each record, by its file descriptor; 1 is standard output.

    Lines of more than 4,096 bytes may be parted by those of other processes where the stream is a pipe (POSIX, write).
    """

    def __init__(self, fd: int = 1) -> None:
        self.name = "-"
        self._fd = fd
        self._lock = threading.Lock()

    def check(self) -> None:
        """Nothing can be told of a stream before it is written to."""

    def write(self, record: Record) -> None:
        """Write a line. Raises `Unwritable`."""
        rest = memoryview(_line(record))
        try:
            with self._lock:
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            raise Unwritable(_reason(error)) from error


@dataclass(slots=True)
class RecordLines:
    """Reads the records of a file from its start to its end, one line at a time; `broken` counts what is no record."""

    path: Path
    broken: int = 0

    def __iter__(self) -> Iterator[Record]:
        """Yield the records. Raises OSError where the file cannot be read."""
        with self.path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                if not line.strip():
                    continue
                try:
                    held = orjson.loads(line)
                    record = Record.from_json(held if isinstance(held, dict) else {})
                except ValueError:
                    self.broken += 1
                else:
                    yield record


def _line(record: Record) -> bytes:
    return orjson.dumps(record.to_json(), option=orjson.OPT_APPEND_NEWLINE)


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "it cannot be written to"
