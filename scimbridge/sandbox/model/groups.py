"""Groups: create, replace, delete, show; names and levels (docs/pingone.md §4.2 to §4.4).

Knows one group at a time; who is in it is memberships.py's.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import orjson

from scimbridge.sandbox.http.errors import NOT_UNIQUE, FilterError, invalid_data, invalid_value
from scimbridge.sandbox.lists import filters, vocabulary
from scimbridge.sandbox.lists.matching import Compiler
from scimbridge.sandbox.model.memberships import level_of, members_of
from scimbridge.sandbox.model.replacing import added_field, check_read_only
from scimbridge.sandbox.model.users import read_population
from scimbridge.sandbox.store.directory import Dynamic, group_subject
from scimbridge.sandbox.store.records import Json, is_too_deep

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory


READ_ONLY: Final = (
    "_links", "_embedded", "id", "environment", "createdAt", "updatedAt", "displayName", "checkSum", "isExternal",
    "sourceId", "sourceType", "directMemberCounts", "totalMemberCounts",
)  # fmt: skip


def compile_user_filter(directory: Directory, text: Any) -> Dynamic | None:
    """Return the compiled userFilter of a group, None without one. Raises ApiError 400."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise invalid_value("userFilter", "must be a string")
    words = vocabulary.words_of_user_filter(directory.schema, directory.switches)
    try:
        node = filters.parse(text)
        compiler = Compiler(words, directory.switches)
        query = compiler.compile(node)
    except FilterError as error:
        raise error.to_api_error("INVALID_DATA", "userFilter") from error
    return Dynamic(node, query.test, query.paths)


def _read_fields(body: Json) -> Json:
    """Return the settable fields of a group; unknown and read-only members are left out in silence."""
    name = body.get("name")
    if name is None:
        raise invalid_data("REQUIRED_VALUE", "name", "must not be null")
    fields: Json = {}
    for field in ("name", "description", "externalId", "userFilter"):
        value = body.get(field)
        if value is None:
            continue
        if not isinstance(value, str):
            raise invalid_value(field, "must be a string")
        if not value.strip():
            raise invalid_value(field, "must be at least 1 characters long")
        fields[field] = value
    custom = body.get("customData")
    if custom is not None:
        if not isinstance(custom, dict) or is_too_deep(custom):
            raise invalid_value("customData", "must be a JSON object")
        fields["customData"] = custom
    return fields


def _check_name(directory: Directory, name: str, level: str | None, own_id: str | None) -> None:
    """Refuse a name that is taken: at the same level, or by a group that shares the other one."""
    for other_id in directory.groups.find("name", name):
        other_level = level_of(directory.groups.rows[other_id])
        if other_id != own_id and (level is None or other_level in (None, level)):
            inner = {"existingId": other_id} if directory.switches.existing_id else {}
            raise invalid_data("UNIQUENESS_VIOLATION", "name", NOT_UNIQUE, **inner)


def create_group(directory: Directory, body: Json) -> Json:
    """Create a group; `population` fixes its level for ever. Raises ApiError 400."""
    with directory.lock:
        fields = _read_fields(body)
        given = body.get("population")
        level = None
        if given is not None:
            wanted = given.get("id") if isinstance(given, dict) else None
            level = read_population(directory, wanted, "population.id")
            fields["population"] = {"id": level}
        _check_name(directory, fields["name"], level, None)
        dynamic = compile_user_filter(directory, fields.get("userFilter"))
        record: Json = {"id": directory.new_id(), **fields, **directory.stamps()}
        directory.groups.add(record)
        if dynamic is not None:
            directory.dynamic[record["id"]] = dynamic
        directory.hide_new(record["id"])
        directory.changed("GROUP.CREATED", group_subject(record))
        return record


def replace_group(directory: Directory, group_id: str, body: Json) -> Json:
    """PUT: what is left out is gone, the userFilter too; the level stays (docs/pingone.md §4.4).

    Raises ApiError 400 and 404.
    """
    with directory.lock:
        old = directory.find("groups", group_id)
        level = level_of(old)
        if directory.switches.group_population == "strict":
            _check_level(body, level)
        check_read_only(directory.switches, body, READ_ONLY)
        fields = _read_fields(body) | added_field(directory.switches, old, body)
        _check_name(directory, fields["name"], level, group_id)
        dynamic = compile_user_filter(directory, fields.get("userFilter"))
        fixed = ("id", "population", "createdAt", "updatedAt")
        kept: Json = {name: old[name] for name in fixed if name in old}
        record = directory.bumped({**kept, **fields})
        directory.groups.put(record)
        directory.dynamic.pop(group_id, None)
        if dynamic is not None:
            directory.dynamic[group_id] = dynamic
        directory.changed("GROUP.UPDATED", group_subject(record))
        return record


def _check_level(body: Json, level: str | None) -> None:
    if level is None:
        if "population" in body:
            raise invalid_value("population", "an environment-level group must not carry a population")
        return
    given = body.get("population")
    if not isinstance(given, dict) or given.get("id") != level:
        raise invalid_value("population", "must be the population that the group was created in")


def delete_group(directory: Directory, group_id: str) -> None:
    """Delete a group and every membership in it and of it. Raises ApiError 404."""
    with directory.lock:
        record = directory.find("groups", group_id)
        directory.groups.drop(group_id)
        directory.edges.drop_group(group_id)
        directory.dynamic.pop(group_id, None)
        directory.hanging.drop(group_id)
        directory.changed("GROUP.DELETED", group_subject(record))


def direct_counts(directory: Directory, group_id: str) -> Json:
    """Return how many users and groups are direct members; a dynamic group may count 0."""
    listed = directory.listed
    return {
        "users": len(listed.members_of("users", group_id)),
        "groups": len(listed.members_of("groups", group_id)),
    }


def total_counts(directory: Directory, group_id: str) -> Json:
    """Return how many users and groups are members in any way."""
    with directory.lock:
        users = members_of(directory, "users", group_id)
        return {"users": len(users), "groups": len(members_of(directory, "groups", group_id))}


def checksum(record: Json) -> str:
    """Return an opaque text that changes with the group's own fields."""
    return hashlib.blake2b(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
