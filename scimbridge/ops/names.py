"""NameLookup of users and groups, looked up at PingOne for the length of one command: records have ids alone.

A look-up that fails leaves the id. Does not know how names are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from scimbridge.bridge import Surroundings, open_connection, open_target
from scimbridge.observe.audit import Record
from scimbridge.pingone.errors import NotThere, PingOneError
from scimbridge.pingone.filters import Term, render
from scimbridge.pingone.kinds import GROUPS, USERS, Kind
from scimbridge.pingone.send import Call
from scimbridge.reach.unconfined import Unconfined
from scimbridge.request.ids import is_id
from scimbridge.settings.declared import Settings
from scimbridge.state.memory import MemoryState

SEEN = (USERS, GROUPS)
MOST = 500  # ids that are looked up for one answer
AT_A_TIME = 8
PATIENCE = 10.0  # seconds for all of them


@contextmanager
def looking_up(settings: Settings, around: Surroundings | None = None) -> Iterator[NameLookup]:
    """Have a connection to the environment that the settings name, for the length of one command."""
    around = replace(around or Surroundings(), timeout=PATIENCE / 2)
    state = MemoryState(around.clock)  # of its own: nothing of what the bridges know is needed here
    connection = open_connection(settings, state, around)
    try:
        yield NameLookup(Unconfined(open_target(connection, state, around)), around.clock)
    finally:
        connection.close()


class Nameless(Exception):
    """A name that nobody has, or that cannot be looked up; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class LookedUpNames:
    """NameLookup by id; `trouble` says why others could not be looked up, where they could not."""

    names: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None


class NameLookup:
    """Looks up names in one environment. `clock` counts seconds."""

    def __init__(self, records: Unconfined, clock: Callable[[], float]) -> None:
        self._records = records
        self._clock = clock

    def ids_of(self, resource: str, name: str) -> frozenset[str]:
        """Return the ids of the resources of a type that have a name now. Raises `Nameless`."""
        kind = next(each for each in SEEN if each.name == resource)
        asked = render(Term(str(kind.unique), "eq", name))
        try:
            page = self._records.of(kind.collection).page(self._call(), filter=asked, limit=100)
        except PingOneError as error:
            raise Nameless(f"the {kind.name.lower()} {name!r} could not be looked up at PingOne: {error}") from None
        found = frozenset(record["id"].lower() for record in page.records)
        if not found:
            msg = (
                f"PingOne has no {kind.name.lower()} with the name {name!r} now;"
                " one that was deleted or renamed is found by its id"
            )
            raise Nameless(msg)
        return found

    def look_up(self, records: Iterable[Record]) -> LookedUpNames:
        """Return the names of all that some records are about, as far as PingOne has them now."""
        ids = _ids_in(records)
        call = self._call()
        found: dict[str, str] = {}
        trouble = None
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            for (key, _kinds), answer in zip(
                ids[:MOST], pool.map(lambda each: self._name(call, *each), ids[:MOST]), strict=True
            ):
                if isinstance(answer, PingOneError):
                    trouble = trouble or str(answer)
                elif answer is not None:
                    found[key] = answer
        if trouble is None and len(ids) > MOST:
            trouble = f"{len(ids) - MOST} more than {MOST} ids were not looked up"
        return LookedUpNames(found, trouble)

    def _call(self) -> Call:
        return Call(deadline=self._clock() + PATIENCE)

    def _name(self, call: Call, key: str, kinds: tuple[Kind, ...]) -> str | PingOneError | None:
        for kind in kinds:
            try:
                name = self._records.of(kind.collection).read(call, key).get(str(kind.unique))
            except NotThere:
                continue
            except PingOneError as error:
                return error
            return name if isinstance(name, str) else None
        return None


def _ids_in(records: Iterable[Record]) -> list[tuple[str, tuple[Kind, ...]]]:
    """Return each id that records name, with the kinds that it may be of, the likeliest first."""
    own = {USERS.name: (USERS,), GROUPS.name: (GROUPS,)}
    found: dict[str, tuple[Kind, ...]] = {}
    for record in records:
        if is_id(record.key) and record.resource in own:
            found[record.key] = own[record.resource]
        for key in record.others:
            if key == record.part:  # a session, a role: few have a name to be looked up
                continue
            found.setdefault(key, (GROUPS,) if key in record.groups_left else SEEN)
    return list(found.items())
