"""The seam: what goes to PingOne, what comes back, and the one function type that every layer has.

A layer takes a `Send` and is one. Pure data, no I/O. Knows neither collections nor SCIM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """What a request to the bridge brings along to every call that is made for it.

    `deadline` is a value of the same clock that the layers were made with; after it nobody waits any more.
    `trace` goes out as X-Ping-External-Transaction-ID, `context` as the headers that it is (W3C Trace Context).
    `client` is who asks, for fairness. `urgent` goes before others (disables and deletes), `background` behind them:
    nobody waits for its answer. `heard` is told every
    Correlation-Id. `turns` is what the request holds exclusively at the moment: each says whether it may be another's
    by now, and then nothing more is sent. `origin` is the same object for all calls of one request.
    """

    deadline: float = float("inf")
    trace: str = ""
    client: str = ""
    urgent: bool = False
    background: bool = False
    heard: Callable[[str], None] | None = field(default=None, compare=False)
    turns: list[Callable[[], bool]] = field(default_factory=list, compare=False, repr=False)
    origin: object = field(default_factory=object, compare=False, repr=False)
    context: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` is below /v1/environments/{env} and already percent-encoded, `query` is not.

    `href` is the address of a next page, followed as PingOne gave it; path and query then do not count.
    `repeatable`: may it be sent again when its answer was lost? None goes by the method: all but POST. `once`: it is
    sent a single time, whatever the answer, and a 429 may be about its user alone. `root`: path is beside the
    environments, below /v1.
    `attempt` and `headers` belong to the layers: which try this is, and the Authorization.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = field(default=None, repr=False)
    media: str = "application/json"
    href: str | None = field(default=None, repr=False)
    repeatable: bool | None = None
    once: bool = False
    root: bool = False
    attempt: int = 1
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def safe_to_repeat(self) -> bool:
        """Whether sending it twice leaves what sending it once leaves."""
        return self.method != "POST" if self.repeatable is None else self.repeatable


@dataclass(frozen=True, slots=True)
class Response:
    """A 2xx answer. `headers` are read without regard to case; `body` is {} when there is none.

    `repeated`: an earlier try had its answer lost, so that one may be what did it.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict, repr=False)
    repeated: bool = False

    @property
    def server_date(self) -> float | None:
        """PingOne's own clock at the answer, seconds since 1970 (Date header), or None."""
        return read_http_date(self.headers.get("Date"))


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What may be told of a call: no ids, no values. `status` is 0 when there was no answer."""

    method: str
    path: str
    status: int
    seconds: float
    attempt: int
    correlation: str | None


Send = Callable[[Request, Call], Response]
"""Sends one request. Raises a PingOneError for anything but 2xx."""


def read_http_date(text: str | None) -> float | None:
    """Return an HTTP date (RFC 9110 §5.6.7) as seconds since 1970; None for text that is none."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def template(path: str) -> str:
    """Return a path with every id replaced, as in /users/{id}/memberOfGroups/{id}.

    Below an environment, names and ids take turns, so the place decides and not the look of an id.
    """
    names = path.split("?", 1)[0].strip("/").split("/")
    return "/" + "/".join("{id}" if place % 2 else name for place, name in enumerate(names))
