"""Durations and limits as rules write them: `"90d"`, `25`, `"2%"`, `[25, "2%"]`. Pure."""

from __future__ import annotations

import re
from typing import Any

from scimbridge.sync.rules.values import Limit

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw])", re.ASCII)
_PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,6})?)\s*%", re.ASCII)


def read_duration(value: Any) -> float:
    """Return the seconds of a duration such as "90d". Raises ValueError."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'takes a duration such as "90d", "12h" or "0d" (units are s, m, h, d, w), not {value!r}')
    return float(found[1]) * _SECONDS[found[2]]


def read_limit(value: Any) -> Limit:
    """Return a limit: a number, a percentage as a text, or both in a list. Raises ValueError."""
    match value:
        case bool():
            pass
        case int() if value >= 0:
            return Limit(number=value)
        case str() if (found := _PERCENT.fullmatch(value.strip())) is not None:
            return Limit(share=float(found[1]) / 100)
        case [first, second]:
            parts = tuple(read_limit(each) for each in (first, second) if not isinstance(each, list))
            number = next((each.number for each in parts if each.number is not None), None)
            share = next((each.share for each in parts if each.share is not None), None)
            if number is not None and share is not None:
                return Limit(number, share)
    raise ValueError(f'takes a number, a percentage or both, such as 25, "2%" or [25, "2%"], not {value!r}')
