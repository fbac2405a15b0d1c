"""The journal of an apply: a file beside the plan that says what was begun and what became of it.

Lines of JSON, only ever appended: one that opens each apply, one for each block that is begun, one for each line that
is settled, one at an end. A block is begun on the disk before its first call is sent. After a process is killed, what
is settled stays so, and what was begun is judged again by reading: the journal never says that something was not done.
Knows the file and no line of a plan.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import orjson

from scimbridge.sync.applying.values import ALREADY, DONE, AlreadyUnderWay, ApplyRefused

FORMAT = 1
SETTLED = (DONE, ALREADY)
"""What need not be looked at again; what drifted, failed or was skipped may have become right meanwhile."""


def journal_of(plan: Path) -> Path:
    """Return where the journal of a plan lies."""
    return plan.with_name(f"{plan.name}.journal")


@dataclass(slots=True)
class PastApplies:
    """What a journal holds of earlier applies: kind -> places of the lines that are settled, and that were begun only.

    `made` are the ids of what lines made or found, `allow` what was allowed.
    """

    settled: dict[str, set[int]] = field(default_factory=dict)
    begun: dict[str, set[int]] = field(default_factory=dict)
    made: dict[str, dict[int, str]] = field(default_factory=dict)
    allow: dict[str, int] = field(default_factory=dict)

    def take(self, said: Mapping[str, Any]) -> None:
        """Take one line in. Raises KeyError and TypeError for what is none."""
        if "begun" in said:
            self.begun.setdefault(said["begun"], set()).update(said["places"])
        elif "do" in said:
            do, place = said["do"], said["place"]
            settled = self.settled.setdefault(do, set())
            settled.add(place) if said["result"] in SETTLED else settled.discard(place)
            self.begun.get(do, set()).discard(place)
            if "id" in said:
                self.made.setdefault(do, {})[place] = said["id"]
        elif "apply" in said:
            self.allow |= said["allow"]
        elif "ended" not in said:
            raise KeyError("ended")


class ApplyJournal:
    """One open journal; safe for threads. `past` is what it held when it was opened."""

    def __init__(self, file: BinaryIO, past: PastApplies) -> None:
        self.past = past
        self._file = file
        self._lock = Lock()

    def open(self, *, user: str, allow: Mapping[str, int], at: float) -> None:
        """Say that an apply begins, by whom, and what he allows."""
        self._append({"apply": at, "user": user, "allow": dict(allow)}, sync=True)

    def begin(self, do: str, places: Iterable[int]) -> None:
        """Say that these lines are begun; when this returns, that is on the disk, and what was said before it too."""
        self._append({"begun": do, "places": list(places)}, sync=True)

    def settle(self, do: str, place: int, result: str, *, made: str | None = None, why: str = "") -> None:
        """Say what became of a line. It is on the disk with the next block."""
        said: dict[str, Any] = {"do": do, "place": place, "result": result}
        self._append(said | ({"id": made} if made else {}) | ({"why": why} if why else {}), sync=False)

    def close(self, *, at: float, stopped: str) -> None:
        """Say that an apply has ended, and why before its time."""
        self._append({"ended": at, "stopped": stopped}, sync=True)

    def _append(self, said: Mapping[str, Any], *, sync: bool) -> None:
        with self._lock:
            self._file.write(orjson.dumps(said) + b"\n")
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())


def read_journal(path: Path, plan: str) -> PastApplies:
    """Return what the journal of the plan of this id holds, nothing where there is none; it is not held for anybody.

    Raises `ApplyRefused` for the journal of another plan or a damaged one, and OSError.
    """
    try:
        return _read(path, plan)[0]
    except FileNotFoundError:
        return PastApplies()


def is_held(path: Path) -> bool:
    """Whether a process has this journal open, which applies its plan."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def open_journal(path: Path, plan: str) -> Iterator[ApplyJournal]:
    """Open the journal of the plan of this id, which is made where there is none; held for this process alone.

    Raises `ApplyRefused` for the journal of another plan or a damaged one, `AlreadyUnderWay`, and OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as raw:
        try:
            fcntl.flock(raw, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"another process applies this plan at the moment: it holds {path.name}"
            raise AlreadyUnderWay(msg) from None
        past, whole = _read(path, plan)
        raw.truncate(whole)  # what was cut off in the middle of a line was never said
        with os.fdopen(os.dup(descriptor), "ab") as file:
            if not whole:
                file.write(orjson.dumps({"journal": FORMAT, "plan": plan}) + b"\n")
            yield ApplyJournal(file, past)


def _read(path: Path, plan: str) -> tuple[PastApplies, int]:
    """Return what a journal holds, and how many bytes of it are whole lines."""
    past, whole = PastApplies(), 0
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                break
            try:
                said = orjson.loads(text)
                if number == 1:
                    _check_head(said, plan, path)
                else:
                    past.take(said)
            except (ValueError, KeyError, TypeError) as error:
                msg = f"{path}: line {number} is no line of a journal; move the file away, and all is judged by reading"
                raise ApplyRefused(msg) from error
            whole += len(text)
    return past, whole


def _check_head(said: Mapping[str, Any], plan: str, path: Path) -> None:
    if said["journal"] != FORMAT:
        raise ApplyRefused(f"{path} is a journal of format {said['journal']}, and this version writes {FORMAT}")
    if said["plan"] != plan:
        msg = f"{path} is the journal of another plan ({said['plan']}); move it away, or apply that plan"
        raise ApplyRefused(msg)
