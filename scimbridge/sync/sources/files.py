"""Files of sources: which one of a pattern is meant, how old it is, and its lines, while it stands still.

Knows encodings and nothing of what lines mean.
"""

from __future__ import annotations

import datetime as dt
import glob
import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scimbridge.sync.rules.values import BY_NAME, MTIME
from scimbridge.sync.sources.faults import SourceFaults, refuse
from scimbridge.sync.sources.texts import CONTROL

UTF_8 = "utf-8"
_BOM = b"\xef\xbb\xbf"
_BOMS_16 = (b"\xff\xfe", b"\xfe\xff")
_SAMPLE = 'aZ,;"\r\n'
"""What a line is found by; an encoding that writes it in another way is not read line by line."""
_LONGEST = 1 << 20
_NAMED = 5
_AHEAD = 86_400.0  # seconds that a time may lie ahead, since a name has no zone


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """The file that is read, and when it was made: seconds since 1970, None where `made` says something else."""

    path: Path
    made: float | None

    @property
    def name(self) -> str:
        """How it is named to people."""
        return str(self.path)


def choose_file(place: str, made: str, now: float) -> ChosenFile:
    """Return the file that a path means, of a pattern the newest one. Raises `SourceRefused`."""
    if not glob.has_magic(place) or os.path.lexists(place):
        return _dated(Path(place), made, now)
    there = [Path(each) for each in sorted(glob.glob(place)) if not Path(each).is_dir()]  # noqa: PTH207 - a whole pattern
    if not there:
        raise refuse(place, "no file has a name like this; look whether the export ran, and whether the path is right")
    dated = [_dated(path, made, now) for path in there]
    by_time = made if made == MTIME or made.startswith(BY_NAME) else MTIME
    times = [each if each.made is not None else _dated(each.path, by_time, now) for each in dated]
    newest = max(each.made or 0.0 for each in times)
    found = [chosen for chosen, timed in zip(dated, times, strict=True) if timed.made == newest]
    if len(found) > 1:
        names = ", ".join(each.path.name for each in found[:_NAMED])
        raise refuse(place, f"{len(found)} files are the newest ({names}); leave one of them, or name it")
    return found[0]


def _dated(path: Path, made: str, now: float) -> ChosenFile:
    """Return a file with its time, after seeing that it is one."""
    try:
        seen = path.stat()
    except FileNotFoundError:
        what = "leads to nothing; it is a link" if path.is_symlink() else "is not there; look whether the export ran"
        raise refuse(str(path), what) from None
    except OSError as error:
        raise refuse(str(path), f"cannot be looked at ({error.strerror})") from None
    if not stat.S_ISREG(seen.st_mode):
        kind = "a directory; name the file in it" if stat.S_ISDIR(seen.st_mode) else "no regular file"
        raise refuse(str(path), f"is {kind}")
    time: float | None = seen.st_mtime if made == MTIME else None
    if made.startswith(BY_NAME):
        pattern = made.removeprefix(BY_NAME)
        try:
            time = dt.datetime.strptime(path.name, pattern).replace(tzinfo=dt.UTC).timestamp()
        except ValueError:
            raise refuse(str(path), f'its name does not look like made = "{BY_NAME}{pattern}" says') from None
    if time is not None and time > now + _AHEAD:
        raise refuse(str(path), "was made in the future; every later one would count as older, so mend its time")
    return ChosenFile(path, time)


class HashedFile(io.RawIOBase):
    """The bytes of a file, hashed as they are read; `verify` says at the end whether they stood still."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file = path.open("rb", buffering=0)
        self._before = os.fstat(self._file.fileno())
        self._hash = hashlib.sha256()
        self._read = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read some bytes."""
        view = memoryview(buffer)
        number = self._file.readinto(view)
        self._hash.update(view[:number])
        self._read += number
        return number

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    @property
    def size(self) -> int:
        """How large it was at the beginning."""
        return self._before.st_size

    @property
    def digest(self) -> str:
        """SHA-256 of what was read."""
        return self._hash.hexdigest()

    def is_still(self) -> bool:
        """Whether all of it was read, and it is the file that it was: nobody wrote to it, and none took its place."""
        after = os.fstat(self._file.fileno())
        if (after.st_size, after.st_mtime_ns) != (self._before.st_size, self._before.st_mtime_ns):
            return False
        try:
            return self._read == after.st_size and os.path.samestat(after, self._path.stat())
        except OSError:
            return False


