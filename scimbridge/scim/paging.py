"""Windows over a list: startIndex and count (RFC 7644 §3.4.2.4).

Pure arithmetic. Knows nothing of what a page is made of or how it is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from scimbridge.scim.errors import InvalidCount, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
_LIMIT = 10**18


@dataclass(frozen=True, slots=True)
class Window:
    """`count` items from the `start`-th on, the first being 1; count 0 asks for the total only."""

    start: int
    count: int

    @property
    def offset(self) -> int:
        """The number of items before the window."""
        return self.start - 1

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        """Return the items of a whole list that are in the window."""
        return items[self.offset : self.offset + self.count]


def parse_window(start_index: str | int | None, count: str | int | None, *, default: int, maximum: int) -> Window:
    """Return the window of a request; `default` and `maximum` are numbers of items.

    A startIndex below 1 is 1, a negative count is 0, and a count above `maximum` is `maximum`.
    Raises InvalidValue for what is not a whole number of up to 18 digits.
    """
    start = 1 if start_index is None else _read_integer(start_index)
    if start is None:
        raise InvalidValue("'startIndex' is a whole number, 1 for the first result.")
    size = default if count is None else _read_integer(count)
    if size is None:
        raise InvalidValue("'count' is a whole number of results.")
    return Window(max(start, 1), min(max(size, 0), maximum))


def parse_cursor_count(count: str | int | None, *, default: int, maximum: int) -> int:
    """Return the page size of a cursor request, within 0 and `maximum` (RFC 9865 §2).

    Raises InvalidCount for what is not a whole number.
    """
    size = default if count is None else _read_integer(count)
    if size is None:
        raise InvalidCount(f"'count' is a whole number between 0 and {maximum}.")
    return min(max(size, 0), maximum)


def _read_integer(value: str | int) -> int | None:
    if isinstance(value, str):
        return int(value) if _INTEGER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None  # JSON bodies bring true and 1.5 here
    return value if abs(value) < _LIMIT else None
