"""Moments as PingOne and clients write them, and how they are moved between two clocks. Pure; knows no codec."""

from __future__ import annotations

import datetime as dt
from typing import Any

from scimbridge.scim.filtering.comparing import parse_instant


def read_time(text: str) -> dt.datetime | None:
    """Return a moment to the microsecond; what xsd:dateTime has and Python has not is read too, such as 24:00:00."""
    instant = parse_instant(text)
    if instant is not None:
        return instant[0]
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def shift_time(text: Any, offset: dt.timedelta) -> Any:
    """Move an instant by the offset; it is still written in UTC with milliseconds and `Z`.

    What would be moved out of the calendar stays as it is: "never" is written as the end of the last year.
    """
    if not isinstance(text, str):
        return text
    moment = read_time(text)
    if moment is None:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    try:
        moved = moment.astimezone(dt.UTC) + offset
    except OverflowError:
        return text
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
