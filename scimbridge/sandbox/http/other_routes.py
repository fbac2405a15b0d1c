"""The routes of groups, memberships, populations, schema, environment and feed.

Knows HTTP: methods, media types, query parameters; what the calls mean is told by groups.py and its like.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from flask import request

from scimbridge.sandbox.http.errors import invalid_data, invalid_request, not_found
from scimbridge.sandbox.http.exchange import (
    Answer,
    Api,
    Route,
    answer_list,
    base,
    read_json,
    read_window,
    refuse_parameter,
)
from scimbridge.sandbox.http.render import (
    show_attribute,
    show_environment,
    show_group,
    show_membership,
    show_population,
    show_schema,
)
from scimbridge.sandbox.lists.listing import list_events, list_memberships, list_records
from scimbridge.sandbox.model import groups, populations
from scimbridge.sandbox.model.activities import Subject
from scimbridge.sandbox.model.memberships import add_membership, read_expand, remove_membership, see_membership

if TYPE_CHECKING:
    from scimbridge.sandbox.model.schema import SchemaAttribute
    from scimbridge.sandbox.store.edges import MemberKind

ACTIVITIES_CEILING: Final = 500


def group_routes(api: Api) -> list[Route]:
    """Return the routes of groups."""
    one = "/groups/<group>"
    return [
        Route("GET", "/groups", partial(_list_groups, api)),
        Route("POST", "/groups", partial(_create_group, api)),
        Route("GET", one, partial(_read_group, api)),
        Route("PUT", one, partial(_replace_group, api)),
        Route("DELETE", one, partial(_delete_group, api)),
    ]


def _list_groups(api: Api) -> Answer:
    refuse_parameter("include", "on a list")
    refuse_parameter("expand", "here")
    asked, after, limit = read_window(api)
    page = list_records(api.directory, "groups", asked.get("filter"), after, limit)
    with api.directory.lock:
        items = [show_group(api.directory, record, base(api.directory)) for record in page.records]
    return answer_list(api, "groups", items, asked, (page.count, page.last))


def _create_group(api: Api) -> Answer:
    record = groups.create_group(api.directory, read_json())
    return 201, show_group(api.directory, record, base(api.directory))


def _read_group(api: Api, group: str) -> Answer:
    include = request.args.get("include")
    if include not in (None, "totalMemberCounts"):
        raise invalid_request("INVALID_PARAMETER", "include", "must be totalMemberCounts")
    with api.directory.lock:
        shown = show_group(api.directory, api.directory.see("groups", group), base(api.directory))
        if include:
            shown["totalMemberCounts"] = groups.total_counts(api.directory, group)
    return 200, shown


def _replace_group(api: Api, group: str) -> Answer:
    record = groups.replace_group(api.directory, group, read_json())
    return 200, show_group(api.directory, record, base(api.directory))


def _delete_group(api: Api, group: str) -> Answer:
    groups.delete_group(api.directory, group)
    return 204, None


def membership_routes(api: Api) -> list[Route]:
    """Return the routes of memberships, of users and of groups."""
    routes = []
    kinds: tuple[tuple[MemberKind, str], ...] = (("users", "<user>"), ("groups", "<group>"))
    for kind, member in kinds:
        many = f"/{kind}/{member}/memberOfGroups"
        routes += [
            Route("GET", many, partial(_list_memberships, api, kind)),
            Route("POST", many, partial(_add_membership, api, kind)),
            Route("GET", f"{many}/<parent>", partial(_see_membership, api, kind)),
            Route("DELETE", f"{many}/<parent>", partial(_remove_membership, api, kind)),
        ]
    return routes


def _list_memberships(api: Api, kind: MemberKind, **member: str) -> Answer:
    (member_id,) = member.values()
    asked, after, limit = read_window(api)
    expand = read_expand(asked.get("expand"), "group")
    address, directory = base(api.directory), api.directory
    with directory.lock:
        page, rows = list_memberships(directory, kind, member_id, asked.get("filter"), (after, limit))
        items = [show_membership(directory, kind, member_id, item, address) for item in page.records]
        for item, row in zip(items, rows if expand else (), strict=False):
            item["_embedded"] = {"group": show_group(directory, row, address)}
    return answer_list(api, "groupMemberships", items, asked, (page.count, page.last))


def _add_membership(api: Api, kind: MemberKind, **member: str) -> Answer:
    (member_id,) = member.values()
    item = add_membership(api.directory, kind, member_id, read_json())
    return 201, show_membership(api.directory, kind, member_id, item, base(api.directory))


def _see_membership(api: Api, kind: MemberKind, parent: str, **member: str) -> Answer:
    (member_id,) = member.values()
    item = see_membership(api.directory, kind, member_id, parent)
    return 200, show_membership(api.directory, kind, member_id, item, base(api.directory))


def _remove_membership(api: Api, kind: MemberKind, parent: str, **member: str) -> Answer:
    (member_id,) = member.values()
    remove_membership(api.directory, kind, member_id, parent)
    return 204, None


def population_routes(api: Api) -> list[Route]:
    """Return the routes of populations."""
    one = "/populations/<population>"
    return [
        Route("GET", "/populations", partial(_list_populations, api)),
        Route("POST", "/populations", partial(_create_population, api)),
        Route("GET", one, partial(_read_population, api)),
        Route("PUT", one, partial(_replace_population, api)),
        Route("DELETE", one, partial(_delete_population, api)),
    ]


def _list_populations(api: Api) -> Answer:
    asked, after, limit = read_window(api)
    page = list_records(api.directory, "populations", asked.get("filter"), after, limit)
    with api.directory.lock:
        items = [show_population(api.directory, record, base(api.directory)) for record in page.records]
    return answer_list(api, "populations", items, asked, (page.count, page.last))


def _create_population(api: Api) -> Answer:
    record = populations.create_population(api.directory, read_json())
    return 201, show_population(api.directory, record, base(api.directory))


def _read_population(api: Api, population: str) -> Answer:
    with api.directory.lock:
        record = api.directory.see("populations", population)
        return 200, show_population(api.directory, record, base(api.directory))


def _replace_population(api: Api, population: str) -> Answer:
    record = populations.replace_population(api.directory, population, read_json())
    return 200, show_population(api.directory, record, base(api.directory))


def _delete_population(api: Api, population: str) -> Answer:
    populations.delete_population(api.directory, population)
    return 204, None


def environment_routes(api: Api) -> list[Route]:
    """Return the routes of the environment itself, its schema and its feed."""
    attributes = "/schemas/<schema>/attributes"
    return [
        Route("GET", "", partial(_read_environment, api)),
        Route("GET", "/activities", partial(_list_activities, api)),
        Route("GET", "/schemas", partial(_list_schemas, api)),
        Route("GET", "/schemas/<schema>", partial(_read_schema, api)),
        Route("GET", attributes, partial(_list_attributes, api)),
        Route("POST", attributes, partial(_create_attribute, api)),
        Route("GET", f"{attributes}/<attribute>", partial(_read_attribute, api)),
        Route("PUT", f"{attributes}/<attribute>", partial(_change_attribute, api, whole=True)),
        Route("PATCH", f"{attributes}/<attribute>", partial(_change_attribute, api, whole=False)),
        Route("DELETE", f"{attributes}/<attribute>", partial(_delete_attribute, api)),
    ]


def _read_environment(api: Api) -> Answer:
    return 200, show_environment(api.directory, base(api.directory))


def _list_activities(api: Api) -> Answer:
    asked, after, limit = read_window(api, ACTIVITIES_CEILING)
    page = list_events(api.directory, asked.get("filter"), after, limit)
    address, environment_id = base(api.directory), api.directory.environment_id
    items = [event.to_json(address, environment_id, api.client_id) for event in page.events]
    return answer_list(api, "activities", items, asked, (page.count, page.last))


def _check_schema(api: Api, schema: str) -> None:
    if schema != api.directory.schema.id:
        raise not_found()


def _list_schemas(api: Api) -> Answer:
    asked, _, _ = read_window(api)
    return answer_list(api, "schemas", [show_schema(api.directory, base(api.directory))], asked, (1, None))


def _read_schema(api: Api, schema: str) -> Answer:
    _check_schema(api, schema)
    return 200, show_schema(api.directory, base(api.directory))


def _list_attributes(api: Api, schema: str) -> Answer:
    _check_schema(api, schema)
    asked, after, limit = read_window(api)
    with api.directory.lock:
        rows = list(enumerate(api.directory.schema, start=1))
    rest = [(serial, attribute) for serial, attribute in rows if serial > after]
    items = [show_attribute(api.directory, attribute, base(api.directory)) for _, attribute in rest[:limit]]
    last = rest[limit - 1][0] if len(rest) > limit else None
    return answer_list(api, "attributes", items, asked, (len(rows), last))


def _create_attribute(api: Api, schema: str) -> Answer:
    _check_schema(api, schema)
    with api.directory.lock:
        attribute = api.directory.schema.add_custom(read_json())
        _note(api, attribute, "CREATED")
    return 201, show_attribute(api.directory, attribute, base(api.directory))


def _read_attribute(api: Api, schema: str, attribute: str) -> Answer:
    _check_schema(api, schema)
    with api.directory.lock:
        found = api.directory.schema.by_id(attribute)
    return 200, show_attribute(api.directory, found, base(api.directory))


def _change_attribute(api: Api, schema: str, attribute: str, *, whole: bool) -> Answer:
    _check_schema(api, schema)
    body = read_json()
    with api.directory.lock:
        if body.get("enabled") is False:
            _refuse_used(api, api.directory.schema.by_id(attribute))
        changed = api.directory.schema.change(attribute, body, whole=whole)
        _note(api, changed, "UPDATED")
    return 200, show_attribute(api.directory, changed, base(api.directory))


def _delete_attribute(api: Api, schema: str, attribute: str) -> Answer:
    _check_schema(api, schema)
    with api.directory.lock:
        _refuse_used(api, api.directory.schema.by_id(attribute))
        gone = api.directory.schema.drop(attribute)
        for record in list(api.directory.users):
            if gone.name in record:
                api.directory.users.put({name: value for name, value in record.items() if name != gone.name})
        _note(api, gone, "DELETED")
    return 204, None


def _refuse_used(api: Api, attribute: SchemaAttribute) -> None:
    """Refuse to lose an attribute that a dynamic group reads (docs/pingone.md §3)."""
    for dynamic in api.directory.dynamic.values():
        if any(path.split(".")[0] == attribute.name for path in dynamic.paths):
            raise invalid_data("CONSTRAINT_VIOLATION", attribute.name, "is used in the userFilter of a group")


def _note(api: Api, attribute: SchemaAttribute, what: str) -> None:
    path = f"/schemas/{api.directory.schema.id}/attributes/{attribute.id}"
    api.directory.changed(f"SCHEMA_ATTRIBUTE.{what}", Subject("SCHEMA_ATTRIBUTE", attribute.id, attribute.name, path))
