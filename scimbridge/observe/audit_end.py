"""Where the chain of a file ends, kept in a small file beside it that all who write to it hold in turn.

It says what the last record is, so that lines taken from the end of the file are missed, and a new file after a
rotation goes on where the old one ended. It is written after the line: where a process dies between the two, it is one
record behind, and the file itself says how it goes on. Knows files and nothing of what a record is about.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from scimbridge.observe.audit_chain import ChainEnd, digest

SUFFIX = ".chain"
MODE = 0o600
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)
_SIZE = 256  # bytes, always the same, so that a full disk has room for what is written over
_TAIL = 1024 * 1024  # bytes of a file in which its last record is looked for; no record comes near


@dataclass(frozen=True, slots=True)
class KeptEnd:
    """The end of a chain, and which file (inode) had which size in bytes behind that record."""

    end: ChainEnd
    inode: int
    size: int


def path_of_end(path: Path) -> Path:
    """Return where the end of a file's chain is kept."""
    return path.with_name(path.name + SUFFIX)


def read_end(path: Path) -> KeptEnd | None:
    """Return what is kept beside a file of records, None where nothing is. Raises OSError where it cannot be read."""
    try:
        return _read(path_of_end(path).read_bytes())
    except FileNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """Behind what a record goes; `is_cut`: of that record the file has a part of its line, or nothing."""

    end: ChainEnd
    is_cut: bool = False


class HeldEnd:
    """The end of one file's chain, held by one writer; `fd` is -1 where no such file can be made."""

    def __init__(self, path: Path, fd: int, known: KeptEnd | None) -> None:
        self._path = path
        self._fd = fd
        self._known = known

    def find(self, fd: int, inode: int, size: int) -> ChainPlace | None:
        """Return where the next record of the file that is open goes, None where a chain begins."""
        kept = self._known if self._fd < 0 else _read(os.pread(self._fd, _SIZE, 0))
        if kept is not None and (kept.inode, kept.size) == (inode, size):
            return ChainPlace(kept.end)
        last = last_end(fd, size)
        if kept is None:
            return None if last is None else ChainPlace(last)
        if last is None and kept.inode != inode:
            last = self._last_of(kept.inode)
        if last is None or last.chain != kept.end.chain:
            return ChainPlace(kept.end)
        is_cut = kept.inode == inode and last.sequence + 1 == kept.end.sequence
        return ChainPlace(max(last, kept.end, key=lambda end: end.sequence), is_cut)

    def keep(self, kept: KeptEnd) -> None:
        """Write down the end behind a record."""
        if self._fd >= 0:
            told = {
                "chain": kept.end.chain, "sequence": kept.end.sequence, "hash": kept.end.hash,
                "inode": kept.inode, "size": kept.size,
            }  # fmt: skip
            os.pwrite(self._fd, orjson.dumps(told).ljust(_SIZE - 1) + b"\n", 0)

    def _last_of(self, inode: int) -> ChainEnd | None:
        """Return the end of a file that was rotated away, where it can still be found."""
        with os.scandir(self._path.parent) as entries:
            names = [
                entry.path for entry in entries if entry.inode() == inode and entry.name.startswith(self._path.name)
            ]
        if not names:
            return None
        fd = os.open(names[0], os.O_RDONLY | os.O_CLOEXEC)
        try:
            return last_end(fd, os.fstat(fd).st_size)
        finally:
            os.close(fd)


@contextmanager
def holding_end(path: Path, otherwise: int, known: KeptEnd | None) -> Iterator[HeldEnd]:
    """Hold the end of a file's chain, alone among all processes of this machine.

    Where the folder takes no file beside, the file itself, open as `otherwise`, is held instead, and `known` is what
    the writer remembers. Raises OSError.
    """
    try:
        fd = os.open(path_of_end(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    except OSError as error:  # as in a folder of somebody else's, where only the file is the bridge's
        if error.errno not in _NOT_OURS:
            raise
        fcntl.flock(otherwise, fcntl.LOCK_EX)
        try:
            yield HeldEnd(path, -1, known)
        finally:
            fcntl.flock(otherwise, fcntl.LOCK_UN)
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield HeldEnd(path, fd, known)
    finally:
        os.close(fd)


def last_end(fd: int, size: int) -> ChainEnd | None:
    """Return the end of the chain in a file that is open, None where no line of its end is a linked record."""
    start = max(0, size - _TAIL)
    for line in reversed(os.pread(fd, size - start, start).split(b"\n")):
        try:
            told = orjson.loads(line)
            if told["hash"] == digest(told):
                return ChainEnd(str(told["chain"]), int(told["sequence"]), told["hash"])
        except (ValueError, TypeError, KeyError):
            continue  # torn, blank, or a record of before there were chains
    return None


def _read(text: bytes) -> KeptEnd | None:
    try:
        told = orjson.loads(text)
        end = ChainEnd(str(told["chain"]), int(told["sequence"]), str(told["hash"]))
        return KeptEnd(end, int(told["inode"]), int(told["size"]))
    except (ValueError, TypeError, KeyError):
        return None
