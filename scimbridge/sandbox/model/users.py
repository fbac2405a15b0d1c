"""Users: create, replace, merge, operate, delete (docs/pingone.md §2.3 to §2.5, §2.10).

Knows what PUT and PATCH leave alone; facets have calls of their own in facets.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.http.errors import NOT_UNIQUE, invalid_data, invalid_value
from scimbridge.sandbox.model import patch
from scimbridge.sandbox.model.attributes import OBJECTS
from scimbridge.sandbox.model.passwords import read_import
from scimbridge.sandbox.model.rules import Cleaner, check_profile
from scimbridge.sandbox.store.directory import user_subject
from scimbridge.sandbox.store.records import Json, values_at

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory

PING_ONE: Final[Json] = {"type": "PING_ONE"}
ACCOUNT_OK: Final[Json] = {"canAuthenticate": True, "status": "OK"}
ACCOUNT_OFF: Final[Json] = {"canAuthenticate": False, "status": "OK"}
_LIFECYCLE_OK: Final[Json] = {"status": "ACCOUNT_OK"}
_LIFECYCLES: Final = ("ACCOUNT_OK", "VERIFICATION_REQUIRED")


def read_boolean(body: Json, name: str, default: bool) -> bool:
    """Return a boolean member. Raises ApiError 400 for anything else."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise invalid_value(name, "must be true or false")
    return value


def read_provider(directory: Directory, given: Any) -> Json:
    """Return the identity provider that a body names; nothing means PingOne. Raises ApiError 400."""
    if given is None or given == {}:
        return PING_ONE
    if not isinstance(given, dict):
        raise invalid_value("identityProvider", "must be an object")
    provider_id = given.get("id")
    if provider_id is None:
        return PING_ONE
    provider = directory.providers.get(provider_id) if isinstance(provider_id, str) else None
    if provider is None:
        raise invalid_value("identityProvider.id", "is not the id of an identity provider")
    return {"id": provider["id"], "type": provider["type"]}


def read_population(directory: Directory, given: Any, target: str) -> str:
    """Return the id of the population that a body names. Raises ApiError 400."""
    if not isinstance(given, str) or given not in directory.populations:
        raise invalid_value(target, "is not the id of a population")
    return given


def create_user(directory: Directory, body: Json, *, importing: bool = False) -> Json:
    """Create a user; `importing` takes password, lifecycle and emailVerified as well.

    Raises ApiError 400.
    """
    with directory.lock:
        switches = directory.switches
        attributes = _drop_empty(Cleaner(directory.schema, switches).clean(body))
        check_profile(attributes, directory.schema, switches)
        enabled = True
        if importing or switches.enabled_on_create == "accept":
            enabled = read_boolean(body, "enabled", default=True)
        record: Json = {
            "id": directory.new_id(),
            **attributes,
            "account": ACCOUNT_OK if enabled else ACCOUNT_OFF,
            "emailVerified": _read_email_verified(body, importing=importing),
            "enabled": enabled,
            "identityProvider": read_provider(directory, body.get("identityProvider")),
            "lifecycle": _read_lifecycle(body) if importing else _LIFECYCLE_OK,
            "mfaEnabled": read_boolean(body, "mfaEnabled", default=switches.mfa_by_default),
            "population": {"id": _placement(directory, body)},
            "verifyStatus": "NOT_INITIATED",
            **directory.stamps(),
        }
        password = read_import(directory, body.get("password")) if importing else None
        check_unique(directory, record, attributes)
        directory.users.add(record)
        if password is not None:
            directory.passwords[record["id"]] = password
        directory.hide_new(record["id"])
        directory.changed("USER.CREATED", user_subject(record))
        return record


def _placement(directory: Directory, body: Json) -> str:
    given = body.get("population")
    if given is None:
        default = directory.default_population()
        if default is None:
            raise invalid_data("REQUIRED_VALUE", "population", "must not be null")
        return str(default["id"])
    if not isinstance(given, dict):
        raise invalid_value("population", "must be an object")
    return read_population(directory, given.get("id"), "population.id")


