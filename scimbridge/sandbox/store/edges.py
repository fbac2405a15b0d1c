"""Direct memberships: which user and which group was put into which group.

Knows ids only; what follows from them (nesting, dynamic groups, populations) is memberships.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import KeysView
    from collections.abc import Set as AbstractSet

    from scimbridge.sandbox.store.past import Past

MemberKind = Literal["users", "groups"]
KINDS: Final[tuple[MemberKind, ...]] = ("users", "groups")
_NOTHING: Final[dict[str, None]] = {}


class Edges:
    """Both directions of each membership, in the order they were made. The caller holds the lock.

    `past` remembers every change, so that lists can lag.
    """

    def __init__(self, past: Past) -> None:
        self._past = past
        self._up: dict[MemberKind, dict[str, dict[str, None]]] = {"users": {}, "groups": {}}
        self._down: dict[MemberKind, dict[str, dict[str, None]]] = {"users": {}, "groups": {}}

    def add(self, kind: MemberKind, member_id: str, group_id: str) -> None:
        """Put a member into a group."""
        self._up[kind].setdefault(member_id, {})[group_id] = None
        self._down[kind].setdefault(group_id, {})[member_id] = None
        self._past.note(kind, member_id, group_id, came=True)

    def drop(self, kind: MemberKind, member_id: str, group_id: str) -> None:
        """Take a direct member out of a group."""
        del self._up[kind][member_id][group_id]
        del self._down[kind][group_id][member_id]
        self._past.note(kind, member_id, group_id, came=False)

    def has(self, kind: MemberKind, member_id: str, group_id: str) -> bool:
        """Tell whether the member is in the group directly."""
        return group_id in self._up[kind].get(member_id, _NOTHING)

    def groups_of(self, kind: MemberKind, member_id: str) -> KeysView[str]:
        """Return the groups that the member is in directly."""
        return self._up[kind].get(member_id, _NOTHING).keys()

    def members_of(self, kind: MemberKind, group_id: str) -> KeysView[str]:
        """Return the direct members of a group."""
        return self._down[kind].get(group_id, _NOTHING).keys()

    def drop_member(self, kind: MemberKind, member_id: str) -> None:
        """Forget a user or group that was deleted."""
        for group_id in self._up[kind].pop(member_id, _NOTHING):
            del self._down[kind][group_id][member_id]
            self._past.note(kind, member_id, group_id, came=False)

    def drop_group(self, group_id: str) -> None:
        """Forget a deleted group both as a member and as a group of members."""
        self.drop_member("groups", group_id)
        for kind in KINDS:
            for member_id in self._down[kind].pop(group_id, _NOTHING):
                del self._up[kind][member_id][group_id]
                self._past.note(kind, member_id, group_id, came=False)

    def dump(self) -> dict[str, list[tuple[str, str]]]:
        """Return (member, group) pairs by kind, for storage."""
        return {
            kind: [(member, group) for member, groups in self._up[kind].items() for group in groups] for kind in KINDS
        }


class Listed:
    """Both directions as lists show them, which may lag. The caller holds the lock."""

    def __init__(self, edges: Edges, past: Past) -> None:
        self._edges = edges
        self._past = past

    def groups_of(self, kind: MemberKind, member_id: str) -> AbstractSet[str]:
        """Return the groups that the member is shown in directly."""
        return self._past.groups_of(kind, member_id, self._edges.groups_of(kind, member_id))

    def members_of(self, kind: MemberKind, group_id: str) -> AbstractSet[str]:
        """Return the members that a group is shown with directly."""
        return self._past.members_of(kind, group_id, self._edges.members_of(kind, group_id))
