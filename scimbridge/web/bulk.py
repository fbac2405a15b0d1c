"""The endpoint for bulk requests (RFC 7644 §3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from scimbridge.resources.bulk.requests import MOST_OPERATIONS
from scimbridge.resources.registry import Registry
from scimbridge.scim.errors import PayloadTooLarge
from scimbridge.scim.messages import read_bulk
from scimbridge.scim.verbs import BULK
from scimbridge.web import render, request_log
from scimbridge.web.incoming import Incoming, read_body
from scimbridge.web.login.limiting import smaller

_CREATED = "201"


def blueprint(served: Registry, intake: Incoming) -> Blueprint:
    """Make the route."""
    routes = Blueprint("bulk", __name__)

    def run() -> Response:
        many, context = served.to(g.caller).bulk, intake.context(request, g.caller, g.request_id)
        with many.trail.refusals(
            context, "", BULK
        ):  # of the request as a whole; each operation has a record of its own
            many.check_allowed(context)
            operations = read_bulk(read_body(request), strict=g.caller.strict)
            most = smaller(g.caller.limits.bulk_operations, MOST_OPERATIONS)
            if len(operations.operations) > most:
                msg = f"Operations: at most {most} in one request (ServiceProviderConfig says so)"
                raise PayloadTooLarge(msg)
            answer = many.run(context, intake.options(request, {}), operations)
            request_log.know_made(_made(answer["Operations"]))
            return render.message(answer)

    routes.add_url_rule("/Bulk", "run", run, methods=["POST"])
    return routes


def _made(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Return the ids of what the operations made."""
    for entry in entries:
        if entry["status"] == _CREATED:
            yield entry["location"].rpartition("/")[2]
