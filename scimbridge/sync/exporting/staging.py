"""The file of an export while it is not complete: beside its target, with a journal from which it is gone on with.

What is written is known by its place in the file and its checksum, so that whatever ended the process, what is whole is
kept and the rest is cut off. Knows bytes and ids; nothing of what they mean.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

import orjson

from scimbridge.sync.directory.tally import Begun
from scimbridge.sync.exporting.orders import ExportRefused

OLDEST = 24 * 3600.0
"""Seconds after which an export is not gone on with: its first lines would be too far from its last ones."""
EVERY = 1.0
"""Seconds between two times that what is written is carried to the disk."""


@dataclass(slots=True)
class StagedRecords:
    """What an earlier run left: how it began, lines and records of it, and which parts were finished."""

    begun: Begun | None = None
    rows: int = 0
    read: int = 0
    old: int = 0
    finished: set[str] = field(default_factory=set)


class Staging:
    """An export on its way to `file`. `wall` is seconds since 1970, `clock` counts seconds."""

    def __init__(
        self,
        file: Path,
        head: Mapping[str, Any],
        *,
        resume: bool,
        wall: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        """Take the place for this export alone. Raises `ExportRefused`."""
        self.file = file
        self.staged = file.with_name(f".{file.name}.part")
        self._place = file.with_name(f".{file.name}.journal")
        self._clock = clock
        self._synced_at = clock()
        self.earlier: StagedRecords | None = None
        self._journal = _open(self._place)
        try:
            self._lock()
            self._data = _open(self.staged)  # not before: what another run publishes is not to be opened here
        except BaseException:
            self._journal.close()
            raise
        self._end = 0
        try:
            if not (resume and self._take_up(head, wall())):
                self._begin(head, wall())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    @property
    def holds_anything(self) -> bool:
        """Whether a byte of it is written."""
        return self._end > 0

    def _lock(self) -> None:
        """Take the journal for this run alone, if it is still the one that has the name. Raises `ExportRefused`."""
        try:
            fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(self._journal.fileno()), self._place.lstat()):
                return
        except OSError:
            pass
        raise ExportRefused(f"{self.file}: another export is writing it; wait for its end, or name another file")

    # -- writing ---------------------------------------------------------------------------------------------------

    def write(self, block: bytes, ids: Sequence[str], rows: int, old: int = 0, of: str = "") -> None:
        """Append lines, and note whose they are: the ids of all records that were read for them."""
        _write_all(self._data, block)
        self._end += len(block)
        entry = {"end": self._end, "crc": zlib.crc32(block), "rows": rows, "old": old, "of": of, "ids": ids}
        self._note(entry)
        if self._clock() - self._synced_at >= EVERY:
            self._sync()

    def begun(self, begun: Begun) -> None:
        """Note how the walk began."""
        self._note({"count": begun.count, "at": begun.at, "most": begun.most})

    def finished(self, part: str) -> None:
        """Note that a part has been read to its end."""
        self._note({"part": part})

    def publish(self, make: Callable[[Path, Path], None] | None = None) -> None:
        """Put the complete file in its place. `make` makes what is put there of what is staged."""
        self._sync()
        ready = self.staged if make is None else self._made(make)
        ready.replace(self.file)
        self.staged.unlink(missing_ok=True)
        self._place.unlink()  # last: until then nobody else has the place
        folder = os.open(self.file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _made(self, make: Callable[[Path, Path], None]) -> Path:
        """Return what is made of what is staged; nothing of it is left where that does not succeed."""
        ready = self.file.with_name(f".{self.file.name}.made")
        ready.unlink(missing_ok=True)
        try:
            os.close(os.open(ready, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            make(self.staged, ready)
            ready.chmod(0o600)
            with ready.open("rb") as made:
                os.fsync(made.fileno())
        except BaseException:
            ready.unlink(missing_ok=True)
            raise
        return ready

    def close(self) -> None:
        """Let go of the place; what is staged stays."""
        self._data.close()
        self._journal.close()

    def _note(self, entry: Mapping[str, Any]) -> None:
        _write_all(self._journal, orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))

    def _sync(self) -> None:
        os.fsync(self._data.fileno())
        os.fsync(self._journal.fileno())
        self._synced_at = self._clock()

    def _begin(self, head: Mapping[str, Any], now: float) -> None:
        for each in (self._data, self._journal):
            each.seek(0)
            each.truncate()
        self._end = 0
        self._note({"export": head, "since": now})

    # -- going on --------------------------------------------------------------------------------------------------

    def seen(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the ids that came in an earlier run, and of which list."""
        with self._place.open("rb") as journal:
            for line in journal:
                entry = orjson.loads(line)
                if "ids" in entry:
                    yield entry["of"], entry["ids"]

    def _take_up(self, head: Mapping[str, Any], now: float) -> bool:
        """Go on where an earlier run ended; False where there was none. Raises `ExportRefused`."""
        lines = self._lines()
        first = next(lines, None)
        if first is None or "export" not in first[1]:
            return False
        self._check_same(first[1], head, now)
        found, kept = StagedRecords(), first[0]
        for length, entry in lines:
            if not self._takes(found, entry):
                break
            kept += length
        for each, size in ((self._data, self._end), (self._journal, kept)):
            each.truncate(size)
            each.seek(size)
        self.earlier = found
        return True

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the lines of the journal with their lengths, as far as they are whole."""
        with self._place.open("rb") as journal:
            for line in journal:
                with contextlib.suppress(orjson.JSONDecodeError):
                    entry = orjson.loads(line)
                    if line.endswith(b"\n") and isinstance(entry, dict):
                        yield len(line), entry
                        continue
                return

    def _takes(self, found: StagedRecords, entry: Mapping[str, Any]) -> bool:
        """Take a line of the journal; False where the file does not hold what it says."""
        if "end" in entry:
            block = self._data.read(entry["end"] - self._end)
            if len(block) != entry["end"] - self._end or zlib.crc32(block) != entry["crc"]:
                return False
            self._end = entry["end"]
            found.rows += entry["rows"]
            found.read += len(entry["ids"])
            found.old += entry["old"]
        elif "part" in entry:
            found.finished.add(entry["part"])
        elif "at" in entry:
            found.begun = Begun(entry["count"], entry["at"], entry["most"])
        return True

    def _check_same(self, first: Mapping[str, Any], head: Mapping[str, Any], now: float) -> None:
        before: Mapping[str, Any] = first["export"]
        other = [name for name in head if before.get(name) != head[name]]
        if other:
            raise ExportRefused(
                f"{self.file}: the export that was begun had another {' and another '.join(other)}, so this is not the"
                " rest of it; give it the same options, or begin anew without --resume"
            )
        age = now - first["since"]
        if age > OLDEST:
            raise ExportRefused(
                f"{self.file}: the export was begun {age / 3600:.0f} hours ago, and would be of two times; begin anew"
                " without --resume"
            )


def _open(path: Path) -> BinaryIO:
    """Open a file that is this user's alone, and make it where it is not there. Raises `ExportRefused`."""
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise ExportRefused(f"{path}: it cannot be written ({error.strerror})") from None
    seen = os.fstat(number)
    if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_nlink > 1:
        os.close(number)
        raise ExportRefused(f"{path}: it is there, and is not a file of this user's alone; take it away") from None
    os.fchmod(number, 0o600)
    return os.fdopen(number, "r+b", buffering=0)


def _write_all(file: BinaryIO, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[file.write(view) :]
