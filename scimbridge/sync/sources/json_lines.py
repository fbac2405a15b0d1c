"""JSON Lines as a source: one object a line (RFC 8259). Exact or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from typing import Any

from scimbridge.sync.sources.faults import SourceFaults
from scimbridge.sync.sources.files import UTF_8, ChosenFile, open_file, read_lines
from scimbridge.sync.sources.reader import Record

_OPENING = "[{"


class JsonLinesFile:
    """One file of JSON Lines. Of each object the columns that are `needed` are read, with dots for members."""

    unit = "line"
    is_file = True
    columns: tuple[str, ...] = ()

    def __init__(self, file: ChosenFile, needed: tuple[str, ...]) -> None:
        self.name = file.name
        self.made = file.made
        self.digest: str | None = None
        self._path = file.path
        self._needed = needed

    def read(self, faults: SourceFaults) -> Iterator[Record]:
        """Yield the objects, blank lines left out."""
        with open_file(self._path, faults) as (file, stream), closing(read_lines(stream, UTF_8, faults)) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found = _load(line, number, faults)
                    if found is not None:
                        yield number, {name: held for name in self._needed if (held := find_member(found, name)) != ...}
            if not file.is_still():
                raise faults.refusal("changed while it was read; run again when the export is done")
            self.digest = file.digest


def find_member(held: Mapping[str, Any], path: str) -> Any:
    """Return the member of an object that a path with dots names, `...` where there is none."""
    if path in held:
        return held[path]
    name, dot, rest = path.partition(".")
    inner = held.get(name) if dot else None
    return find_member(inner, rest) if isinstance(inner, dict) else ...


def _load(line: str, number: int, faults: SourceFaults) -> dict[str, Any] | None:
    """Return the object of a line, None after noting that it is none."""
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_object)
    except json.JSONDecodeError:
        if number == 1 and line.strip() in tuple(_OPENING):
            raise faults.refusal("is one JSON document over many lines; write one object a line", number) from None
        faults.at(number, "is not JSON; it is cut off, or the file is no JSON Lines")
        return None
    except (ValueError, RecursionError) as wrong:
        faults.at(number, str(wrong) if isinstance(wrong, _Wrong) else "is not JSON that can be read")
        return None
    if isinstance(found, list) and number == 1:
        raise faults.refusal("is one JSON array; write one object a line", number)
    if not isinstance(found, dict):
        faults.at(number, "is no JSON object")
        return None
    return found


class _Wrong(ValueError):
    """JSON that has no one meaning."""


def _constant(name: str) -> Any:
    raise _Wrong(f"has {name}, which is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Wrong("has a member twice in one object")
    return found
