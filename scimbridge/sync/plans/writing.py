"""Writes a plan: head, lines and end, streamed, and there whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from scimbridge.sync.plans.encoding import FORMAT, NotInJson, encode_end, encode_head, encode_line
from scimbridge.sync.plans.lines import PlanEnd, PlanHead, PlanLine
from scimbridge.sync.plans.raw_lines import LONGEST, packed
from scimbridge.sync.plans.sealing import Sealing
from scimbridge.sync.plans.whole_files import written_whole

T = TypeVar("T")


class PlanNotWritten(Exception):
    """A plan that could not be written; what stood in its place before is still there. The message is for people."""


def write_plan(path: Path, head: PlanHead, lines: Iterable[PlanLine], secret: bytes) -> PlanEnd:
    """Write a plan, packed where `path` ends with .gz, and return its end. `secret` seals it.

    Raises `PlanNotWritten`, and whatever `lines` raises; then nothing was written.
    """
    try:
        with written_whole(path) as file, packed(file, path) as stream:
            begin = _encoded(encode_head, head, "the head")
            sealing, counts = Sealing(begin), Counter[str]()
            stream.write(begin)
            for line in lines:
                raw = _encoded(encode_line, line, f"the line of {line.key!r} ({line.do})")
                stream.write(raw)
                sealing.add(raw)
                counts[line.do] += 1
            _check(head, counts)
            end = sealing.end(secret)
            stream.write(encode_end(end))
    except OSError as error:
        raise PlanNotWritten(f"{path} cannot be written: {error.strerror or error}") from error
    return end


def _encoded(encode: Callable[[T], bytes], value: T, what: str) -> bytes:
    try:
        raw = encode(value)
    except NotInJson as error:
        raise PlanNotWritten(f"{what} cannot be written: {error}") from None
    if len(raw) > LONGEST:
        raise PlanNotWritten(f"{what} cannot be written: it has more than {LONGEST >> 20} MB")
    return raw


def _check(head: PlanHead, counts: Counter[str]) -> None:
    """Hold what the head says against the lines: who reads the head alone has to know how much it is."""
    if head.format != FORMAT:
        raise PlanNotWritten(f"the head names the format {head.format}, and lines are written in the format {FORMAT}")
    said = {kind: number for kind, number in head.counts.items() if number}
    if said != dict(counts):
        raise PlanNotWritten(f"the head counts {said} lines and there are {dict(counts)}")
