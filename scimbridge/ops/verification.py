"""Whether the trail is whole: every record as it was written, and none missing, as far as that can be shown.

Reads one record at a time. Knows neither settings nor how the answer is shown, and believes nothing that the bridge
keeps besides: ends of chains that somebody kept elsewhere are given to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from scimbridge.observe.audit import Unwritable, stamp
from scimbridge.observe.audit_chain import ChainEnd
from scimbridge.observe.audit_check import ChainCheck, ChainFault, ends_by_chain
from scimbridge.observe.audit_end import KeptEnd, path_of_end, read_end
from scimbridge.observe.audit_files import in_order, lines_in, object_in
from scimbridge.ops.audit import Unsearchable, Where, files_in, open_database, unreadable

if TYPE_CHECKING:
    from scimbridge.observe.audit_stored import StoredRecords

WHOLE, BROKEN, OPEN = 0, 1, 3
"""Exit codes: nothing is missing; something is; nothing is known to be missing, and not all can be shown."""


@dataclass(frozen=True, slots=True)
class KeptChainEnd:
    """Where a chain ended, to be kept elsewhere: its last record, and that record's time."""

    chain: str
    sequence: int
    hash: str
    time: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. `records` are linked, `unlinked` are of a version that had no chains, `broken` are no records.

    `faults` are the first of `count`. `unproven` is what could not be shown, `remarks` what is as it may be. `ends` are
    where the chains end, to be kept elsewhere.
    """

    records: int
    unlinked: int
    broken: int
    count: int
    faults: tuple[ChainFault, ...]
    unproven: tuple[str, ...]
    remarks: tuple[str, ...]
    ends: tuple[KeptChainEnd, ...]

    @property
    def grade(self) -> int:
        """The exit code that says it."""
        return BROKEN if self.count else OPEN if self.unproven else WHOLE


def read_kept(path: Path) -> list[KeptChainEnd]:
    """Read the ends that an earlier `audit --verify --json` wrote. Raises `Unsearchable`."""
    try:
        held = orjson.loads(path.read_bytes())
        return [
            KeptChainEnd(str(one["chain"]), int(one["sequence"]), str(one["hash"]), str(one["time"]))
            for one in held["ends"]
        ]
    except OSError as error:
        raise Unsearchable(f"the file {path} cannot be read ({os.strerror(error.errno or 0)})") from None
    except (ValueError, TypeError, KeyError):
        raise Unsearchable(f"the file {path} is not what `scimbridge audit --verify --json` wrote") from None


def verify(where: Where, kept: Iterable[KeptChainEnd] = (), since: datetime | None = None) -> Verification:
    """Look at every record. Raises `Unsearchable` where there is no trail, or where it cannot be read."""
    start = "" if since is None else stamp(since.timestamp())
    known = ends_by_chain(ChainEnd(one.chain, one.sequence, one.hash) for one in kept if one.time >= start)
    check = ChainCheck(known, start)
    unproven: list[str] = []
    remarks: list[str] = [f"records before {start} are not looked at"] if start else []
    in_database = where.database is not None and not where.files
    if in_database and where.database is not None:
        broken = 0
        _verify_database(where.database, check)
        remarks += [] if known else [_NO_END]
    else:
        broken = _verify_files(where, check, unproven, remarks, is_kept=bool(known))
    for end in known.values():
        check.end_at(end, "at its end")
    _hold_claims(check, unproven, is_all_here=in_database and not start)
    unproven += check.unseen.values()
    if check.unlinked:
        unproven.append(f"{check.unlinked} records have no hash: a version of the bridge without chains wrote them")
    if broken:
        remarks.append(f"{broken} lines are no records; a full disk or a crash may have cut them off")
    ends = (KeptChainEnd(seen.end.chain, seen.end.sequence, seen.end.hash, seen.time) for seen in check.ends.values())
    return Verification(
        check.linked,
        check.unlinked,
        broken,
        check.count,
        tuple(check.faults),
        tuple(unproven),
        tuple(remarks),
        tuple(ends),
    )


_NO_END = (
    "records taken from the end, or chains taken as a whole, are not missed by this: keep what --verify --json says"
    " elsewhere, and give it with --against the next time"
)


def _verify_database(url: str, check: ChainCheck) -> None:
    try:
        with closing(open_database(url)) as database:
            _take_rows(database.stored, check)
    except (Unwritable, ValueError) as error:
        raise Unsearchable(f"SCIMBRIDGE_AUDIT_DATABASE cannot be read: {error}") from None


def _take_rows(stored: StoredRecords, check: ChainCheck) -> None:
    try:
        for told, is_found in stored.linked():
            where = f"record {told.get('id')} ({told.get('result')})"
            check.take(told, where)
            if "chain" in told and not is_found:
                check.fault(where, "the column `members`, by which it is found, is not what the record says")
    except ValueError:
        check.fault("the database", "a row holds what no bridge has written; what comes behind it was not looked at")
    for fault in stored.index_faults():
        check.fault("the database", fault)


@dataclass(frozen=True, slots=True)
class FileLines:
    """What the lines of a file were besides records."""

    broken: int
    is_unfinished: bool


def _verify_files(where: Where, check: ChainCheck, unproven: list[str], remarks: list[str], *, is_kept: bool) -> int:
    """Look at files, and at the ends of chains that are kept beside them; return how many lines are no records."""
    try:
        files = files_in(where)
        lines = {path: _take_lines(path, check) for path in in_order(files)}
        written = list(where.files) or [Path(where.file or "")]
        ends = {path: kept for path in written if (kept := read_end(path)) is not None}
        for path, kept in ends.items():
            _hold_to_end(path, kept, check, unproven, is_unfinished=path in lines and lines[path].is_unfinished)
    except (OSError, EOFError) as error:
        raise unreadable(where, error) from None
    remarks += [
        f"the last line of {path} is not finished: it is being written, or a full disk or a crash cut it off"
        for path, each in lines.items()
        if each.is_unfinished
    ]
    unproven += check.lost
    remarks += check.cut
    if check.linked and not is_kept and not ends:
        if where.files:
            remarks.append(_NO_END)
        else:
            unproven.append(f"{path_of_end(written[0])} is not there, so lines taken from the end are not missed")
    return sum(each.broken for each in lines.values())


def _hold_to_end(path: Path, kept: KeptEnd, check: ChainCheck, unproven: list[str], *, is_unfinished: bool) -> None:
    """Hold a chain to the end that is kept beside the file it was written to."""
    found = path.stat() if path.exists() else None
    is_new = found is None or (not found.st_size and found.st_ino != kept.inode)  # rotated, and nothing written since
    if is_new and kept.end.chain not in check.ends:
        unproven.append(f"records up to {kept.end.sequence} of chain {kept.end.chain} are in files that are not here")
    else:
        check.end_at(kept.end, str(path_of_end(path)), may_be_cut=is_unfinished)


def _take_lines(path: Path, check: ChainCheck) -> FileLines:
    broken = 0
    line = b"\n"
    for number, line in enumerate(lines_in(path), 1):
        if not line.strip():
            continue
        held = object_in(line)
        if held is None or not {"id", "time", "verb", "result"} <= held.keys():
            broken += 1
        else:
            check.take(held, f"{path}:{number}")
    is_unfinished = not line.endswith(b"\n")
    return FileLines(broken - (is_unfinished and object_in(line) is None), is_unfinished)


def _hold_claims(check: ChainCheck, unproven: list[str], *, is_all_here: bool) -> None:
    """Hold chains to the ends that others name."""
    for claim in check.claims.values():
        if claim.chain in check.ends or is_all_here:
            check.end_at(claim, "named by another chain")
        elif not check.since:
            unproven.append(f"chain {claim.chain}, which another names, is not here")
