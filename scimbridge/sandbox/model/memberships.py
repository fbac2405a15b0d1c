"""What it means to be in a group: directly, by nesting, by userFilter (docs/pingone.md §4.5, §4.6).

Knows the rules of levels, names and limits; the edges themselves are kept by edges.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.http.errors import (
    NOT_UNIQUE,
    invalid_data,
    invalid_request,
    invalid_value,
    not_found,
    request_failed,
)
from scimbridge.sandbox.lists import vocabulary
from scimbridge.sandbox.lists.matching import Compiler, Sources
from scimbridge.sandbox.model.activities import Subject
from scimbridge.sandbox.store.records import Json, fold

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from scimbridge.sandbox.store.directory import Directory
    from scimbridge.sandbox.store.edges import Edges, Listed, MemberKind

GROUPS_PER_USER: Final = 10_000
_NOBODY: Final[frozenset[str]] = frozenset()


def level_of(group: Json) -> str | None:
    """Return the population id of a population-level group, None of an environment-level one."""
    population = group.get("population")
    return population["id"] if population else None


def groups_of(directory: Directory, kind: MemberKind, record: Json) -> dict[str, str]:
    """Return the groups that a user or group is in: id to DIRECT or INDIRECT."""
    return _groups_by(directory, directory.edges, kind, record)


def listed_groups_of(directory: Directory, kind: MemberKind, record: Json) -> dict[str, str]:
    """Return the groups that lists show a user or group in, which may lag: id to DIRECT or INDIRECT."""
    return _groups_by(directory, directory.listed, kind, record)


def _groups_by(directory: Directory, edges: Edges | Listed, kind: MemberKind, record: Json) -> dict[str, str]:
    visibility = directory.visibility
    direct = [group for group in edges.groups_of(kind, record["id"]) if group in directory.groups]
    if visibility.active:
        direct = [group for group in direct if not visibility.hides((kind, record["id"], group))]
    found = dict.fromkeys(direct, "DIRECT")
    if kind == "users":
        for group_id in directory.dynamic:
            if group_id not in found and _matches(directory, group_id, record):
                found[group_id] = "INDIRECT"
    queue = list(found)
    while queue:
        for parent in edges.groups_of("groups", queue.pop()):
            if parent not in found and parent != record["id"] and parent in directory.groups:
                found[parent] = "INDIRECT"
                queue.append(parent)
    return found


def _matches(directory: Directory, group_id: str, user: Json) -> bool:
    level = level_of(directory.groups.rows[group_id])
    return level in (None, user["population"]["id"]) and directory.dynamic[group_id].test(user)


def members_of(directory: Directory, kind: MemberKind, group_id: str, type_: str | None = None) -> AbstractSet[str]:
    """Return the members of a group, all or of one type; read it under the lock, it may be a live view."""
    if group_id not in directory.groups:
        return _NOBODY
    direct: AbstractSet[str] = directory.listed.members_of(kind, group_id)
    if directory.visibility.active:
        hides = directory.visibility.hides
        direct = {member for member in direct if not hides((kind, member, group_id))}
    if type_ == "DIRECT":
        return direct
    below = _groups_below(directory, group_id)
    indirect = [directory.listed.members_of(kind, child) for child in below]
    if kind == "users":
        indirect_users = [_dynamic_members(directory, g) for g in (group_id, *below) if g in directory.dynamic]
        everyone = frozenset[str]().union(*indirect, *indirect_users) if below or indirect_users else _NOBODY
    else:
        everyone = frozenset[str]().union(*indirect) - {group_id} if below else _NOBODY
    if type_ == "INDIRECT":
        return everyone - direct
    return direct | everyone if everyone else direct


def _groups_below(directory: Directory, group_id: str) -> list[str]:
    """Return the groups nested in a group at any depth; cycles are allowed and end the walk."""
    found: dict[str, None] = {}
    queue = [group_id]
    while queue:
        for child in directory.listed.members_of("groups", queue.pop()):
            if child not in found and child != group_id:
                found[child] = None
                queue.append(child)
    return list(found)


def _dynamic_members(directory: Directory, group_id: str) -> AbstractSet[str]:
    words = vocabulary.words_of_user_filter(directory.schema, directory.switches)
    sources = Sources(directory.users.find, directory.users.find_beginning, lambda _group, _type: _NOBODY)
    query = Compiler(words, directory.switches, sources).compile(directory.dynamic[group_id].node)
    level = level_of(directory.groups.rows[group_id])
    pool = directory.users.rows if query.candidates is None else query.candidates
    rows = directory.users.rows
    return {
        user_id for user_id in pool if query.test(rows[user_id]) and level in (None, rows[user_id]["population"]["id"])
    }


def show(group: Json, type_: str) -> Json:
    """Return one membership; its id is the group's."""
    return {"id": group["id"], "name": group["name"], "type": type_}


