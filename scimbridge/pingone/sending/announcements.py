"""What the log says when something between this node and PingOne goes wrong, and when that is over: one line each.

Knows the sentences and their levels; when one is due is known to the conditions.
"""

from __future__ import annotations

from dataclasses import dataclass

from scimbridge.observe.logs import named
from scimbridge.pingone.sending.conditions import (
    CIRCUIT,
    FORBIDDEN,
    PAUSED,
    THROTTLED,
    TOKEN,
    UNREACHABLE,
    Change,
)

_log = named(__name__)


@dataclass(frozen=True, slots=True)
class _Sentences:
    begins: str
    ends: str
    remedy: str
    is_error: bool = True


_SENTENCES = {
    CIRCUIT: _Sentences(
        "circuit opened: PingOne does not answer, calls fail at once",
        "circuit closed: PingOne answers again",
        "nothing to do here while PingOne is down; if it is not, `scimbridge check` looks at the way there",
    ),
    UNREACHABLE: _Sentences(
        "PingOne does not answer", "PingOne answers again", "`scimbridge check` looks at the way to PingOne"
    ),
    TOKEN: _Sentences(
        "token refused: PingOne does not let the worker application in",
        "token good again",
        "look at the worker application in PingOne: enabled, its secret, its roles; after a change of settings, SIGHUP",
    ),
    THROTTLED: _Sentences(
        "throttled by PingOne", "no longer throttled by PingOne",
        "lower SCIMBRIDGE_PINGONE_RATE if this returns", is_error=False,
    ),
    PAUSED: _Sentences(
        "PingOne asks for a long pause: requests are answered at once until it is over", "the pause of PingOne is over",
        "nothing; clients are told when to come back", is_error=False,
    ),
    FORBIDDEN: _Sentences(
        "forbidden by PingOne", "allowed by PingOne again",
        "give the worker application the role for it; `scimbridge check` says which",
    ),
}  # fmt: skip


def announce(change: Change) -> None:
    """Write the line of a change."""
    what, _space, call = change.what.partition(" ")
    sentences = _SENTENCES[f"{what} " if call else what]
    facts = {"call": call} if call else {}
    if change.begins:
        write = _log.error if sentences.is_error else _log.warning
        write(sentences.begins, **facts, **change.facts, remedy=sentences.remedy)
    else:
        facts |= {name: change.facts[name] for name in ("host",) if name in change.facts}
        _log.warning(sentences.ends, **facts, seconds=round(change.seconds, 1))
