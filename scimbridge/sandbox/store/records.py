"""What a stored record is: plain JSON that is replaced, never changed, and its time stamps.

A record that was handed out can be read without a lock, because every write makes a new one.
"""

from __future__ import annotations

import time
import unicodedata
from datetime import UTC, datetime
from typing import Any, Final

Json = dict[str, Any]

DEEPEST: Final = 100
"""How deep JSON values may be nested."""


def is_too_deep(value: Any) -> bool:
    """Tell whether a JSON value is nested deeper than can be kept."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                inner.extend(part.values())
            elif isinstance(part, list):
                inner.extend(part)
        if not inner:
            return False
        level = inner
    return True


def values_at(record: Json, path: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values at a dotted path: none, one, or each element of a list."""
    value: Any = record
    for name in path:
        if not isinstance(value, dict):
            return ()
        value = value.get(name)
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def fold(value: Any) -> Any:
    """Return the form in which strings are compared without case."""
    return value.lower() if isinstance(value, str) else value


def fold_accents(value: Any) -> Any:
    """Return the form in which strings are compared without case and without accents."""
    if not isinstance(value, str):
        return value
    return "".join(
        letter for letter in unicodedata.normalize("NFD", value.lower()) if not unicodedata.combining(letter)
    )


def stamp(seconds: float) -> str:
    """Return UTC ISO 8601 with milliseconds (docs/pingone.md §1.4); `seconds` since 1970."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{milliseconds:03d}Z"


def parse_instant(text: str) -> float | None:
    """Return the seconds since 1970 of an ISO 8601 instant, None when it is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def later_stamp(previous: str, now: float) -> str:
    """Return a stamp of `now` that is later than `previous` in any case, by a millisecond at least."""
    text = stamp(now)
    if text > previous:
        return text
    return stamp((parse_instant(previous) or now) + 0.001)
