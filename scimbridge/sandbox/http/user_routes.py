"""The routes of users: records, facets, passwords, actions (docs/pingone.md §2.1, §2.8, §10).

Knows HTTP: methods, media types, query parameters; what the calls mean is told by users.py and its like.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from flask import request

from scimbridge.sandbox.http.errors import invalid_request
from scimbridge.sandbox.http.exchange import (
    JSON,
    Answer,
    Api,
    Route,
    answer_list,
    base,
    media,
    read_body,
    read_json,
    read_window,
    refuse_parameter,
    require_media,
)
from scimbridge.sandbox.http.render import show_facet, show_population, show_user
from scimbridge.sandbox.lists.listing import list_records
from scimbridge.sandbox.model import accounts, facets, passwords, users
from scimbridge.sandbox.model.memberships import listed_groups_of, read_expand

if TYPE_CHECKING:
    from scimbridge.sandbox.store.records import Json

VENDOR: Final = "application/vnd.pingidentity."
IMPORT: Final = f"{VENDOR}user.import+json"
OPERATIONS: Final = f"{VENDOR}user.scim.patch+json"
LOCK: Final = f"{VENDOR}account.lock+json"
UNLOCK: Final = f"{VENDOR}account.unlock+json"
SEND_CODE: Final = f"{VENDOR}user.sendverificationcode+json"
VERIFY: Final = f"{VENDOR}user.verify+json"
_INCLUDES: Final = ("memberOfGroupIDs", "memberOfGroupNames")


def user_routes(api: Api) -> list[Route]:
    """Return the routes below the environment."""
    one = "/users/<user>"
    routes = [
        Route("GET", "/users", partial(_list, api)),
        Route("POST", "/users", partial(_create, api)),
        Route("GET", one, partial(_read, api)),
        Route("PUT", one, partial(_replace, api)),
        Route("PATCH", one, partial(_patch, api)),
        Route("DELETE", one, partial(_delete, api)),
        Route("POST", one, partial(_act, api)),
        Route("GET", f"{one}/password", partial(_see_password, api)),
        Route("PUT", f"{one}/password", partial(_put_password, api)),
        Route("POST", f"{one}/password", partial(_post_password, api)),
    ]
    for name in facets.NAMES:
        routes.append(Route("GET", f"{one}/{name}", partial(_see_facet, api, name)))
        routes.append(Route("PUT", f"{one}/{name}", partial(_put_facet, api, name)))
    return routes


def _show(api: Api, record: Json) -> Json:
    shown = show_user(api.directory, record, base(api.directory))
    if read_expand(request.args.get("expand"), "population"):
        _embed_population(api, shown, record)
    return shown


def _embed_population(api: Api, shown: Json, record: Json) -> None:
    population = api.directory.populations.get(record["population"]["id"])
    if population is not None:
        shown["_embedded"] = {"population": show_population(api.directory, population, base(api.directory))}


def _list(api: Api) -> Answer:
    refuse_parameter("include", "on a list")
    asked, after, limit = read_window(api)
    expand = read_expand(asked.get("expand"), "population")
    page = list_records(api.directory, "users", asked.get("filter"), after, limit)
    address = base(api.directory)
    items = [show_user(api.directory, record, address) for record in page.records]
    if expand:
        for shown, record in zip(items, page.records, strict=True):
            _embed_population(api, shown, record)
    return answer_list(api, "users", items, asked, (page.count, page.last))


def _create(api: Api) -> Answer:
    importing = require_media(JSON, IMPORT) == IMPORT
    record = users.create_user(api.directory, read_body(), importing=importing)
    return 201, show_user(api.directory, record, base(api.directory))


def _read(api: Api, user: str) -> Answer:
    wanted = [name for name in request.args.get("include", "").split(",") if name]
    for name in wanted:
        if name not in _INCLUDES:
            raise invalid_request("INVALID_PARAMETER", "include", f"must be one of {', '.join(_INCLUDES)}")
    with api.directory.lock:
        record = api.directory.see("users", user)
        found = list(listed_groups_of(api.directory, "users", record)) if wanted else []
        names = [api.directory.groups.rows[group_id]["name"] for group_id in found]
        if api.switches.group_names_order == "other":
            names.reverse()
    shown = _show(api, record)
    if "memberOfGroupIDs" in wanted:
        shown["memberOfGroupIDs"] = found
    if "memberOfGroupNames" in wanted:
        shown["memberOfGroupNames"] = names
    return 200, shown


def _replace(api: Api, user: str) -> Answer:
    return 200, _show(api, users.replace_user(api.directory, user, read_json()))


def _patch(api: Api, user: str) -> Answer:
    change = users.operate_user if require_media(JSON, OPERATIONS) == OPERATIONS else users.merge_user
    return 200, _show(api, change(api.directory, user, read_body()))


def _delete(api: Api, user: str) -> Answer:
    users.delete_user(api.directory, user)
    return 204, None


def _act(api: Api, user: str) -> Answer:
    given = require_media(LOCK, UNLOCK, SEND_CODE, VERIFY)
    if given == LOCK:
        record = facets.lock_account(api.directory, user, read_body(optional=True))
    elif given == SEND_CODE:
        record = accounts.send_verification(api.directory, user)
    elif given == VERIFY:
        record = accounts.verify(api.directory, user, read_body().get("verificationCode"))
    else:
        record = facets.unlock_account(api.directory, user)
    return 200, _show(api, record)


def _see_facet(api: Api, name: str, user: str) -> Answer:
    return 200, show_facet(facets.see_facet(api.directory, user, name), user, name, base(api.directory))


def _put_facet(api: Api, name: str, user: str) -> Answer:
    shown = facets.put_facet(api.directory, user, name, read_json())
    return 200, show_facet(shown, user, name, base(api.directory))


def _see_password(api: Api, user: str) -> Answer:
    return 200, passwords.see_state(api.directory, user)


def _put_password(api: Api, user: str) -> Answer:
    require_media(*passwords.PUT_MEDIA)
    return 200, passwords.put_password(api.directory, user, media(), read_body())


def _post_password(api: Api, user: str) -> Answer:
    require_media(*passwords.POST_MEDIA, passwords.FORCE_CHANGE[api.switches.force_change_type])
    return 200, passwords.post_password(api.directory, user, media(), read_body(optional=True))
