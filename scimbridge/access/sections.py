"""The text of a TOML file in sections: each header with what it holds, and the comments that stand above it.

A parsed document has no place for a comment between two sections, and gives it to the one before; here it stays above
the one that it tells about. Knows TOML's headers and nothing of clients.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = re.compile(r"[ \t]*\[")
_BESIDE = re.compile(r"[ \t]*(?:#.*)?\r?\n?")  # a blank line or one that only holds a comment


@dataclass(slots=True)
class Section:
    """One section; `above` are blank lines and comments before it. What stands before the first has an empty `path`."""

    path: tuple[str, ...]
    above: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def members(self) -> dict[str, Any]:
        """Return what the section holds."""
        held = tomllib.loads("".join(self.lines))
        for key in self.path:
            held = held[key]
            held = held[0] if isinstance(held, list) else held
        return held

    def set_line(self, key: str, value: str) -> None:
        """Write `key = value` in the place of the line of that key, or at the end of the section."""
        line = f"{key} = {value}\n"
        mark = re.compile(rf"[ \t]*{re.escape(key)}[ \t]*=[^#\n]*")
        for place, old in enumerate(self.lines):
            if found := mark.match(old):
                rest = old[found.end() :]
                self.lines[place] = line if not rest.startswith("#") else f"{key} = {value}  {rest}"
                return
        self.lines.append(line)


def split(text: str) -> list[Section]:
    """Return the sections of a text that is TOML; the last one holds no more than what stands at the end."""
    lines = _LINE.findall(text if not text or text.endswith("\n") else f"{text}\n")
    found: list[Section] = []
    start = 0
    for place, line in enumerate([*lines, "["]):
        if _HEADER.match(line) and (place == len(lines) or _is_whole(lines[start:place])):
            found.append(_section(lines[start:place]))
            start = place
    # Comments belong to what they stand above; those at the very beginning are about the file.
    below: list[str] = []
    for section in found:
        section.above, below = below, []
        if section.path or not all(map(_BESIDE.fullmatch, section.lines)):
            below = _take_below(section.lines)
    return [*found, Section((), above=below)]


def join(sections: Iterable[Section]) -> str:
    """Return the text of sections."""
    return "".join(line for section in sections for line in (*section.above, *section.lines))


def without(sections: Iterable[Section], dropped: Iterable[Section]) -> Iterator[Section]:
    """Yield the sections that are not dropped; of what stands above a dropped one, its own comments go with it.

    Its own are those right above the header; what is parted from it by a blank line stays.
    """
    gone = {id(section) for section in dropped}
    for section in sections:
        if id(section) not in gone:
            yield section
            continue
        kept = list(section.above)
        while kept and kept[-1].strip():
            kept.pop()
        if any(line.strip() for line in kept):
            yield Section((), lines=kept)


def find_line(text: str, path: Sequence[str | int]) -> int:
    """Return the line, counted from 1, in which a path is written; where it is not, the line of what it is below.

    Numbers in a path count the sections of one name, from 1.
    """
    lines = _LINE.findall(text)
    while path:
        names = tuple(step for step in path if isinstance(step, str))
        number = next((step for step in reversed(path) if isinstance(step, int)), 1)
        places = [place for place, line in enumerate(lines) if _header_of(line)[: len(names)] == names]
        exact = [place for place in places if _header_of(lines[place]) == names]
        if exact or places:
            return (exact[number - 1] if number <= len(exact) else (exact or places)[0]) + 1
        *above, key = path
        inside = find_line(text, above) if above else 0
        if isinstance(key, str) and (place := _find_key(lines, inside, key)) is not None:
            return place + 1
        path = above
    return 1


def _find_key(lines: Sequence[str], start: int, key: str) -> int | None:
    """Return the line of a key below the header before `start`, up to the next header."""
    mark = re.compile(rf"""[ \t]*(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')[ \t]*[=.]""")
    for place in range(start, len(lines)):
        if _header_of(lines[place]):
            return None
        if mark.match(lines[place]):
            return place
    return None


def _header_of(line: str) -> tuple[str, ...]:
    """Return the path of a header; empty for every other line."""
    if not _HEADER.match(line):
        return ()
    try:
        return _section([line]).path
    except (tomllib.TOMLDecodeError, ValueError):  # a line within a list over several lines
        return ()


def _is_whole(lines: list[str]) -> bool:
    """Whether lines are TOML by themselves; else the next one stands within a text or a list over several lines."""
    try:
        tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _take_below(lines: list[str]) -> list[str]:
    """Take what belongs to the next section off the end; a comment that a blank line parts from it does not."""
    end = len(lines)
    while end and _BESIDE.fullmatch(lines[end - 1]):
        end -= 1
    own = next((place for place in range(end, len(lines)) if not lines[place].strip()), end)
    below = lines[own:]
    del lines[own:]
    return below


def _section(lines: list[str]) -> Section:
    path: list[str] = []
    held: Any = tomllib.loads(lines[0]) if lines and _HEADER.match(lines[0]) else {}
    while isinstance(held, dict) and held:
        ((key, held),) = held.items()
        path.append(key)
    return Section(tuple(path), lines=lines)
