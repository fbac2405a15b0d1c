"""Which rows of the tables have no attribute in the environment, so that PingOne drops what is written to them.

A bridge that serves looks once after each start and each reload, in the background, one process for all of a node; the
log, the health page and a figure say what was found. Knows no web framework. `check` says more of each row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any

import orjson

from scimbridge.mapping.tables.table import Table
from scimbridge.observe.logs import named
from scimbridge.pingone.errors import NoPermission, NotThere, PingOneError
from scimbridge.pingone.kinds import USERS, kind_named
from scimbridge.pingone.schema import MISSING, find_lack, read_schema
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target
from scimbridge.state.base import State

PATIENCE = 20.0  # seconds that one look may take
AGAIN = (5.0, 30.0, 120.0, 600.0)  # seconds between looks that fail, after which nobody looks any more
REMEMBERED = 24 * 3600.0  # seconds that what one process found is there for those of the same start
_LONGEST = PATIENCE + 5.0

log = named(__name__)


@dataclass(frozen=True, slots=True)
class LackingRow:
    """A row of which the environment keeps nothing: `why` is "missing" or "disabled"."""

    resource: str
    attribute: str  # the SCIM path
    why: str

    def describe(self) -> str:
        """Return it as people read it."""
        return f"{self.resource} {self.attribute} ({self.why})"


def find_lacking(tables: Mapping[str, Table], schema: Iterable[Mapping[str, Any]]) -> Iterator[LackingRow]:
    """Yield the rows that have no attribute in the user schema, or among the fields that PingOne keeps of a kind."""
    declared = read_schema(schema)
    for table in tables.values():
        kind = kind_named(table.type.name)
        for row in table.rows:
            if not row.to:
                continue
            if kind is USERS:
                why = find_lack(row.to, declared)
            else:
                written = row.writable and row.via is None and not kind.is_read_only
                why = MISSING if written and row.to[0] not in kind.writable else None
            if why is not None:
                yield LackingRow(kind.name, row.spelled, why)


class SchemaLook:
    """The look of one start. `start` names it: processes that are given the same name look once between them.

    `observe` is told each row that was found. `clock` counts seconds, `sleep` waits between looks that fail.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        target: Target,
        state: State,
        start: str,
        *,
        observe: Callable[[LackingRow], None],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._tables = tables
        self._target = target
        self._state = state
        self._key = f"schema-look:{start}"
        self._observe = observe
        self._clock = clock
        self._sleep = sleep
        self.rows: tuple[LackingRow, ...] | None = None
        self.ended = threading.Event()

    def begin(self) -> None:
        """Look, in a thread that holds nobody up."""
        threading.Thread(target=self._run, name="schema", daemon=True).start()

    def standing(self) -> dict[str, Any]:
        """Return what the health page says of it."""
        if self.rows is None:
            return {"schema": "not looked at"}
        if not self.rows:
            return {"schema": "fits"}
        return {"schema": "lacks attributes of rows", "rows": [row.describe() for row in self.rows]}

    def _run(self) -> None:
        try:
            for pause in (*AGAIN, None):
                try:
                    self._take_up(self._look_once())
                except PingOneError as error:
                    again = None if isinstance(error, NoPermission | NotThere) else pause
                    log.warning(
                        "PingOne's user schema could not be looked at",
                        reason=error.message, status=error.status, correlation=error.correlation, again_in=again,
                    )  # fmt: skip
                    if again is None:
                        return
                    self._sleep(again)
                else:
                    return
        finally:
            self.ended.set()

    def _look_once(self) -> tuple[LackingRow, ...]:
        """Return what this process found, or the one of this start that came first. Raises PingOne's errors."""
        with self._state.lock(f"{self._key}:turn", ttl=_LONGEST, wait=_LONGEST):
            kept = self._state.get(self._key)
            if kept is not None:
                return tuple(LackingRow(*row) for row in orjson.loads(kept))
            call = Call(deadline=self._clock() + PATIENCE, trace="scimbridge-start")
            found = tuple(find_lacking(self._tables, self._target.schema_attributes(call)))
            self._state.set(self._key, orjson.dumps([astuple(row) for row in found]), REMEMBERED)
            self._tell(found)
            return found

    def _take_up(self, rows: tuple[LackingRow, ...]) -> None:
        for row in rows:
            self._observe(row)
        self.rows = rows

    def _tell(self, rows: tuple[LackingRow, ...]) -> None:
        if not rows:
            log.info("every row has its attribute in PingOne")
            return
        log.error(
            "PingOne has no attribute for these rows, and drops what is written to them",
            rows=[row.describe() for row in rows], cure="scimbridge check says what to do about each",
        )  # fmt: skip
