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
from scimbridge.operations.rows import MATCH, SERVICE, Operation
from scimbridge.pingone.send import Call
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.reading import Manner
from scimbridge.settings.declared import Settings

OPERATOR = "operator"
"""The client's name in the records of what is called from a terminal."""
BASE = "/scim/v2"
FOUND_BY = ("userName", "emails.value")
"""Attributes by which a user is found who is not named by an id."""


class Uncallable(Exception):
    """What is asked for is no operation, or needs something else; the sentence says what would be right."""


@dataclass(frozen=True, slots=True)
class Target:
    """Of whom: an id or, of a user, a name or address; "" where an operation stands on nobody. `item` is a part."""

    resource: str = SERVICE
    named: str = ""
    item: str = ""


class Desk:
    """Calls operations of one bridge."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._caller = Caller(OPERATOR, scopes=ALL_SCOPES)
        self.room: Room = bridge.rooms.to(self._caller)

    def find(self, name: str, resource: str) -> Operation:
        """Return an operation by its name, which may say its resource: User.find. Raises `Uncallable`."""
        whole = {f"{each.resource}.{each.name}": each for each in self.room.catalogue}
        meant = [
            each
            for each in whole.values()
            if name in (f"{each.resource}.{each.name}", each.name) and (each.resource == resource or "." in name)
        ] or [each for each in whole.values() if each.name == name]
        if not meant:
            known = (*whole, *(each.name for each in whole.values()))
            raise Uncallable(f"{name!r} is no operation{nearest(name, known)}; `scimbridge call --list` shows all")
        if len(meant) > 1:
            spelled = " or ".join(f"{each.resource}.{each.name}" for each in meant)
            raise Uncallable(f"{name} is several operations; say {spelled}")
        return meant[0]

    def call(self, operation: Operation, target: Target, method: str, body: Mapping[str, Any]) -> Reply:
        """Carry an operation out. Raises `ScimError` for what is wrong or goes wrong."""
        sent = dict(body)
        key = target.named if is_id(target.named) else ""
        if operation.resource != SERVICE and not operation.on_all and not key:
            if operation.resource != "User":
                msg = f"{operation.name}: a {operation.resource} is named by its id"
                raise InvalidValue(msg)
            sent[MATCH] = {"attributes": list(FOUND_BY), "identifier": target.named}
        clock = self._bridge.parts.clock
        call = Call(deadline=clock() + self._bridge.settings.request_deadline, trace=uuid.uuid4().hex, client=OPERATOR)
        context = RequestContext(caller=self._caller, call=call, manner=Manner(True, silent))
        return self.room.do(Asked(operation, method, key, target.item), context, AnswerOptions(BASE), lambda: sent)


@contextmanager
def open_desk(settings: Settings) -> Iterator[Desk]:
    """Open a bridge, and close it at the end. Raises `SettingsFaults` with all that is wrong."""
    bridge = open_bridge(settings)
    try:
        yield Desk(bridge)
    finally:
        bridge.close()