def _read_email_verified(body: Json, *, importing: bool) -> bool:
    verified = read_boolean(body, "emailVerified", default=False)
    if verified and not importing:
        raise invalid_value("emailVerified", "must be false")
    return verified


def _read_lifecycle(body: Json) -> Json:
    given = body.get("lifecycle")
    if given is None:
        return _LIFECYCLE_OK
    status = given.get("status", "ACCOUNT_OK") if isinstance(given, dict) else None
    if status not in _LIFECYCLES:
        raise invalid_value("lifecycle.status", "is not allowed", allowedValues=list(_LIFECYCLES))
    return {"status": status}


def _drop_empty(attributes: Json) -> Json:
    """Return the attributes without those that are cleared: for a record that starts empty."""
    kept: Json = {}
    for name, value in attributes.items():
        if name in OBJECTS and value is not None:
            members = {member: part for member, part in value.items() if part is not None}
            if members:
                kept[name] = members
        elif value is not None:
            kept[name] = value
    return kept


def check_unique(directory: Directory, record: Json, touched: Json) -> None:
    """Check the unique ones of the touched attributes in the whole environment. Raises ApiError 400."""
    for name in directory.schema.unique:
        if name not in touched:
            continue
        for value in values_at(record, (name,)):
            holder = next((i for i in directory.users.find(name, value) if i != record["id"]), None)
            if holder is not None:
                inner = {"existingId": holder} if directory.switches.existing_id else {}
                raise invalid_data("UNIQUENESS_VIOLATION", name, NOT_UNIQUE, **inner)


def _store(directory: Directory, old: Json, new: Json, touched: Json) -> Json:
    check_profile(new, directory.schema, directory.switches)
    check_unique(directory, new, touched)
    record = directory.bumped({**new, "updatedAt": old["updatedAt"]})
    directory.users.put(record)
    directory.changed("USER.UPDATED", user_subject(record))
    return record


def replace_user(directory: Directory, user_id: str, body: Json) -> Json:
    """PUT: settable attributes not in the body are gone, the identity provider too; facets stay.

    Raises ApiError 400 and 404.
    """
    with directory.lock:
        old = directory.find("users", user_id)
        schema = directory.schema
        attributes = _drop_empty(Cleaner(schema, directory.switches).clean(body))
        kept = {name: value for name, value in old.items() if name not in schema.settable or name in schema.hidden}
        provider = read_provider(directory, body.get("identityProvider"))
        return _store(directory, old, {**kept, **attributes, "identityProvider": provider}, attributes)


def merge_user(directory: Directory, user_id: str, body: Json) -> Json:
    """PATCH with application/json: members given overwrite, null clears. Raises ApiError 400 and 404."""
    with directory.lock:
        old = directory.find("users", user_id)
        changes = Cleaner(directory.schema, directory.switches).clean(body)
        return _store(directory, old, patch.merge(old, changes, directory.schema, directory.switches), changes)


def operate_user(directory: Directory, user_id: str, body: Json) -> Json:
    """PATCH with RFC 7644 operations on native names, all or none. Raises ApiError 400 and 404."""
    with directory.lock:
        old = directory.find("users", user_id)
        touched = patch.operate(old, body, directory.schema)
        cleaned = _drop_empty(Cleaner(directory.schema, directory.switches).clean(touched))
        kept = {name: value for name, value in old.items() if name not in touched}
        return _store(directory, old, {**kept, **cleaned}, cleaned)


def delete_user(directory: Directory, user_id: str) -> None:
    """Delete a user with memberships and password. Raises ApiError 404."""
    with directory.lock:
        record = directory.find("users", user_id)
        directory.users.drop(user_id)
        directory.edges.drop_member("users", user_id)
        directory.passwords.pop(user_id, None)
        directory.hanging.drop(user_id)
        directory.changed("USER.DELETED", user_subject(record))
