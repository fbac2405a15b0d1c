"""Opens a plan: all of it is read and held against its end line before a single line is believed.

Its lines can then be gone through as often as wanted, streamed. What was verified is remembered as one hash for each
block of lines, and a block is held against it before a line of it is given, so that a file which is changed between two
readings is refused too. Knows what is expected of a plan, and not what becomes of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scimbridge.sync.plans.encoding import END_MARK, Unknown, decode_end, decode_format, decode_head, decode_line
from scimbridge.sync.plans.expecting import (
    Expected,
    PlanRefused,
    check_environment,
    check_expected,
    check_format,
    check_seal,
)
from scimbridge.sync.plans.lines import PlanEnd, PlanHead, PlanLine
from scimbridge.sync.plans.raw_lines import Damaged, read_lines
from scimbridge.sync.plans.sealing import Sealing

_BLOCK_LINES, _BLOCK_BYTES = 256, 1 << 20
_ANEW = "copy it again, or make the plan anew"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan that was found whole. `is_sealed`: its seal was looked at too, and is the bridge's own."""

    path: Path
    head: PlanHead
    end: PlanEnd
    is_sealed: bool
    _blocks: tuple[bytes, ...] = field(repr=False)

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        """Yield the lines in their order; only those that do one of `kinds`, where any are named.

        Raises `PlanRefused` where the file is no longer what was opened.
        """
        for number, raw in enumerate(self._verified(), 1):
            if 1 < number <= self.end.lines + 1:
                try:
                    line = decode_line(raw)
                except Unknown as error:
                    raise PlanRefused(f"{self.path}: line {number} cannot be read: {error}") from None
                if not kinds or line.do in kinds:
                    yield line

    def _verified(self) -> Iterator[bytes]:
        known = iter(self._blocks)
        try:
            for block in _in_blocks(read_lines(self.path)):
                if _hash(block) != next(known, b""):
                    raise _changed(self.path)
                yield from block
        except (OSError, Damaged) as error:
            raise _changed(self.path) from error
        if next(known, None) is not None:
            raise _changed(self.path)


def open_plan(path: Path, secret: bytes | None, expected: Expected | None = None) -> PlanFile:
    """Open a plan that is whole, sealed by `secret` and what is `expected`. Raises `PlanRefused`.

    Without `secret` the seal is not looked at: that is enough to look at the plan, and never to apply it, which is what
    gives `expected`.
    """
    if expected is not None and secret is None:
        raise ValueError("a plan is applied only where its seal can be looked at")
    head, end, blocks = _verify(path)
    if expected is not None:  # before the seal, which is another one in another environment
        check_environment(path, head, expected.environment)
    if secret is not None:
        check_seal(path, end, secret)
    if expected is not None:
        check_expected(path, head, expected)
    plan = PlanFile(path, head, end, secret is not None, blocks)
    for _line in plan.lines():  # what cannot be understood is found before the first change, not in the midst of them
        pass
    return plan


def looks_like_plan(path: Path) -> bool:
    """Whether a file begins as a plan of some version does. Raises OSError."""
    try:
        decode_format(next(read_lines(path), b""))
    except (Damaged, Unknown):
        return False
    return True


# -- the whole file, before anything of it is believed -----------------------------------------------------------------


def _verify(path: Path) -> tuple[PlanHead, PlanEnd, tuple[bytes, ...]]:
    """Read the file once, and return head, end and the hashes of its blocks. Raises `PlanRefused`."""
    verifying = _Verifying(path)
    hashes = []
    try:
        for block in _in_blocks(read_lines(path)):
            for raw in block:
                verifying.take(raw)
            hashes.append(_hash(block))
    except OSError as error:
        raise PlanRefused(f"{path} cannot be read: {error.strerror or error}") from None
    except Damaged as error:
        raise PlanRefused(f"{path} {error}") from None
    head, end = verifying.finish()
    return head, end, tuple(hashes)


class _Verifying:
    """What was seen of a file so far: a head, then lines, then one end, then nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin = b""
        self._sealing: Sealing | None = None
        self._end = b""

    def take(self, raw: bytes) -> None:
        if self._sealing is None:
            check_format(self._path, raw)
            self._begin, self._sealing = raw, Sealing(raw)
        elif self._end:
            raise self._beyond(raw)
        elif raw.startswith(END_MARK):
            self._end = raw
        else:
            self._sealing.add(raw)

    def finish(self) -> tuple[PlanHead, PlanEnd]:
        if self._sealing is None:
            raise PlanRefused(f"{self._path} is empty and so no plan")
        lines = self._sealing.lines
        if not self._end or not self._end.endswith(b"\n"):
            what = "it has no end line" if not self._end else "its end line has no end"
            raise PlanRefused(f"{self._path} is not whole: after {lines} lines {what}; {_ANEW}")
        try:
            end = decode_end(self._end)
        except Unknown as error:
            raise PlanRefused(f"{self._path}: its end line was changed: {error}; {_ANEW}") from None
        if end.lines != lines:
            raise PlanRefused(
                f"{self._path}: its end line counts {end.lines} lines and there are {lines}: lines were added or taken"
                f" away; {_ANEW}"
            )
        if end.digest != self._sealing.digest:
            raise PlanRefused(
                f"{self._path} was changed after it was written: the hash of its lines is not that of its end line; a"
                " plan is not edited: change the rules or the source, or leave lines out with --only and --just, and"
                " plan again"
            )
        try:
            return decode_head(self._begin), end
        except Unknown as error:
            raise PlanRefused(f"{self._path}: its head cannot be read: {error}") from None

    def _beyond(self, raw: bytes) -> PlanRefused:
        lines = 0 if self._sealing is None else self._sealing.lines
        at = f"line {lines + 2}"
        if raw.startswith(END_MARK):
            return PlanRefused(f"{self._path} has a second end line after that of {at}; {_ANEW}")
        return PlanRefused(f"{self._path} goes on after its end line, which is {at}: something was appended; {_ANEW}")


def _in_blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for raw in lines:
        block.append(raw)
        size += len(raw)
        if len(block) == _BLOCK_LINES or size >= _BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _hash(block: list[bytes]) -> bytes:
    return hashlib.sha256(b"".join(block)).digest()


def _changed(path: Path) -> PlanRefused:
    return PlanRefused(f"{path} was changed while it was in use; nothing more of it is read: {_ANEW}")
