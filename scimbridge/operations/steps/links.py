"""Accounts at other identity providers: linked once, whether PingOne refuses a second time or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt
from scimbridge.pingone.settling import Look
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

PATH, MEMBER = "users/{id}/linkedAccounts", "linkedAccounts"


def link(attempt: Attempt, room: Room) -> Any:
    """Link an account, unless it is linked already."""
    attempt = attempt.with_ids("identityProvider")
    with room.hold(attempt.context, attempt.operation.resource, attempt.key, f".{MEMBER}"):
        found = _find(attempt)
        if found is not None:
            return found
        made = room.send(attempt)
        return room.answers.make(attempt, made if "id" in made else _find(attempt) or made, 201)


def is_linked(attempt: Attempt) -> Look:
    """Return what looks whether the account is linked."""
    return lambda _error: _find(attempt)


def _find(attempt: Attempt) -> Native | None:
    provider, external = attempt.values["identityProvider"], attempt.values["externalId"]
    for each in attempt.read_all(PATH, MEMBER):
        if read_field(each, ("identityProvider", "id")) == provider and each.get("externalId") == external:
            return each
    return None
