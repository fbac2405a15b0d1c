"""Records as the API shows them: with links, environment and what was asked to come along.

Knows addresses and shapes (docs/pingone.md §2.6, §4.2, §5), nothing of requests. `base` is the absolute address
of the environment: `http://host/v1/environments/<id>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimbridge.sandbox.model.groups import checksum, direct_counts
from scimbridge.sandbox.model.populations import count_users

if TYPE_CHECKING:
    from scimbridge.sandbox.model.schema import SchemaAttribute
    from scimbridge.sandbox.store.directory import Directory
    from scimbridge.sandbox.store.edges import MemberKind
    from scimbridge.sandbox.store.records import Json


def _to(href: str) -> Json:
    return {"href": href}


def show_user(directory: Directory, record: Json, base: str) -> Json:
    """Return a user; disabled attributes are not shown."""
    user = f"{base}/users/{record['id']}"
    here, password = _to(user), _to(f"{user}/password")
    shown: Json = {
        "_links": {
            "self": here,
            "password": password,
            "password.set": password,
            "password.reset": password,
            "password.check": password,
            "password.recover": password,
            "account.sendVerificationCode": here,
            "linkedAccounts": _to(f"{user}/linkedAccounts"),
            "environment": _to(base),
            "population": _to(f"{base}/populations/{record['population']['id']}"),
            "devices": _to(f"{user}/devices"),
            "roleAssignments": _to(f"{user}/roleAssignments"),
        },
        "id": record["id"],
        "environment": {"id": directory.environment_id},
        **record,
    }
    shown.pop("bypassMFA", None)
    for name in directory.schema.hidden:
        shown.pop(name, None)
    return shown


def show_group(directory: Directory, record: Json, base: str) -> Json:
    """Return a group with its direct counts."""
    shown: Json = {
        "_links": {"self": _to(f"{base}/groups/{record['id']}")},
        "id": record["id"],
        "environment": {"id": directory.environment_id},
        **record,
        "displayName": record["name"],
        "isExternal": False,
        "directMemberCounts": direct_counts(directory, record["id"]),
    }
    if directory.switches.group_checksum:
        shown["checkSum"] = checksum(record)
    return shown


def show_population(directory: Directory, record: Json, base: str) -> Json:
    """Return a population with the number of its users."""
    return {
        "_links": {"self": _to(f"{base}/populations/{record['id']}")},
        "id": record["id"],
        "environment": {"id": directory.environment_id},
        **record,
        "userCount": count_users(directory, record["id"]),
    }


def show_provider(directory: Directory, record: Json, base: str) -> Json:
    """Return an identity provider."""
    return {
        "_links": {"self": _to(f"{base}/identityProviders/{record['id']}"), "environment": _to(base)},
        "id": record["id"],
        "environment": {"id": directory.environment_id},
        **record,
    }


def show_membership(directory: Directory, kind: MemberKind, member_id: str, item: Json, base: str) -> Json:
    """Return a membership as the list and the single read give it."""
    member = f"{base}/{kind}/{member_id}"
    links: Json = {"self": _to(f"{member}/memberOfGroups/{item['id']}")}
    if kind == "users":
        links["user"] = _to(member)
    links |= {"environment": _to(base), "group": _to(f"{base}/groups/{item['id']}")}
    return {"_links": links, "id": item["id"], "environment": {"id": directory.environment_id}, **item}


def show_facet(body: Json, user_id: str, name: str, base: str) -> Json:
    """Return the answer of a facet call."""
    user = f"{base}/users/{user_id}"
    return {"_links": {"self": _to(f"{user}/{name}"), "user": _to(user)}, **body}


def show_attribute(directory: Directory, attribute: SchemaAttribute, base: str) -> Json:
    """Return a schema attribute."""
    schema = f"{base}/schemas/{directory.schema.id}"
    return {
        "_links": {"self": _to(f"{schema}/attributes/{attribute.id}"), "schema": _to(schema)},
        "environment": {"id": directory.environment_id},
        "schema": {"id": directory.schema.id},
        **attribute.to_json(),
    }


def show_schema(directory: Directory, base: str) -> Json:
    """Return the one schema."""
    schema = f"{base}/schemas/{directory.schema.id}"
    return {
        "_links": {"self": _to(schema), "attributes": _to(f"{schema}/attributes")},
        "id": directory.schema.id,
        "environment": {"id": directory.environment_id},
        "name": "User",
        "description": "The schema of users",
        "createdAt": directory.created_at,
        "updatedAt": directory.created_at,
    }


def show_environment(directory: Directory, base: str) -> Json:
    """Return the environment."""
    return {
        "_links": {"self": _to(base)},
        "id": directory.environment_id,
        "name": "Sandbox",
        "description": "A PingOne of our own",
        "organization": {"id": "00000000-0000-4000-8000-000000000001"},
        "license": {"id": "00000000-0000-4000-8000-000000000002"},
        "type": directory.switches.environment_type,
        "region": "EU",
        "createdAt": directory.created_at,
        "updatedAt": directory.created_at,
    }
