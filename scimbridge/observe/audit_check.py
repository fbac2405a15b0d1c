"""Whether records are as they were written, and none is missing: the links of `audit_chain` looked at one by one.

Takes the records of each chain in their order, and chains among each other as they come. Knows neither files nor
databases, and keeps of each chain its end alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scimbridge.observe.audit_chain import CUT, FILE, ChainEnd, digest

MOST_FAULTS = 100  # that are described; all are counted


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Something that is not as it was written: where, and what."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class SeenEnd:
    """The last record of a chain that was seen, its moment, and where it stands."""

    end: ChainEnd
    time: str
    where: str


@dataclass(slots=True)
class ChainCheck:
    """Looks at records one after the other.

    `kept` are ends of chains that were kept elsewhere. `since`: a chain may begin with any record of that moment or
    later; those before are not looked at. `linked` and `unlinked` count records, the second those of a version that had
    no chains; `faults` are the first of `count`. `unseen` says what begins before what is here, by chain,
    `cut` which records a crash cut off, as those behind them say, and `lost` those of which nothing says how they were.
    """

    kept: Mapping[str, ChainEnd] = field(default_factory=dict)
    since: str = ""
    linked: int = 0
    unlinked: int = 0
    count: int = 0
    faults: list[ChainFault] = field(default_factory=list)
    unseen: dict[str, str] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    ends: dict[str, SeenEnd] = field(default_factory=dict)
    claims: dict[str, ChainEnd] = field(default_factory=dict)

    def fault(self, where: str, what: str) -> None:
        """Note that something is not as it was written."""
        self.count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(ChainFault(where, what))

    def take(self, told: Mapping[str, Any], where: str) -> None:
        """Look at a record as JSON."""
        if not {"chain", "sequence", "hash"} & told.keys():
            self.unlinked += 1
            return
        end = _read_end(told)
        if end is None:
            self.fault(where, "the record has lost its place in the chain or its hash")
            return
        time = str(told.get("time", ""))
        last = self.ends.get(end.chain)
        if last is None and time < self.since:
            return
        self.linked += 1
        if not _is_as_written(told):
            self.fault(where, f"record {_name(end)} was changed after it was written")
        if last is None:
            self._begin(told, end, where)
        elif not self._follow(told, end, last.end, where):
            return
        self._hold_to_kept(end, where)
        self._note_claims(told.get("after"))
        self.ends[end.chain] = SeenEnd(end, time, where)

    def end_at(self, end: ChainEnd, where: str, *, may_be_cut: bool = False) -> None:
        """Hold a chain to an end that somebody has kept: it has to go as far, and to be the same there.

        `may_be_cut`: there is a line without its end, which may be that of the last record.
        """
        seen = self.ends.get(end.chain)
        if seen is None:
            self.fault(where, f"chain {end.chain} had {end.sequence} records, and none of them is here")
        elif may_be_cut and seen.end.sequence + 1 == end.sequence:
            self.lost.append(
                f"record {end.sequence} of chain {end.chain} is cut off in its line, the last one:"
                " by a power failure, or by somebody's hand"
            )
        elif seen.end.sequence < end.sequence:
            lost = _span(seen.end.sequence + 1, end.sequence, end)
            self.fault(where, f"{lost} missing at its end, behind {seen.where}")
        elif seen.end.sequence == end.sequence and seen.end.hash != end.hash:
            self.fault(seen.where, f"record {_name(end)} is another than the one that was kept as the end")

    def _begin(self, told: Mapping[str, Any], end: ChainEnd, where: str) -> None:
        """Look at the first record of a chain that is here."""
        before = end.sequence - 1
        if not before and not told.get("previous"):
            return
        kept = self.kept.get(end.chain)
        if self.since or (kept is not None and before <= kept.sequence):
            return
        if told.get("begins") == FILE:
            self.unseen[end.chain] = f"{_span(1, before, end)} in files that are not here"
        else:
            self.fault(where, f"{_span(1, before, end)} missing before it")

    def _follow(self, told: Mapping[str, Any], end: ChainEnd, last: ChainEnd, where: str) -> bool:
        """Hold a record to the one before it; return whether it is the new end."""
        if end.sequence <= last.sequence:
            self.fault(
                where, f"record {_name(end)} stands behind record {last.sequence}: it was moved, or is here twice"
            )
            return False
        if end.sequence == last.sequence + 2 and told.get("begins") == CUT:
            self.cut.append(
                f"record {last.sequence + 1} of chain {end.chain} was cut off in its line, as the next says"
            )
        elif end.sequence > last.sequence + 1:
            self.fault(where, f"{_span(last.sequence + 1, end.sequence - 1, end)} missing before it")
        elif told.get("previous") != last.hash:
            self.fault(where, f"record {_name(end)} was not written behind the one that stands before it")
        return True

    def _hold_to_kept(self, end: ChainEnd, where: str) -> None:
        kept = self.kept.get(end.chain)
        if kept is not None and kept.sequence == end.sequence and kept.hash != end.hash:
            self.fault(where, f"record {_name(end)} is another than the one that was kept")

    def _note_claims(self, after: Any) -> None:
        """Remember the ends of other chains that a record names."""
        for text in after if isinstance(after, list) else ():
            try:
                claim = ChainEnd.from_text(text)
            except (ValueError, AttributeError):
                continue  # the hash of the record says that it was changed
            known = self.claims.get(claim.chain)
            if known is None or known.sequence < claim.sequence:
                self.claims[claim.chain] = claim


def ends_by_chain(ends: Iterable[ChainEnd]) -> dict[str, ChainEnd]:
    """Return the furthest end of each chain."""
    return {end.chain: end for end in sorted(ends, key=lambda end: end.sequence)}


def _read_end(told: Mapping[str, Any]) -> ChainEnd | None:
    chain, sequence, hashed = told.get("chain"), told.get("sequence"), told.get("hash")
    if not isinstance(chain, str) or type(sequence) is not int or sequence < 1 or not isinstance(hashed, str):
        return None
    return ChainEnd(chain, sequence, hashed)


def _is_as_written(told: Mapping[str, Any]) -> bool:
    try:
        return digest(told) == str(told["hash"])
    except TypeError:  # a number that no record has
        return False


def _name(end: ChainEnd) -> str:
    return f"{end.sequence} of chain {end.chain}"


def _span(first: int, last: int, end: ChainEnd) -> str:
    which = f"record {first}" if first == last else f"records {first} to {last}"
    return f"{which} of chain {end.chain} {'is' if first == last else 'are'}"
