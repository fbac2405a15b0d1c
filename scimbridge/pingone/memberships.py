"""Memberships of users and groups in groups: added and removed one by one, each safe to repeat.

Knows what "already there" and "already gone" look like (docs/pingone.md §4.5, §4.6). Knows nothing of SCIM
and nothing of what lies under `send`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

from scimbridge.pingone.collections import Collection, Page, check_id, quote_id
from scimbridge.pingone.errors import NotThere, Refused, Unreachable
from scimbridge.pingone.kinds import KINDS
from scimbridge.pingone.send import Call, Json, Request, Send

_LOOKS = (0.0, 0.25, 0.5, 1.0)


class Outcome(Enum):
    """What a change found. All three mean that it now is as asked."""

    DONE = "done"
    ALREADY = "already"  # so before this call
    PERHAPS = "perhaps"  # done by a first try whose answer was lost, or so before


class Memberships:
    """`kind` is "users" or "groups": who becomes a member. `group_id` is the group that gets it."""

    def __init__(self, send: Send, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._send = send
        self._clock = clock
        self._sleep = sleep

    def add(self, call: Call, kind: str, member_id: str, group_id: str) -> Outcome:
        """Make it a member. Returns how that went.

        Raises NotThere when member or group is not there, Refused for what PingOne does not allow: a
        group of another population, or a second group of one name, which PingOne words like "already
        there"; a look at the membership tells them apart.
        """
        request = Request("POST", _path(kind, member_id), body={"id": group_id}, repeatable=True)
        try:
            response = self._send(request, call)
        except Refused as error:
            if not error.has("UNIQUENESS_VIOLATION") or not self._appears(call, kind, member_id, group_id):
                raise
            return Outcome.PERHAPS if error.repeated else Outcome.ALREADY
        if response.body:
            check_id(response, "POST", group_id)
        return Outcome.DONE

    def remove(self, call: Call, kind: str, member_id: str, group_id: str) -> Outcome:
        """End the membership. Returns how that went.

        Raises Refused where it stems from nesting or a dynamic filter: those cannot be removed by hand.
        """
        request = Request("DELETE", _path(kind, member_id, group_id))
        try:
            response = self._send(request, call)
        except NotThere:
            return Outcome.ALREADY
        except Refused as error:
            if error.status != _BAD_REQUEST or self._is_there(call, kind, member_id, group_id):
                raise
            return Outcome.PERHAPS if error.repeated else Outcome.ALREADY
        return Outcome.PERHAPS if response.repeated else Outcome.DONE

    def read(self, call: Call, kind: str, member_id: str, group_id: str) -> Json:
        """Return one membership: `id` (the group's), `type` DIRECT or INDIRECT. Raises NotThere."""
        response = self._send(Request("GET", _path(kind, member_id, group_id)), call)
        check_id(response, "GET", group_id)
        return response.body

    def of(self, call: Call, kind: str, member_id: str, limit: int) -> Iterator[Page]:
        """Yield the pages of a member's memberships, each with its group under `_embedded.group`.

        Raises Unreachable where one comes with another group than its own.
        """
        listing = Collection(self._send, "groupMemberships", path=_path(kind, member_id))
        for page in listing.pages(call, limit=limit, expand="group"):
            for membership in page.records:
                _check_group(membership)
            yield page

    def _appears(self, call: Call, kind: str, member_id: str, group_id: str) -> bool:
        """Look several times: PingOne may show a membership a moment after it has made it."""
        for wait in _LOOKS:
            if wait:
                if self._clock() + wait >= call.deadline:
                    return False
                self._sleep(wait)
            if self._is_there(call, kind, member_id, group_id):
                return True
        return False

    def _is_there(self, call: Call, kind: str, member_id: str, group_id: str) -> bool:
        try:
            self.read(call, kind, member_id, group_id)
        except NotThere:
            return False
        return True


def _check_group(membership: Json) -> None:
    embedded = membership.get("_embedded")
    group = embedded.get("group") if isinstance(embedded, dict) else None
    if group is not None and (not isinstance(group, dict) or group.get("id") != membership["id"]):
        raise Unreachable("PingOne answered a membership with another group than its own")


_BAD_REQUEST = 400
_CAN_JOIN = tuple(kind.collection for kind in KINDS if kind.can_join)


def _path(kind: str, member_id: str, group_id: str | None = None) -> str:
    if kind not in _CAN_JOIN:
        raise ValueError(f"{kind!r} cannot be members: {' or '.join(_CAN_JOIN)}")
    path = f"/{kind}/{quote_id(member_id)}/memberOfGroups"
    return path if group_id is None else f"{path}/{quote_id(group_id)}"
