"""The routes by which an application sees its own roles (docs/pingone.md §1.3), which most are not let see.

Knows the one worker application and the role that the switches give it; the environment has no roles of its own.
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Final

from werkzeug.exceptions import NotFound

from scimbridge.sandbox.http.errors import not_found
from scimbridge.sandbox.http.exchange import Answer, Api, Route, answer_list, read_window

if TYPE_CHECKING:
    from scimbridge.sandbox.store.records import Json

_NAMES: Final = {"admin": "Identity Data Admin", "read": "Identity Data Read Only"}


def role_routes(api: Api) -> list[Route]:
    """Return the routes of roles and of their assignments to applications."""
    return [
        Route("GET", "/roles", partial(_list_roles, api)),
        Route("GET", "/applications/<application>/roleAssignments", partial(_list_assignments, api)),
    ]


def _check_shown(api: Api) -> None:
    if not api.switches.shows_roles:
        raise NotFound  # as every other route that is not there


def _id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def _list_roles(api: Api) -> Answer:
    _check_shown(api)
    asked, _, _ = read_window(api)
    return answer_list(api, "roles", [], asked, (0, None))


def _list_assignments(api: Api, application: str) -> Answer:
    _check_shown(api)
    if application != api.client_id:
        raise not_found()
    asked, _, _ = read_window(api)
    named = _NAMES.get(api.switches.rights)
    held = [key for key, role in api.directory.hanging.roles.items() if role["name"] == named]
    scope = {"id": api.directory.environment_id, "type": "ENVIRONMENT"}
    items: list[Json] = [{"id": _id_of(f"{key} {scope['id']}"), "role": {"id": key}, "scope": scope} for key in held]
    return answer_list(api, "roleAssignments", items, asked, (len(items), None))
