"""Health for whoever runs the bridge: whether it lives, and whether it can work. No token is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response

from scimbridge.pingone.sending.readiness import Readiness
from scimbridge.web.render import plain

NOT_READY = 503


def blueprint(
    look: Callable[[], Readiness], is_cut_off: Callable[[], bool], schema: Callable[[], Mapping[str, Any]]
) -> Blueprint:
    """Make the routes. `look` tells how PingOne stands, `is_cut_off` whether the shared state is out of reach.

    `schema` tells which rows have no attribute in PingOne. A node that is cut off from the state goes on by itself, and
    one with such rows keeps everything else: so it says so and is ready.
    """
    routes = Blueprint("health", __name__)

    def live() -> Response:
        return plain({"status": "live"})

    def ready() -> Response:
        standing = look()
        state = "cut off" if is_cut_off() else "in reach"
        told = {"pingone": standing.pingone, "token": standing.token, "state": state} | dict(schema())
        if not standing.is_ready:
            return plain({"status": "not ready"} | told, NOT_READY)
        return plain({"status": "ready"} | told)

    routes.add_url_rule("/live", "live", live, methods=["GET"])
    routes.add_url_rule("/ready", "ready", ready, methods=["GET"])
    return routes
