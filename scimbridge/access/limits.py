"""How much a client may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """The limits of one client; None is no limit of its own.

    `requests_per_second`; `concurrent` requests under way; `body` bytes; `bulk_operations` in one request.
    """

    requests_per_second: float | None = None
    concurrent: int | None = None
    body: int | None = None
    bulk_operations: int | None = None
