"""A place in PingOne's order: which records of which of its pages are behind a reader.

PingOne pages by opaque cursor only, and its records come and go. A place is therefore no number of records to skip but
the ids that are passed on one page, and a tail of those before, by which it is found again when PingOne's cursor is
dead, and compared with another place. Pure; knows nothing of who stands where.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import orjson

TAIL = 100  # passed records by which a place is found again
_ID = 36  # characters of PingOne's ids
_DASHES = (8, 13, 18, 23)

Ids = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a walk: `position` records of the answer are behind it.

    `href` leads to a PingOne page (None: the first page) and `passed` are the ids on it that are behind, in order.
    Where that is the whole page, `next` leads to the one after it. `before` are the last ids before those.
    `total` is what the walk was told at last. `asked` stands for what PingOne was asked: its pages answer that question
    and no other. `begun` is where the window that ended here began, and `given` are the ids of its records.
    """

    position: int
    href: str | None = None
    passed: Ids = ()
    before: Ids = ()
    total: int | None = None
    asked: str = ""
    next: str | None = None
    begun: int = 0
    given: Ids = ()

    @property
    def tail(self) -> Ids:
        """The last ids that are behind, in order."""
        return self.before + self.passed

    @property
    def start(self) -> tuple[str | None, Ids]:
        """Where reading goes on: the link of a page, and the ids on it that are behind."""
        return (self.href, self.passed) if self.next is None else (self.next, ())

    def goes_on_like(self, other: Mark) -> bool:
        """Whether reading goes on from the same place."""
        return self.start == other.start and self.asked == other.asked

    def is_not_behind(self, other: Mark) -> bool:
        """Whether all that is before this place is known to be before the other one too."""
        return self.start == other.start or (bool(self.tail) and self.tail[-1] in other.tail)

    def back_to(self, key: str) -> Mark:
        """Return the place right behind one of the passed records."""
        return replace(self, passed=self.passed[: self.passed.index(key) + 1], next=None, given=())

    def inside(self, behind: Mark, position: int) -> Mark:
        """Return the place at a position of the window that began here and ended at the mark `behind`."""
        href, passed = self.start
        given = behind.given[: position - behind.begun]
        before = self.before if self.next is None else self.tail
        return Mark(position, href, passed + given, before, behind.total, self.asked or behind.asked)

    def dump(self) -> dict[str, Any]:
        """Return what a cursor carries of the mark, as JSON values: it travels in a URL, so the tail stays behind."""
        href, passed = self.start
        return {"n": self.position, "h": href, "p": passed, "t": (), "c": self.total, "q": self.asked}

    @classmethod
    def load(cls, value: dict[str, Any]) -> Mark:
        """Read a mark that `dump` wrote."""
        return cls(value["n"], value["h"], tuple(value["p"]), tuple(value["t"]), value["c"], value["q"])


START = Mark(0)


def stamp(asked: str | None) -> str:
    """Return a short text that stands for what PingOne is asked."""
    return blake2b((asked or "").encode(), digest_size=8).hexdigest()


def earliest(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Leave out the places that are known not to be before another one of them."""
    kept: list[Mark] = []
    for mark in marks:
        if not any(other.is_not_behind(mark) for other in kept):
            kept = [other for other in kept if not mark.is_not_behind(other)]
            kept.append(mark)
    return tuple(kept)


def meet(marks: Sequence[Mark]) -> Mark | None:
    """Return a place that is behind none of these: right behind the last record that all of them have passed.

    None where that record is on a page that none of the marks leads to.
    """
    first, *others = earliest(marks)
    if not others:
        return first
    shared = set(first.tail).intersection(*(set(other.tail) for other in others))
    last = next((key for key in reversed(first.tail) if key in shared), None)
    if last is None:
        return None
    for mark in (first, *others):
        if last == mark.tail[-1]:
            return mark
        if last in mark.passed:
            return mark.back_to(last)
    return None


# -- in the state ------------------------------------------------------------------------------------------------------


def pack(marks: Iterable[Mark]) -> bytes:
    """Return marks as bytes. The ids of a window over several pages are rarely read, and take half their room."""
    return orjson.dumps([_pack(mark) for mark in marks])


def unpack(held: bytes) -> tuple[Mark, ...]:
    """Read marks that `pack` wrote."""
    return tuple(map(_unpack, orjson.loads(held)))


def _pack(mark: Mark) -> list[Any]:
    same = bool(mark.given) and mark.given == mark.passed[-len(mark.given) :]
    given = len(mark.given) if same else _pack_ids(mark.given)
    return [
        mark.position, mark.href, mark.passed, mark.before, mark.total, mark.asked, mark.next,
        mark.begun, given,
    ]  # fmt: skip


def _unpack(value: list[Any]) -> Mark:
    position, href, passed, before, total, asked, following, begun, given = value
    ids = tuple(passed)
    records = ids[-given:] if isinstance(given, int) else _unpack_ids(given)
    return Mark(position, href, ids, tuple(before), total, asked, following, begun, records)


def _pack_ids(ids: Ids) -> str | Ids:
    """Return ids as one text where they are UUIDs in lower case, else as they are."""
    joined, many = "".join(ids), len(ids)
    digits = joined.replace("-", "")
    regular = (
        len(joined) == many * _ID
        and len(digits) == many * (_ID - len(_DASHES))
        and all(joined[dash::_ID] == "-" * many for dash in _DASHES)
        and set(digits) <= set("0123456789abcdef")
        and all(len(each) == _ID for each in ids)
    )
    return b64encode(bytes.fromhex(digits)).decode() if regular else ids


def _unpack_ids(value: str | list[str]) -> Ids:
    if not isinstance(value, str):
        return tuple(value)
    digits = b64decode(value).hex()
    return tuple(
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-{digits[at + 12 : at + 16]}"
        f"-{digits[at + 16 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, len(digits), 32)
    )
