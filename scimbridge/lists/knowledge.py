"""What the bridge has learnt of the directory that it speaks to, where the documentation is silent.

Whether PingOne compares a field with or without case decides whether a filter may be pushed down: pushed to a
directory that minds case, a filter of an attribute that does not would lose records. So it is asked once, with a value
that is there, written in the other case. What PingOne refuses to filter by is remembered and evaluated here instead.
"""

from __future__ import annotations

from collections.abc import Iterable

from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.pingone.errors import Misconfigured, NoPermission, PingOneError, Refused
from scimbridge.pingone.filters import Node, Term, render
from scimbridge.pingone.send import Call
from scimbridge.reach.unconfined import UnconfinedRecords
from scimbridge.sides import Native
from scimbridge.state.base import State

LEARNT = 24 * 3600.0  # seconds
UNDECIDED = 60.0  # seconds until a field without a usable value is looked at again
WIDER = 900.0  # seconds that a count is not believed, where an answer had more than it was asked for


class DirectoryKnowledge:
    """Case and filters of one collection, learnt when first needed and shared through `state`."""

    def __init__(self, collection: UnconfinedRecords, state: State, page_size: int) -> None:
        self._collection = collection
        self._state = state
        self._page_size = page_size

    def ignores_case(self, row: Row, op: str) -> bool | None:
        """Whether PingOne compares this field without case; None where nobody knows yet."""
        if row.caseless is not None:
            return row.caseless
        learnt = self._state.get(self._key("case", row, op))
        return None if learnt in (None, b"?") else learnt == b"1"

    def answers(self, row: Row, op: str) -> bool:
        """Whether PingOne answers this operator on this field, as far as is known."""
        return self._state.get(self._key("refused", row, op)) is None

    def learn_case(self, call: Call, doubtful: Iterable[tuple[Row, str]]) -> bool:
        """Find out what can be found out about case. Returns whether anything new is known.

        Costs one page of the collection and one filter for each field, once in a day.
        """
        unknown = [(row, op) for row, op in doubtful if self._state.get(self._key("case", row, op)) is None]
        if not unknown:
            return False
        sample = self._collection.page(call, filter=None, limit=self._page_size).records
        for row, op in unknown:
            learnt = self._probe(call, row, op, sample)
            ttl = UNDECIDED if learnt == b"?" else LEARNT
            self._state.set(self._key("case", row, op), learnt, ttl)
        return True

    def _probe(self, call: Call, row: Row, op: str, sample: list[Native]) -> bytes:
        for record in sample:
            value = read_field(record, row.to)
            if isinstance(value, str) and value.isascii() and value.swapcase() != value:
                asked = render(Term(row.native, op, value.swapcase()))
                try:
                    found = self._collection.page(call, filter=asked, limit=self._page_size)
                except Refused as error:
                    self.learn_refusal(error, [(row, op)])
                    return b"?"
                return b"1" if any(other["id"] == record["id"] for other in found.records) else b"0"
        return b"?"

    def learn_wider(self, pushed: Iterable[tuple[Row, str]], *, confined: bool) -> None:
        """Remember that PingOne's answer had more than it was asked for: its count is not the number of what was.

        `confined`: the condition on a client's populations was asked too, and is not for as long.
        """
        for row, op in pushed:
            self._state.set(self._key("wider", row, op), b"1", WIDER)
        if confined:
            self._state.set(self._confinement, b"0", WIDER)

    def is_wider(self, pushed: Iterable[tuple[Row, str]]) -> bool:
        """Whether answers to these were seen to have more than they were asked for."""
        return any(self._state.get(self._key("wider", row, op)) is not None for row, op in pushed)

    def learn_refusal(self, error: PingOneError, pushed: Iterable[tuple[Row, str]]) -> bool:
        """Remember what PingOne refused to filter by. Returns whether the filter was the reason."""
        if not error.has("INVALID_FILTER"):
            return False
        asked = list(pushed)
        supported = {str(name) for fault in error.faults for name in fault.inner.get("supportedAttributes", ())}
        guilty = [(row, op) for row, op in asked if row.native not in supported] if supported else asked
        for row, op in guilty or asked:
            self._state.set(self._key("refused", row, op), b"1", LEARNT)
        return bool(asked)

    def answers_confinement(self) -> bool:
        """Whether PingOne answers the condition on a client's populations, as far as is known."""
        return self._state.get(self._confinement) != b"0"

    def learn_confinement(self, call: Call, error: PingOneError, condition: Node | None) -> bool:
        """Find out whether a filter was refused for the condition on populations. Returns whether it was.

        Costs one call, once in a day: the condition is asked alone, so that no other part of a filter is blamed for it
        and it for none.
        """
        if condition is None or not error.has("INVALID_FILTER") or self._state.get(self._confinement) is not None:
            return False
        try:
            self._collection.page(call, filter=render(condition), limit=self._page_size)
        except Refused as refusal:
            if not refusal.has("INVALID_FILTER"):
                raise
            self._state.set(self._confinement, b"0", LEARNT)
            return True
        self._state.set(self._confinement, b"1", LEARNT)
        return False

    def check_numbers(self, call: Call, nobodys: Node, numbers: Iterable[tuple[int, int | None]]) -> None:
        """Hold PingOne to a filter on memberships, by how many came of how many that each of some groups says it has.

        More than expected, or where nobody knows, is looked into: see `check_heeded`. As many as expected for two
        groups of different size, asked at the same time, is what only a PingOne shows that minds the filter.
        """
        held = list(numbers)
        if any(came and (expected is None or came > expected) for came, expected in held):
            shown = len({came for came, expected in held if came == expected}) > 1
            self.check_heeded(call, nobodys, shown=shown)

    def check_heeded(self, call: Call, nobodys: Node, *, shown: bool = False) -> None:
        """Hold PingOne to a filter whose answer cannot be checked: what holds for nobody must find nobody.

        Costs one call, once in a day, and none where it was `shown` in another way. Raises `Misconfigured` where it
        finds somebody: then PingOne leaves the filter out, and its answer says nothing of who is linked to whom.
        """
        key = f"heeded:{self._collection.name}"
        held = self._state.get(key)
        if held is None:
            held = b"1" if shown or self._finds_nobody(call, nobodys) else b"0"
            self._state.set(key, held, LEARNT if held == b"1" else UNDECIDED)
        if held == b"0":
            raise Misconfigured(f"PingOne ignores the filter on memberships of {self._collection.name}")

    def _finds_nobody(self, call: Call, nobodys: Node) -> bool:
        try:
            return not self._collection.page(call, filter=render(nobodys), limit=self._page_size).records
        except Refused as error:
            if isinstance(error, NoPermission) or error.has("INVALID_FILTER"):
                raise
            return True  # the filter was read: there is no such group

    @property
    def _confinement(self) -> str:
        return f"confined:{self._collection.name}"

    def _key(self, kind: str, row: Row, op: str) -> str:
        return f"{kind}:{self._collection.name}:{row.native}:{op}"
