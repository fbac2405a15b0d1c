"""One line in the log for each request: who, what, how it ended, how long it took and what PingOne was asked for it.

A request that failed at the bridge or behind it (5xx) is a warning, and its line says why. Knows requests and answers.
No line holds a path as it was sent, a query, a filter or a body: of the path the endpoint's template and, where it is
one, the id; of a path that leads nowhere its first words (`wrong_paths`). A create is told by the id of what it made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask import Flask, Response, g, request

from scimbridge.access.caller import Caller
from scimbridge.observe import logs, threads
from scimbridge.pingone import causes
from scimbridge.pingone.send import CallRecord
from scimbridge.request.ids import is_id
from scimbridge.scim.errors import ScimError
from scimbridge.web import wrong_paths
from scimbridge.web.incoming import request_id

CREATED = 201
MOST_MADE = 100  # on one line, which what collects logs may cut
MOST_CORRELATIONS = 20  # on one line; a change of 10,000 members makes as many calls
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
FAILED = 500
QUIET = ("/health", "/metrics")  # asked every few seconds by machines: told at debug level only

_log = logs.named(__name__)


@dataclass(slots=True)
class _Told:
    """A request under way: when it began, what has been asked of PingOne for it, and what is bound to its lines."""

    began: float
    bound: ExitStack = field(default_factory=ExitStack)
    made: list[str] = field(default_factory=list)  # ids of what a bulk request made
    secret_id: str | None = None
    calls: list[str | None] = field(default_factory=list)  # the correlation id of each, None where there was none


# A request's calls are made in several threads, which run in copies of its context (observe/threads.py).
_PRESENT: ContextVar[_Told | None] = ContextVar("request", default=None)


def count(record: CallRecord) -> None:
    """Note an exchange with PingOne for the request that it is made for; tokens count too. For `Approach.observe`."""
    told = _PRESENT.get()
    if told is not None:
        told.calls.append(record.correlation)  # atomic, so that threads need no lock


def know(caller: Caller) -> None:
    """Put the client on all lines of the request under way, and on all work that is done for it, from now on.

    Its secret's id stands on the last one.
    """
    g.told.secret_id = caller.secret_id
    g.told.bound.enter_context(logs.bound(client=caller.name))
    g.told.bound.enter_context(threads.working_for(caller.name))


def know_made(keys: Iterable[str]) -> None:
    """Have the line of a bulk request name what it made, by ids."""
    g.told.made.extend(islice(keys, MOST_MADE))


def register(app: Flask, clock: Callable[[], float]) -> None:
    """Tell of every request of an app. To be called before other hooks are: it begins first and ends last.

    `clock` is seconds. The request's id is in `g.request_id`.
    """

    @app.before_request
    def begin() -> None:
        g.request_id = request_id(request.headers.get("X-Request-Id"), request.headers.get("Authorization"))
        told = g.told = _Told(clock())
        told.bound.enter_context(logs.bound(request_id=g.request_id))
        token = _PRESENT.set(told)
        told.bound.callback(_PRESENT.reset, token)

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        write = _log.debug if request.path.startswith(QUIET) else _log.info
        cause: dict[str, Any] = {}
        if response.status_code >= FAILED and (failure := g.get("failure")) is not None:
            write, cause = _log.warning, _explain(failure)
        write("request", **_describe(response, g.told, clock()), **cause)
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if "told" in g:
            g.told.bound.close()


def _describe(response: Response, told: _Told, now: float) -> dict[str, Any]:
    arguments = request.view_args or {}
    key = arguments.get("key", "")
    calls = list(told.calls)
    return {
        "method": request.method if request.method in METHODS else "other",
        "route": request.url_rule.rule if request.url_rule else None,
        "path": None if request.url_rule else wrong_paths.clean(request.path),
        **({"operation": g.operation} if "operation" in g else {}),
        "resource": _resource(key, response),
        "status": response.status_code,
        "scim_type": g.get("scim_type"),
        "seconds": round(now - told.began, 4),
        "pingone_calls": len(calls),
        "bytes": 0 if request.method == "HEAD" else response.calculate_content_length() or 0,
        "address": request.remote_addr or None,
        "secret_id": told.secret_id,
        "correlations": [each for each in calls if each is not None][:MOST_CORRELATIONS],
        **({"made": told.made} if told.made else {}),
    }


def _resource(key: str, response: Response) -> str | None:
    """Return the id of what the request was about: as its path names it, or as a create has made it."""
    if not key and response.status_code == CREATED:
        key = response.headers.get("Location", "").rpartition("/")[2]
    return key if is_id(key) else None


def _explain(failure: BaseException) -> dict[str, Any]:
    """Return why a request failed: what PingOne did, else what the bridge says itself.

    Of an exception that nobody foresaw only the kind: its message may quote what was sent.
    """
    upstream = causes.find(failure)
    if upstream is not None:
        return causes.facts_of(upstream)
    return {"cause": failure.detail if isinstance(failure, ScimError) else type(failure).__name__}
