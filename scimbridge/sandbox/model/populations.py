"""Populations: create, replace, delete; there is always exactly one default (docs/pingone.md §5).

Knows populations and counts their users; which user is where stands in the user's record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scimbridge.sandbox.http.errors import NOT_UNIQUE, VALIDATION, ApiError, Detail, invalid_data, invalid_value
from scimbridge.sandbox.model.groups import delete_group
from scimbridge.sandbox.model.memberships import level_of
from scimbridge.sandbox.model.replacing import added_field, check_read_only
from scimbridge.sandbox.model.users import read_boolean
from scimbridge.sandbox.store.directory import population_subject

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory
    from scimbridge.sandbox.store.records import Json


READ_ONLY: Final = ("_links", "_embedded", "id", "environment", "createdAt", "updatedAt", "userCount")


def _read_fields(body: Json) -> Json:
    if body.get("name") is None:
        raise invalid_data("REQUIRED_VALUE", "name", "must not be null")
    fields: Json = {}
    for field in ("name", "description", "preferredLanguage"):
        value = body.get(field)
        if value is None:
            continue
        if not isinstance(value, str):
            raise invalid_value(field, "must be a string")
        if not value.strip():
            raise invalid_value(field, "must be at least 1 characters long")
        fields[field] = value
    return fields | _read_references(body)


def _read_references(body: Json) -> Json:
    fields: Json = {}
    for field in ("passwordPolicy", "theme"):
        value = body.get(field)
        if value is not None:
            if not isinstance(value, dict) or not isinstance(value.get("id"), str):
                raise invalid_value(field, "must be an object with an id")
            fields[field] = {"id": value["id"]}
    others = body.get("alternativeIdentifiers")
    if others is not None:
        if not isinstance(others, list) or not all(isinstance(other, str) and other for other in others):
            raise invalid_value("alternativeIdentifiers", "must be an array of strings")
        fields["alternativeIdentifiers"] = others
    return fields


def _check_name(directory: Directory, name: str, own_id: str | None) -> None:
    holder = next((i for i in directory.populations.find("name", name) if i != own_id), None)
    if holder is not None:
        inner = {"existingId": holder} if directory.switches.existing_id else {}
        raise invalid_data("UNIQUENESS_VIOLATION", "name", NOT_UNIQUE, **inner)


def _move_default(directory: Directory, new_id: str) -> None:
    for other in list(directory.populations):
        if other["default"] and other["id"] != new_id:
            directory.populations.put(directory.bumped({**other, "default": False}))


def create_population(directory: Directory, body: Json) -> Json:
    """Create a population; the first is the default, a later one takes the flag when it says so.

    Raises ApiError 400.
    """
    with directory.lock:
        fields = _read_fields(body)
        _check_name(directory, fields["name"], None)
        default = read_boolean(body, "default", default=False) or directory.default_population() is None
        record: Json = {"id": directory.new_id(), **fields, "default": default, **directory.stamps()}
        directory.populations.add(record)
        if default:
            _move_default(directory, record["id"])
        directory.hide_new(record["id"])
        directory.changed("POPULATION.CREATED", population_subject(record))
        return record


def replace_population(directory: Directory, population_id: str, body: Json) -> Json:
    """PUT: what is left out is gone, but the default keeps its flag. Raises ApiError 400 and 404."""
    with directory.lock:
        old = directory.find("populations", population_id)
        check_read_only(directory.switches, body, READ_ONLY)
        fields = _read_fields(body) | added_field(directory.switches, old, body)
        _check_name(directory, fields["name"], population_id)
        default = read_boolean(body, "default", default=old["default"])
        if old["default"] and not default:
            raise invalid_value("default", "there must be a default population")
        kept = {name: old[name] for name in ("id", "createdAt", "updatedAt")}
        record = directory.bumped({**kept, **fields, "default": default})
        directory.populations.put(record)
        if default:
            _move_default(directory, population_id)
        directory.changed("POPULATION.UPDATED", population_subject(record))
        return record


def count_users(directory: Directory, population_id: str) -> int:
    """Return how many users are in a population."""
    return len(directory.users.find("population.id", population_id))


def delete_population(directory: Directory, population_id: str) -> None:
    """Delete an empty population with its groups. Raises ApiError 404, and 400 or 409 as switched."""
    with directory.lock:
        record = directory.find("populations", population_id)
        if len(directory.populations) == 1:
            raise _constraint(400, "must contain at least one population")
        if record["default"]:
            raise _constraint(400, "the default population cannot be deleted")
        if count_users(directory, population_id):
            status = directory.switches.population_with_users_status
            raise _constraint(status, "the population still has users")
        for group in [group for group in directory.groups if level_of(group) == population_id]:
            delete_group(directory, group["id"])
        directory.populations.drop(population_id)
        directory.changed("POPULATION.DELETED", population_subject(record))


def _constraint(status: int, message: str) -> ApiError:
    return ApiError(status, "INVALID_DATA", VALIDATION, [Detail("CONSTRAINT_VIOLATION", None, message)])
