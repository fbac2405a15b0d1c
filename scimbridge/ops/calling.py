"""Operations from a terminal: the same rows and the same way as over HTTP, by the operator, who may call all of them.

Returns values; how they are shown, and where secrets come from, is known elsewhere. What one process knows is not
shared with a bridge that serves, unless both have the same SCIMBRIDGE_STATE_URL.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.bridge import Bridge, open_bridge
from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.translate import silent
from scimbridge.operations.carrying_out import Asked, Room
from scimbridge.operations.reading import Catalogue
from scimbridge.operations.rows import MATCH, SERVICE, Operation
from scimbridge.pingone.send import Call
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.scim.errors import NotFound
from scimbridge.scim.reading import Manner
from scimbridge.settings.declared import Settings

OPERATOR = "operator"
"""The client's name in the records of what is called from a terminal."""
BASE = "/scim/v2"
FOUND_BY: Mapping[str, tuple[str, ...]] = {"User": ("userName", "emails.value"), "Group": ("displayName",)}
"""Attributes by which a resource is found that is not named by an id."""


class Uncallable(Exception):
    """What is asked for is no operation, or needs something else; the sentence says what would be right."""


@dataclass(frozen=True, slots=True)
class CallTarget:
    """Of whom: an id, a name or an address; "" where an operation stands on nobody.

    `item` is the part that is meant, `deletes`: it is to go.
    """

    resource: str = SERVICE
    named: str = ""
    item: str = ""
    deletes: bool = False


def find_operation(catalogue: Catalogue, name: str, target: CallTarget) -> Operation:
    """Return an operation by its name, which may say its resource: User.find. Raises `Uncallable`."""
    whole = {f"{each.resource}.{each.name}": each for each in catalogue}
    meant = [each for each in catalogue if each.name == name]
    meant = [each for each in meant if each.resource == target.resource] or meant
    if name in whole:
        meant = [whole[name]]
    if not meant:
        known = (*whole, *(each.name for each in catalogue))
        raise Uncallable(f"{name!r} is no operation{nearest(name, known)}; `scimbridge call --list` shows all")
    if len(meant) > 1:
        spelled = " or ".join(f"{each.resource}.{each.name}" for each in meant)
        raise Uncallable(f"{name} is several operations; say {spelled}")
    _check_target(meant[0], target)
    return meant[0]


def _check_target(operation: Operation, target: CallTarget) -> None:
    """Hold what is named to where an operation stands. Raises `Uncallable`, which says what would be right."""
    name, item, option = operation.name, operation.item, f"--{operation.resource.lower()}"
    is_about_one = operation.on_one
    if operation.refuse:
        return
    if is_about_one and (target.resource != operation.resource or not target.named):
        raise Uncallable(f"{name} is about one {operation.resource}: say {option} and whom")
    if not is_about_one and target.named:
        raise Uncallable(f"{name} is about no single resource; leave --{target.resource.lower()} out")
    if is_about_one and operation.resource not in FOUND_BY and not is_id(target.named):
        raise Uncallable(f"{option}: a {operation.resource} is named by its id, a UUID")
    if target.item and (item is None or not (item.get or item.delete or not operation.listed)):
        raise Uncallable(f"{name} has no part that could be named; leave --item out")
    if item is not None and not target.item and (target.deletes or not operation.listed):
        raise Uncallable(f"say with --item which {item.name} is meant")
    if target.deletes and (item is None or not item.delete):
        raise Uncallable(f"{name} has no part that can be deleted; leave --delete out")


class Desk:
    """Calls operations of one bridge, as a client that may call all of them."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._caller = Caller(OPERATOR, scopes=ALL_SCOPES)
        self._room: Room = bridge.rooms.to(self._caller)

    def call(self, operation: Operation, target: CallTarget, body: Mapping[str, Any]) -> Reply:
        """Carry an operation out. Raises `ScimError` for what is wrong or goes wrong."""
        if not (operation.refuse or self._room.serves(operation)):
            msg = f"{operation.name}: the tables in use do not serve what it is about, or what it answers with"
            raise NotFound(msg)
        sent = dict(body)
        key = target.named if is_id(target.named) else ""
        if target.named and not key:
            sent[MATCH] = {"attributes": self._found_by(target.resource), "identifier": target.named}
        method = "DELETE" if target.deletes else "POST" if operation.is_posted else "GET"
        clock = self._bridge.parts.clock
        call = Call(deadline=clock() + self._bridge.settings.request_deadline, trace=uuid.uuid4().hex, client=OPERATOR)
        context = RequestContext(caller=self._caller, call=call, manner=Manner(True, silent))
        return self._room.do(Asked(operation, method, key, target.item), context, AnswerOptions(BASE), lambda: sent)

    def _found_by(self, resource: str) -> list[str]:
        """Return the attributes by which a resource is found, as far as the table in use has them."""
        served = {row.attr for row in self._room.endpoints[resource].lists.view.table.rows}
        return [name for name in FOUND_BY[resource] if name.partition(".")[0] in served]


@contextmanager
def open_desk(settings: Settings) -> Iterator[Desk]:
    """Open a bridge, and close it at the end. Raises `SettingsFaults` with all that is wrong."""
    bridge = open_bridge(settings)
    try:
        yield Desk(bridge)
    finally:
        bridge.close()
