"""The bytes of a plan's file: lines in and out, plain or packed as gz. Knows nothing of what stands in them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

LONGEST = 64 << 20
"""A line of so many bytes is none of a plan, and is not read into memory."""
_CHUNK = 1 << 16
_MAGIC = b"\x1f\x8b"
_GZ = 16 + zlib.MAX_WBITS  # zlib's way to say that header and checksum are those of gz


class Damaged(Exception):
    """Bytes that cannot be read as lines; the message goes on after the name of the file."""


@contextmanager
def packed(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """Open the stream that lines are written to: packed where the file's name ends with .gz, the same each time."""
    if path.suffix != ".gz":
        yield file
        return
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as stream:
        yield stream  # type: ignore[misc]  # it has all that is used of a file


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file as `lines_in` does. Raises OSError and `Damaged`."""
    with path.open("rb") as file:
        yield from lines_in(file)


def lines_in(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of what is open, line ends included; the last may have none. Raises OSError and `Damaged`.

    Its first bytes tell whether it is packed.
    """
    begin = file.read(len(_MAGIC))
    chunks = _read(begin, file)
    yield from _split(_unpack(chunks) if begin == _MAGIC else chunks)


def _read(begin: bytes, file: BinaryIO) -> Iterator[bytes]:
    yield begin
    while chunk := file.read(_CHUNK):
        yield chunk


def _unpack(chunks: Iterator[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(_GZ)
    for chunk in chunks:
        if unpacking.eof:
            raise Damaged("goes on after the end of its gz: something was appended; use the file as it was written")
        rest = chunk
        while rest and not unpacking.eof:
            try:
                yield unpacking.decompress(rest, _CHUNK)
            except zlib.error:
                raise Damaged("is damaged: its gz cannot be unpacked; copy it again, or make the plan anew") from None
            rest = unpacking.unconsumed_tail
        if unpacking.unused_data:
            raise Damaged("goes on after the end of its gz: something was appended; use the file as it was written")
    if not unpacking.eof:
        raise Damaged("is not whole: its gz was cut off; copy it again, or make the plan anew")


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    pieces: list[bytes] = []
    size = 0
    for chunk in chunks:
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            yield b"".join([*pieces, line, b"\n"])
            pieces, size = [], 0
        pieces.append(rest)
        size += len(rest)
        if size > LONGEST:
            raise Damaged(f"has a line of more than {LONGEST >> 20} MB and so is no plan")
    if size:
        yield b"".join(pieces)
