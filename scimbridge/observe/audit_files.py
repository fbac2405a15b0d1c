"""Files of records as they lie about: the one that is written to, and those that were rotated from it, packed or not.

Knows names of files and what a line is; nothing of what a record is about.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import orjson

_LONGEST_LINE = 1024 * 1024  # bytes; no record comes near
_PACKED: dict[str, Callable[[Path], IO[bytes]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}  # type: ignore[dict-item]


def rotated_from(path: Path) -> list[Path]:
    """Return the files that were rotated from one, as logrotate and others name them, in no order.

    These are audit.jsonl.1, audit.jsonl-20261121.gz, audit-20261121.jsonl and the like. Raises OSError.
    """
    number = r"[-.][0-9][0-9T:_.-]*"
    packed = f"(?:{'|'.join(map(re.escape, _PACKED))})?"
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    pattern = re.compile(f"(?:{stem}{suffix}{number}|{stem}{number}{suffix}){packed}")
    return [each for each in path.parent.iterdir() if pattern.fullmatch(each.name) and each.name != path.name]


def lines_in(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file as they are, blank ones too. Raises OSError, and EOFError for half a packed file."""
    opened = _PACKED.get(path.suffix)
    with path.open("rb") if opened is None else opened(path) as file:
        while line := file.readline(_LONGEST_LINE):
            yield line


def object_in(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line, None where it is none."""
    try:
        held = orjson.loads(line)
    except ValueError:
        return None
    return held if isinstance(held, dict) else None


def in_order(paths: list[Path]) -> list[Path]:
    """Return files in the order in which they were written: by their first records. Raises OSError."""
    firsts = {path: _first_of(path) for path in dict.fromkeys(paths)}
    began: dict[str, str] = {}
    for chain, _sequence, time in firsts.values():
        began[chain] = min(time, began.get(chain, time))
    return sorted(
        firsts,
        key=lambda path: (began[firsts[path][0]] if firsts[path][0] else firsts[path][2], *firsts[path][1:]),
    )


def _first_of(path: Path) -> tuple[str, int, str]:
    """Return chain, number and time of the first record of a file; of a file without one, what comes last."""
    for line in lines_in(path):
        held = object_in(line)
        if held is not None and isinstance(held.get("time"), str):
            chain, sequence = held.get("chain"), held.get("sequence")
            is_linked = isinstance(chain, str) and isinstance(sequence, int)
            return (str(chain), int(sequence or 0), held["time"]) if is_linked else ("", 0, held["time"])
    return "", 0, "~"
