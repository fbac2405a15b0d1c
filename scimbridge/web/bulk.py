"""The endpoint for bulk requests (RFC 7644 §3.7)."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from scimbridge.resources.bulk import MOST_OPERATIONS, Bulk
from scimbridge.scim.errors import PayloadTooLarge
from scimbridge.scim.messages import read_bulk
from scimbridge.web import render
from scimbridge.web.intake import Intake, read_body


def blueprint(bulk: Bulk, intake: Intake) -> Blueprint:
    """Make the route."""
    routes = Blueprint("bulk", __name__)

    def run() -> Response:
        operations = read_bulk(read_body(request), strict=g.caller.strict)
        if len(operations.operations) > MOST_OPERATIONS:
            msg = f"Operations: at most {MOST_OPERATIONS} in one request (ServiceProviderConfig says so)"
            raise PayloadTooLarge(msg)
        return render.message(bulk.run(intake.ask(request, g.caller, g.request_id, {}), operations))

    routes.add_url_rule("/Bulk", "run", run, methods=["POST"])
    return routes
