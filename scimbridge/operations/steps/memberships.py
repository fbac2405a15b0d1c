"""Groups of one user: changed by the writer of groups, so that every list of the bridge knows of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.mapping.links import Links, Member
from scimbridge.mapping.plan import Changes
from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.kinds import GROUPS, USERS
from scimbridge.request.context import Reply
from scimbridge.request.ids import is_id
from scimbridge.request.progress import Progress
from scimbridge.request.rights import may_read
from scimbridge.scim.errors import InvalidValue, NotFound
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

DIRECT = "DIRECT"
GROUP = ("_embedded", "group")


def read_groups(attempt: Attempt, _room: Room) -> Any:
    """Return the groups of a user that the caller may know of: all, or those that it was put into by hand."""
    reach, context = attempt.around.reach, attempt.context
    path = attempt.operation.call.path
    if attempt.item:
        if is_id(attempt.item):
            reach.groups.hold(context, attempt.item)
        return attempt.read_part()
    query = attempt.operation.call.query
    if attempt.values.get("direct"):
        query = (*query, ("filter", f'type eq "{DIRECT}"'))
    found = attempt.read_all(path, attempt.operation.listed, query)
    if attempt.values.get("direct"):
        found = [each for each in found if each.get("type", DIRECT) == DIRECT]
    return [_with_name(each) for each in found if _is_known(attempt, each)]


def join(attempt: Attempt, room: Room) -> Any:
    """Put the user into a group."""
    key = attempt.values["groupId"]
    if not is_id(key):
        msg = "groupId: the id of a group is a UUID"
        raise InvalidValue(msg)
    attempt.context.notes.about(key)
    try:
        group = _change(attempt, room, key.lower(), Links(add=(Member(attempt.key, USERS.name),)))
    except NotThere as error:
        raise NotFound("groupId: no Group of that id") from error
    name = group.get("name") if may_read(attempt.context.caller, GROUPS.collection) else None
    return {"id": group.get("id", key), "name": name, "type": DIRECT}


def leave(attempt: Attempt, room: Room) -> Any:
    """Take the user out of a group."""
    if not is_id(attempt.item):
        raise NotThere("no group has an id like that", status=404)
    attempt.read_part()
    _change(attempt, room, attempt.item.lower(), Links(remove=(Member(attempt.key, USERS.name),)))
    return Reply(204)


def _change(attempt: Attempt, room: Room, key: str, links: Links) -> Native:
    context, writer = attempt.context, room.endpoints[GROUPS.name].resource.writer
    attempt.around.reach.groups.hold(context, key)
    progress = context.notes.follow(Progress())
    with room.hold(context, GROUPS.name, key):
        return writer.write(context, key, Changes(links=links), progress).record


def _is_known(attempt: Attempt, membership: Native) -> bool:
    groups = attempt.around.reach.groups
    if groups.is_open(attempt.context):
        return True
    if isinstance(group := read_field(membership, GROUP), dict):
        return groups.keeps(attempt.context, group)
    try:
        groups.read(attempt.context, membership["id"])
    except NotThere:
        return False
    return True


def _with_name(membership: Native) -> Native:
    return Native({"name": read_field(membership, (*GROUP, "name")), **membership})
