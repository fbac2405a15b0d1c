"""What a line of a plan says, in words that text and page share. Pure.

What comes from a source or from PingOne is never trusted to be what it looks like: all that has no ink of its own, such
as a control character, a mark that turns the direction of text, or a blank that is none, is written as its escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from scimbridge.sync.plans.lines import CONFLICT, CREATE, DELETE, GROUP, JOIN, LEAVE, PlanLine

NONE = "none"
POPULATION = "population.id"
"""How the path of a person's population ends, whatever its schema."""
_SHORT = 60
"""Characters of a value where many stand in one line."""
_SHOWN_PATHS = 4
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|\S*@\S*|\d+""")
_LONGEST_REASON = 120


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One path of a line, and what it has before and after, as text; None where a line does not speak of it."""

    path: str
    before: str | None
    after: str | None


def visible(text: str) -> str:
    """Return a text in which all that has no ink of its own is an escape."""
    if text.isprintable():
        return text
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def value_text(value: Any, most: int | None = None) -> str:
    """Return a value as JSON, None as the word for it, and cut where it is longer than `most`."""
    if value is None:
        return NONE
    text = visible(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())
    return text if most is None or len(text) <= most else f"{text[: most - 1]}…"


def changed_values(line: PlanLine, names: Mapping[str, str]) -> Iterator[ChangedValue]:
    """Yield what a line changes, by path; `names` are those of populations by id."""
    for path in sorted({*line.before, *line.after}):
        before, after = (
            _named(path, values[path], names) if path in values else None for values in (line.before, line.after)
        )
        yield ChangedValue(visible(path), before, after)


def short_path(path: str) -> str:
    """Return a path without its schema."""
    return path.rpartition(":")[2] if path.startswith("urn:") else path


def subject(line: PlanLine) -> str:
    """Return how the person or group of a line is called where it is known: the user name, else nothing."""
    named = line.user_name or line.after.get("userName") or line.before.get("userName") or ""
    return named if isinstance(named, str) else ""


def summary(line: PlanLine, names: Mapping[str, str]) -> str:
    """Return in one line what becomes of whom; `names` are those of populations by id."""
    if line.do == CONFLICT or line.faults:
        return visible("; ".join(line.faults) or line.why)
    if line.do in (JOIN, LEAVE):
        return f"{'into' if line.do == JOIN else 'out of'} {visible(group_name(line))}"
    if line.do == DELETE or (line.do == CREATE and line.on == GROUP):
        return visible(line.why)
    return _changes(line, names) or visible(line.why)


def group_name(line: PlanLine) -> str:
    """Return the name of the group of a join or leave, or its id where there is none."""
    group = line.group or {}
    return group.get("name") or group.get("id") or "a group"


def reason_of(line: PlanLine) -> str:
    """Return the kind of a conflict: its reason, else its first sentence without what may be a value."""
    if line.reason:
        return line.reason
    return _QUOTED.sub("…", line.faults[0] if line.faults else line.why)[:_LONGEST_REASON]


def moment(seconds: Any) -> str:
    """Return a time to the minute, in UTC; "unknown" for what is none."""
    if not isinstance(seconds, int | float):
        return "unknown"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return "unknown"


def duration(seconds: float) -> str:
    """Return how long something took, in two units at most."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"  # noqa: PLR2004 - where a tenth says something
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its word."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _changes(line: PlanLine, names: Mapping[str, str]) -> str:
    paths = sorted({*line.before, *line.after})
    told = [_change(line, path, names) for path in paths[:_SHOWN_PATHS]]
    if len(paths) > _SHOWN_PATHS:
        told.append(f"and {len(paths) - _SHOWN_PATHS} more")
    return ", ".join(told)


def _change(line: PlanLine, path: str, names: Mapping[str, str]) -> str:
    after = _named(path, line.after.get(path), names, _SHORT)
    before = f"{_named(path, line.before[path], names, _SHORT)} → " if path in line.before else ""
    return f"{visible(short_path(path))} {before}{after}"


def _named(path: str, value: Any, names: Mapping[str, str], most: int | None = None) -> str:
    """Return a value as text; that of a population by its name, and its id where there is room."""
    if path.endswith(POPULATION) and isinstance(value, str) and value in names:
        return visible(names[value]) if most else f"{visible(names[value])} ({value_text(value)})"
    return value_text(value, most)
