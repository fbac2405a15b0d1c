"""Accounts at other identity providers: linked once, whether PingOne refuses a second time or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt
from scimbridge.operations.inputs import native_body
from scimbridge.request.context import Reply
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

PATH, MEMBER = "users/{id}/linkedAccounts", "linkedAccounts"


def link(attempt: Attempt, room: Room) -> Any:
    """Link an account, unless it is linked already."""
    found = is_linked(attempt, 0.0)
    if found is not None:
        return found
    body = native_body(attempt.operation, attempt.values)
    made = room.settled(attempt, lambda: attempt.send_row(body).body)
    table = attempt.operation.answer
    return made if table is None else Reply(201, room.printer.one(attempt, table, made))


def is_linked(attempt: Attempt, _seconds: float) -> Native | None:
    """Return the link of this provider and this id, if there is one."""
    provider, external = attempt.values["identityProvider"], attempt.values["externalId"]
    for each in attempt.read_all(PATH, MEMBER):
        if read_field(each, ("identityProvider", "id")) == provider and each.get("externalId") == external:
            return each
    return None
