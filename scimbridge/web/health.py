"""Health for whoever runs the bridge: whether it lives, and whether PingOne answers it. No token is needed."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from scimbridge.web.render import plain

NOT_READY = 503


def blueprint(is_cut_off: Callable[[], bool]) -> Blueprint:
    """Make the routes. `is_cut_off` tells whether PingOne is known to be down, so that calls fail at once."""
    routes = Blueprint("health", __name__)

    def live() -> Response:
        return plain({"status": "live"})

    def ready() -> Response:
        if is_cut_off():
            return plain({"status": "not ready", "pingone": "not reachable"}, NOT_READY)
        return plain({"status": "ready", "pingone": "reachable as far as is known"})

    routes.add_url_rule("/live", "live", live, methods=["GET"])
    routes.add_url_rule("/ready", "ready", ready, methods=["GET"])
    return routes