def see_membership(directory: Directory, kind: MemberKind, member_id: str, group_id: str) -> Json:
    """Return one membership. Raises ApiError 404."""
    with directory.lock:
        type_ = groups_of(directory, kind, directory.see(kind, member_id)).get(group_id)
        if type_ is None:
            raise not_found()
        return show(directory.groups.rows[group_id], type_)


def add_membership(directory: Directory, kind: MemberKind, member_id: str, body: Json) -> Json:
    """Put a user or group into the group that the body names. Raises ApiError 400 and 404."""
    with directory.lock:
        member = directory.find(kind, member_id)
        group = _named_group(directory, body.get("id"))
        if directory.edges.has(kind, member_id, group["id"]):
            if directory.switches.duplicate_membership == "accept":
                return show(group, "DIRECT")
            raise invalid_data("UNIQUENESS_VIOLATION", "id", NOT_UNIQUE)
        if kind == "users":
            _check_user(directory, member, group)
        else:
            _check_nesting(member, group)
        directory.edges.add(kind, member_id, group["id"])
        directory.visibility.delay((kind, member_id, group["id"]), directory.delays()[1])
        directory.changed("MEMBER_OF_GROUP.CREATED", _subject(kind, member_id, group))
        return show(group, "DIRECT")


def _named_group(directory: Directory, group_id: Any) -> Json:
    if group_id is None:
        raise invalid_data("REQUIRED_VALUE", "id", "must not be null")
    group = directory.groups.get(group_id) if isinstance(group_id, str) else None
    if group is None:
        if directory.switches.unknown_group_status == 404:  # noqa: PLR2004
            raise not_found()
        raise invalid_value("id", "is not the id of a group")
    return group


def _check_user(directory: Directory, user: Json, group: Json) -> None:
    if level_of(group) not in (None, user["population"]["id"]):
        raise invalid_value("id", "the group belongs to another population than the user")
    present = groups_of(directory, "users", user)
    if len(present) >= GROUPS_PER_USER:
        raise invalid_data("SIZE_LIMIT_EXCEEDED", "id", f"a user can be in {GROUPS_PER_USER} groups at most")
    name, rows = fold(group["name"]), directory.groups.rows
    if any(fold(rows[other]["name"]) == name for other in present if other != group["id"]):
        raise invalid_data("UNIQUENESS_VIOLATION", "name", "the user is in a group of the same name already")


def _check_nesting(child: Json, parent: Json) -> None:
    if child["id"] == parent["id"]:
        raise invalid_value("id", "a group cannot be put into itself")
    if level_of(parent) not in (None, level_of(child)):
        raise invalid_value("id", "only a group of the same population fits into a population-level group")


def remove_membership(directory: Directory, kind: MemberKind, member_id: str, group_id: str) -> None:
    """Take a direct member out. Raises ApiError 404, and 400 for one that is indirect."""
    with directory.lock:
        member = directory.find(kind, member_id)
        group = directory.find("groups", group_id)
        if directory.edges.has(kind, member_id, group_id):
            directory.edges.drop(kind, member_id, group_id)
            directory.changed("MEMBER_OF_GROUP.DELETED", _subject(kind, member_id, group))
        elif group_id not in groups_of(directory, kind, member):
            raise not_found()
        elif directory.switches.indirect_removal == "refuse":
            raise request_failed("An indirect membership cannot be removed.")


def drop_old_level(directory: Directory, user_id: str, old_population: str) -> None:
    """Take a moved user out of the population-level groups of the old population (docs/pingone.md §2.8)."""
    for group_id in list(directory.edges.groups_of("users", user_id)):
        if level_of(directory.groups.rows[group_id]) == old_population:
            directory.edges.drop("users", user_id, group_id)


def _subject(kind: MemberKind, member_id: str, group: Json) -> Subject:
    path = f"/{kind}/{member_id}/memberOfGroups/{group['id']}"
    return Subject("MEMBER_OF_GROUP", group["id"], group["name"], path, level_of(group))


def read_expand(text: str | None, *allowed: str) -> bool:
    """Tell whether `expand` asks for the one thing it can. Raises ApiError 400 for another."""
    if text is None:
        return False
    if text not in allowed:
        raise invalid_request("INVALID_PARAMETER", "expand", f"must be {' or '.join(allowed)}")
    return True
