"""What a trial makes at PingOne, and how all of it goes again: after the trial, after Ctrl-C, and in the next run.

A name says whose it is: the machine, the process, and digits that were never used. Only what has such a name and stands
in the population of the trial is ever deleted. Knows no table.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from scimbridge.ops.checking.findings import Finding, Probe, fault, note, ok
from scimbridge.ops.checking.patience import GivenUp
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import NotThere, PingOneError
from scimbridge.pingone.filters import Term, render
from scimbridge.sides import Native

PREFIX = "scimbridge-check-"
OLD = 600.0
"""Seconds after which what a run made is nobody's any more: a run takes less."""
_WHERE = "throw-aways"
_OWN = re.compile(rf"{PREFIX}(?P<host>[0-9a-f]{{8}})(?P<process>[0-9a-f]{{8}})[0-9a-f]{{16}}")
_ONE = {"users": "user", "groups": "group"}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who makes throw-aways: `host` is eight hexadecimal digits of this machine, `process` the number of this process.

    `is_alive` says whether a process of this machine still runs, `digits` gives 16 hexadecimal digits never used.
    """

    host: str
    process: int
    is_alive: Callable[[int], bool]
    digits: Callable[[], str]

    def sign(self) -> str:
        """Return a name that nothing has, and by which what has it is known again."""
        return f"{PREFIX}{self.host}{self.process:08x}{self.digits()}"

    def is_left(self, name: str, made_at: float | None, now: float) -> bool | None:
        """Whether a name is that of something whose run has ended; None for a name that no run gives.

        One of this machine has ended when its process has; of any other, after a while.
        """
        found = _OWN.fullmatch(name)
        if found is None:
            return None
        if made_at is not None and now - made_at >= OLD:
            return True
        process = int(found["process"], 16)
        return found["host"] == self.host and (process == self.process or not self.is_alive(process))


@dataclass(slots=True)
class Throwaways:
    """What this run makes in one population. Whatever is to be made is planned first, so that nothing is forgotten."""

    probe: Probe
    population: str
    signature: Signature
    wall: Callable[[], float]
    made: list[tuple[str, str, str | None]] = field(default_factory=list)  # collection, name, id where it is known

    def plan(self, collection: str) -> str:
        """Return the name of what is made next in a collection."""
        name = self.signature.sign()
        self.made.append((collection, name, None))
        return name

    def note(self, name: str, key: str) -> None:
        """Be told the id of what was made."""
        self.made = [(held, each, key if each == name else known) for held, each, known in self.made]

    def forget(self, name: str) -> None:
        """Be told that something was not made after all, or is gone."""
        self.made = [each for each in self.made if each[1] != name]

    def tidy_up(self, collections: Iterable[str]) -> Iterator[Finding]:
        """Delete what runs that have ended left behind; what may be another run's is left alone, and reported."""
        for collection in collections:
            for record in list(self._left_in(collection)):
                left = self.signature.is_left(_name(record), _made_at(record), self.wall())
                if left is None:
                    continue
                if not left:
                    yield note(_WHERE, f"a {_ONE[collection]} of a run that may still be under way is left alone")
                    continue
                failed = self._delete(collection, _name(record), str(record["id"]))
                yield failed or ok(_WHERE, f"a {_ONE[collection]} that an earlier run left behind is deleted")

    def _left_in(self, collection: str) -> Iterator[Native]:
        # Users are found by the beginning of their name, groups by nothing but their population (docs/pingone.md §7).
        asked = (
            Term("username", "sw", PREFIX) if collection == "users" else Term("population.id", "eq", self.population)
        )
        pages = self.probe.target.of(collection).pages(self.probe.call(), filter=render(asked), limit=100)
        for page in pages:
            yield from (record for record in page.records if self._is_here(record))

    def _is_here(self, record: Native) -> bool:
        home = record.get("population")
        return isinstance(home, dict) and home.get("id") == self.population

    def remove(self) -> list[Finding]:
        """Delete all that this run made, the last first. Returns what is to be known where that cannot be done."""
        left = []
        for collection, name, key in reversed(self.made):
            failed = self._remove(collection, name, key)
            if failed is not None:
                left += [failed, note(_WHERE, "the next `check --write` with this population deletes it")]
        self.made = []
        return left

    def _remove(self, collection: str, name: str, key: str | None) -> Finding | None:
        """Delete one, looking for it where its creation did not say whether it was made."""
        try:
            keys = [key] if key is not None else self._find(self.probe.target.of(collection), name)
        except (PingOneError, GivenUp) as error:
            return _undeleted(collection, name, error)
        return next(filter(None, (self._delete(collection, name, each) for each in keys)), None)

    def _find(self, collection: Collection, name: str) -> list[str]:
        word = "username" if collection.name == "users" else "name"
        page = collection.page(self.probe.call(), filter=render(Term(word, "eq", name)), limit=100)
        return [str(record["id"]) for record in page.records if _name(record) == name]

    def _delete(self, collection: str, name: str, key: str) -> Finding | None:
        try:
            self.probe.target.of(collection).delete(self.probe.call(), key)
        except NotThere:
            return None
        except (PingOneError, GivenUp) as error:
            return _undeleted(collection, name, error)
        return None


def _undeleted(collection: str, name: str, error: Exception) -> Finding:
    return fault(
        _WHERE,
        f"the {_ONE[collection]} {name}, made to try them, cannot be deleted: {error}",
        "delete it in PingOne's console, or run check --write with this population again",
    )


def _name(record: Native) -> str:
    return str(record.get("username") or record.get("name") or "")


def _made_at(record: Native) -> float | None:
    try:
        return dt.datetime.fromisoformat(str(record.get("createdAt"))).timestamp()
    except ValueError:
        return None