@contextmanager
def open_file(path: Path, faults: SourceFaults) -> Iterator[tuple[HashedFile, io.BufferedIOBase]]:
    """Open a file, and what gives its bytes, unpacked where its name ends in .gz. Raises `SourceRefused`."""
    try:
        file = HashedFile(path)
    except OSError as error:
        raise faults.refusal(f"cannot be read ({error.strerror})") from None
    with file:
        if not file.size:
            raise faults.refusal("is empty; look whether the export ran to its end")
        plain = io.BufferedReader(file, 1 << 16)
        try:
            yield file, gzip.GzipFile(fileobj=plain) if path.suffix == ".gz" else plain
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise faults.refusal("its packing is broken or ends too early; it is half a file") from None
        except OSError as error:
            raise faults.refusal(f"cannot be read to its end ({error.strerror})") from None


def read_lines(stream: io.BufferedIOBase, encoding: str, faults: SourceFaults) -> Generator[str]:
    """Yield the lines of a file with their ends. Raises `SourceRefused` where its bytes are no text of the encoding."""
    if _SAMPLE.encode(encoding, errors="replace") != _SAMPLE.encode():
        yield from _read_wide(stream, encoding, faults)
        return
    encoding = UTF_8 if encoding == "utf-8-sig" else encoding
    doubted = _Doubt(encoding)
    number = 0
    while raw := stream.readline(_LONGEST):
        number += 1
        if number == 1:
            if raw.startswith(_BOMS_16):
                raise faults.refusal('is UTF-16; say encoding = "utf-16", or export it as UTF-8')
            raw = raw.removeprefix(_BOM) if encoding == UTF_8 else raw
        if len(raw) == _LONGEST and not raw.endswith(b"\n"):
            raise faults.refusal(f"is longer than {_LONGEST} bytes; the file is not what it should be", number)
        try:
            line = raw.decode(encoding)
        except UnicodeError as error:
            raise faults.refusal(_undecodable(raw, error, encoding), number) from None
        _check_line(line, number, faults)
        if encoding != UTF_8:
            doubted.look(raw)
        yield line
    if doubted.is_utf_8:
        raise faults.refusal(f'is UTF-8, and the rules say encoding = "{encoding}"; leave the word out')


def _read_wide(stream: io.BufferedIOBase, encoding: str, faults: SourceFaults) -> Generator[str]:
    number = 0
    text = io.TextIOWrapper(stream, encoding, newline="\n")  # type: ignore[type-var]
    try:
        while line := text.readline(_LONGEST):
            number += 1
            line = line.removeprefix("\ufeff") if number == 1 else line
            _check_line(line, number, faults)
            yield line
    except UnicodeError:
        raise faults.refusal(f"its bytes are no {encoding}, or it ends too early", number + 1) from None
    finally:
        text.detach()  # the file is closed by who opened it


def _undecodable(raw: bytes, error: UnicodeError, encoding: str) -> str:
    byte = raw[error.start] if isinstance(error, UnicodeDecodeError) else 0
    if encoding == UTF_8:
        return f'the byte 0x{byte:02X} is no UTF-8; export it as UTF-8, or say encoding = "cp1252" (Windows, Latin-1)'
    return f"the byte 0x{byte:02X} is no {encoding}; look which encoding the export has"


def _check_line(line: str, number: int, faults: SourceFaults) -> None:
    found = CONTROL.search(line)
    if found is None:
        return
    if found[0] == "\0":
        raise faults.refusal('has NUL bytes; it is broken, or it is UTF-16 (encoding = "utf-16-le")', number)
    what = "the sign for a lost character (U+FFFD)" if found[0] == "\ufffd" else "a control character"
    faults.at(number, f"has {what}; mend it where the data comes from")


class _Doubt:
    """Whether a text that is said to have one byte a character is UTF-8 in truth."""

    def __init__(self, encoding: str) -> None:
        self._asked = encoding != UTF_8
        self._seen = False

    def look(self, raw: bytes) -> None:
        """Look at one more line."""
        if self._asked and not raw.isascii():
            self._seen = True
            try:
                raw.decode(UTF_8)
            except UnicodeDecodeError:
                self._asked = False

    @property
    def is_utf_8(self) -> bool:
        """Whether every line that tells is UTF-8."""
        return self._asked and self._seen
