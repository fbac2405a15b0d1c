"""The operations as each client is served them: a `Room` holds what it sees, and costs nothing to make."""

from __future__ import annotations

import datetime as dt
from importlib.resources.abc import Traversable

from scimbridge.access.caller import Caller
from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.once.locks import ChangeLocks
from scimbridge.operations.answers import Answers
from scimbridge.operations.attempt import OperationParts
from scimbridge.operations.carrying_out import Room
from scimbridge.operations.reading import Catalogue, compile_operations
from scimbridge.operations.steps import ANSWER, CARRY, FUNCTIONS, SETTLE
from scimbridge.pingone.agreement_texts import AgreementTexts
from scimbridge.resources.assembly import Assembly
from scimbridge.resources.registry import Registry
from scimbridge.resources.tables import OPERATIONS, Tables, open_tables, read_operations
from scimbridge.trail.attempts import Trail


def open_catalogue(own: str | None) -> Catalogue:
    """Compile the shipped operations with an operator's text over them. Raises `TableFaults` with all that is wrong."""
    shipped = default_mappings().joinpath(OPERATIONS).read_text(encoding="utf-8")
    return compile_operations(shipped, own, FUNCTIONS)


def open_all_tables(folder: Traversable, offset: dt.timedelta) -> Tables:
    """Read and compile the tables of a folder, its operations too. Raises `TableFaults` with all that is wrong."""
    faults: list[str] = []
    tables = None
    try:
        open_catalogue(read_operations(folder))
    except TableFaults as error:
        faults = error.faults
    try:
        tables = open_tables(folder, offset)
    except TableFaults as error:
        faults = [*error.faults, *faults]
    if faults or tables is None:
        raise TableFaults(faults)
    return tables


class Rooms:
    """Makes the room of each request."""

    def __init__(
        self,
        catalogue: Catalogue,
        registry: Registry,
        around: OperationParts,
        turns: ChangeLocks,
        trail: Trail,
    ) -> None:
        self.catalogue = catalogue
        self._registry = registry
        self._around = around
        self._turns = turns
        self._trail = trail

    def to(self, caller: Caller) -> Room:
        """Return what a client is served."""
        endpoints = {each.name: each for each in self._registry.to(caller).endpoints.values()}
        answers = Answers(endpoints, ANSWER)
        return Room(self.catalogue, endpoints, self._around, self._turns, self._trail, answers, CARRY, SETTLE)


def open_rooms(
    own: str | None, registry: Registry, assembly: Assembly, texts: AgreementTexts, offset: dt.timedelta
) -> Rooms:
    """Return the operations of a bridge; `own` is the text of the operator's table. Raises as `open_catalogue`."""
    parts = assembly.parts
    shared = OperationParts(
        reach=assembly.reach, state=parts.state, secret=parts.secret, wall=parts.wall, clock=parts.clock,
        sleep=parts.sleep, fetch_text=texts.fetch, offset=offset,
    )  # fmt: skip
    return Rooms(open_catalogue(own), registry, shared, assembly.turns, parts.trail)
