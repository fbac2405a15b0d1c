"""Which trace a request belongs to, as the headers traceparent and tracestate say it (W3C Trace Context). Pure.

What is malformed is ignored, as the recommendation demands: a traceparent takes the tracestate with it, a tracestate
goes alone. Knows no request and no span.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?")
_NO_VERSION = "ff"
_PRESENT = "00"
_SAMPLED = 0x01  # of the flags of a later version nothing else is known
_MEMBER = re.compile(r"([a-z0-9][a-z0-9_\-*/@]{0,255})=[ -+\--<>-~]{0,255}[!-+\--<>-~]")
_MOST_MEMBERS = 32
_LONGEST_PARENT = 512  # characters: a later version may say more than this one
_LONGEST_STATE = 512  # characters: what has to be passed on at least; more is cut off at a member
_LONGEST_READ = 16_384


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A trace as a request brought it: `parent` and `state` are what is passed on, `state` "" where there is none."""

    trace_id: str
    parent: str
    state: str = ""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of whatever is sent within the trace."""
        parent = ("traceparent", self.parent)
        return (parent, ("tracestate", self.state)) if self.state else (parent,)


def read_trace(parent: str | None, state: str | None = None) -> TraceContext | None:
    """Return the trace that the headers name; None where there is none, or the traceparent is malformed."""
    found = _PARENT.fullmatch((parent or "").strip(" \t")[: _LONGEST_PARENT + 1])
    if found is None or len(found[0]) > _LONGEST_PARENT:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == _NO_VERSION or (version == _PRESENT and more is not None):
        return None
    if not trace_id.strip("0") or not span_id.strip("0"):
        return None
    if version != _PRESENT:  # a later version is read as this one, and written so
        flags = f"{int(flags, 16) & _SAMPLED:02x}"
    return TraceContext(trace_id, f"{_PRESENT}-{trace_id}-{span_id}-{flags}", _read_state(state or ""))


def _read_state(text: str) -> str:
    """Return the members of a tracestate in their order, as far as they are to be passed on; "" if it is malformed."""
    if len(text) > _LONGEST_READ:
        return ""
    members = [member for part in text.split(",") if (member := part.strip(" \t"))]
    matches = [_MEMBER.fullmatch(member) for member in members]
    keys = {found[1] for found in matches if found is not None}
    if len(members) > _MOST_MEMBERS or len(keys) < len(members):
        return ""
    kept = ",".join(members)
    while len(kept) > _LONGEST_STATE:
        kept = kept.rpartition(",")[0]
    return kept
