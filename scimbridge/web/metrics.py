"""Metrics at the edge: every request counted by kind, and /metrics for Prometheus. No token is needed for that.

Knows the paths of the bridge, and no more of a request than its path, its method and the status of its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response

from scimbridge.observe.metrics import Metrics
from scimbridge.pingone.kinds import KINDS

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_FAILED = 500
_KINDS = {
    **{kind.collection.lower(): kind.collection for kind in KINDS},
    "bulk": "bulk",
    "schemas": "discovery",
    "resourcetypes": "discovery",
    "serviceproviderconfig": "discovery",
    "": "search",
    ".search": "search",
}
_OUTSIDE = {"oauth2": "oauth", "health": "health", "metrics": "metrics", "openapi.json": "discovery"}
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def blueprint(metrics: Metrics) -> Blueprint:
    """Make the route."""
    routes = Blueprint("metrics", __name__)
    routes.add_url_rule("/metrics", "metrics", lambda: Response(metrics.expose(), content_type=TEXT), methods=["GET"])
    return routes


def kind_of(path: str, prefix: str) -> str:
    """Return what a path is about, out of a dozen words: "users", "bulk", ..., "other" for all that is not ours."""
    inside = path[: len(prefix)] == prefix and path[len(prefix) : len(prefix) + 1] in ("", "/")
    rest = path[len(prefix) :] if inside else path
    name = rest.lstrip("/").partition("/")[0].lower()
    return (_KINDS if inside else _OUTSIDE).get(name, "other")


class Measured:
    """A WSGI application whose requests are counted, whatever becomes of them."""

    def __init__(self, app: Wsgi, metrics: Metrics, prefix: str, clock: Callable[[], float]) -> None:
        """`clock` counts seconds."""
        self._app = app
        self._metrics = metrics
        self._prefix = prefix
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request. Raises what the application raises."""
        began = self._clock()
        status = _FAILED

        def start(line: str, *rest: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, *rest)

        self._metrics.begin_request()
        try:
            return self._app(environ, start)
        finally:
            kind = kind_of(environ.get("PATH_INFO", ""), self._prefix)
            method = environ.get("REQUEST_METHOD", "")
            self._metrics.observe_request(kind, method, status, self._clock() - began)
