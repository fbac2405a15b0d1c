"""The routes of what hangs on users and groups, of agreements and of what an environment has (docs/pingone.md §15).

Knows HTTP; what the calls mean is told by accounts.py, hanging.py and agreements.py.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import regex
from flask import request

from scimbridge.sandbox.http.errors import invalid_request, not_found
from scimbridge.sandbox.http.exchange import (
    Answer,
    Api,
    Route,
    base,
    origin,
    read_body,
    read_json,
    require_media,
)
from scimbridge.sandbox.http.render import show_environment, show_user
from scimbridge.sandbox.model import accounts, agreements, hanging

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Collection
    from scimbridge.sandbox.store.hanging import Part
    from scimbridge.sandbox.store.records import Json

VENDOR: Final = "application/vnd.pingidentity."
SEND_EMAIL: Final = f"{VENDOR}user.emailverification.send+json"
VERIFY_EMAIL: Final = f"{VENDOR}user.emailverification.verify+json"
DEVICE_ACTIONS: Final = {f"{VENDOR}device.{action}+json": action for action in ("block", "unblock", "unlock")}
ACCEPT: Final = f"{VENDOR}consent.accept+json"
REVOKE: Final = f"{VENDOR}consent.revoke+json"
USERS: Final = "/users/<user>"
MOST_ENVIRONMENTS: Final = 500
OF_ENVIRONMENTS: Final = regex.compile(
    r'(?:(?P<path>id|organization\.id|license\.id|status) eq|name sw) "(?P<text>[^"\\]*)"', regex.IGNORECASE
)
"""The filters that environments have, one at a time (docs/pingone.md §15.9)."""


def operation_routes(api: Api) -> list[Route]:
    """Return the routes below the environment."""
    consent = f"{USERS}/agreementConsents/<agreement>"
    agreement = "/agreements/<agreement>"
    parts: tuple[tuple[Collection, Part, str], ...] = (
        ("users", "sessions", USERS),
        ("users", "linkedAccounts", USERS),
        ("users", "devices", USERS),
        ("users", "roleAssignments", USERS),
        ("groups", "roleAssignments", "/groups/<group>"),
    )
    return [
        *(route for kind, part, holder in parts for route in _part_routes(api, kind, part, f"{holder}/{part}")),
        Route("POST", f"{USERS}/emailVerification", partial(_email_verification, api)),
        Route("POST", f"{USERS}/notifications/quota", partial(_reset_quota, api)),
        Route("POST", f"{USERS}/linkedAccounts", partial(_link, api)),
        Route("POST", f"{USERS}/roleAssignments", partial(_assign, api, "users")),
        Route("POST", "/groups/<group>/roleAssignments", partial(_assign, api, "groups")),
        Route("POST", f"{USERS}/devices/<item>", partial(_act_on_device, api)),
        Route("GET", f"{USERS}/agreementConsents", partial(_list_consents, api)),
        Route("GET", consent, partial(_see_consent, api)),
        Route("POST", consent, partial(_post_consent, api)),
        Route("GET", "/agreements", partial(_list_agreements, api)),
        Route("GET", agreement, partial(_see_agreement, api)),
        Route("GET", f"{agreement}/languages", partial(_list_languages, api)),
        Route("GET", f"{agreement}/languages/<language>", partial(_see_language, api)),
        Route("GET", f"{agreement}/languages/<language>/revisions", partial(_list_revisions, api)),
        Route("GET", f"{agreement}/languages/<language>/revisions/<revision>", partial(_see_revision, api)),
        Route("GET", "/gateways", partial(_list_gateways, api)),
    ]


def root_routes(api: Api) -> list[Route]:
    """Return the routes beside the environments, and those of the host of agreements."""
    text = "/environments/<environment>/agreements/<agreement>/languages/<language>/revisions/<revision>.json"
    return [
        Route("GET", "/v1/environments", partial(_list_environments, api)),
        Route("GET", "/v1/roles", partial(_list_roles, api)),
        Route("GET", "/v1/roles/<role>", partial(_see_role, api)),
        Route("GET", text, partial(_tell_text, api)),
    ]


def _whole(name: str, records: list[Json]) -> Answer:
    """Return a list that has no pages, nor parameters of pages, nor a filter."""
    for parameter in ("limit", "cursor", "filter"):
        if parameter in request.args:
            raise invalid_request("INVALID_PARAMETER", parameter, "is not supported here")
    shown = f"{origin()}{request.path}"
    return 200, {"_links": {"self": {"href": shown}}, "_embedded": {name: records}, "count": len(records),
                 "size": len(records)}  # fmt: skip


def _part_routes(api: Api, kind: Collection, part: Part, path: str) -> list[Route]:
    def every(**holder: str) -> Answer:
        (key,) = holder.values()
        records = hanging.list_parts(api.directory, kind, key, part)
        if (expand := request.args.get("expand")) is not None:
            if (part, expand) != ("linkedAccounts", "identityProviders"):
                raise invalid_request("INVALID_PARAMETER", "expand", "is not supported here")
            records = [{**each, "_embedded": {"identityProvider": _provider(api, each)}} for each in records]
        return _whole(part, records)

    def one(item: str, **holder: str) -> Answer:
        (key,) = holder.values()
        return 200, hanging.see_part(api.directory, kind, key, part, item)

    def drop(item: str, **holder: str) -> Answer:
        (key,) = holder.values()
        hanging.drop_part(api.directory, kind, key, part, item)
        return 204, None

    return [Route("GET", path, every), Route("GET", f"{path}/<item>", one), Route("DELETE", f"{path}/<item>", drop)]


def _provider(api: Api, linked: Json) -> Json:
    found = api.directory.providers[linked["identityProvider"]["id"]]
    return {"id": found["id"], "name": found["name"]}


def _email_verification(api: Api, user: str) -> Answer:
    if require_media(SEND_EMAIL, VERIFY_EMAIL) == SEND_EMAIL:
        record = accounts.send_email_verification(api.directory, user, read_body())
    else:
        record = accounts.verify_email(api.directory, user, read_body().get("verificationCode"))
    return 200, show_user(api.directory, record, base(api.directory))


def _reset_quota(api: Api, user: str) -> Answer:
    require_media(f"{VENDOR}quota.reset+json")
    accounts.reset_quota(api.directory, user)
    return 204, None


def _link(api: Api, user: str) -> Answer:
    require_media(f"{VENDOR}account.link+json")
    record = hanging.link(api.directory, user, read_body())
    # As documented: with personal values that nobody asked for.
    shown = show_user(api.directory, api.directory.users.rows[user], base(api.directory))
    return 201, {**record, "_embedded": {"user": shown}}


def _assign(api: Api, kind: Collection, **holder: str) -> Answer:
    (key,) = holder.values()
    return 201, hanging.assign(api.directory, kind, key, read_json())


def _act_on_device(api: Api, user: str, item: str) -> Answer:
    action = DEVICE_ACTIONS[require_media(*DEVICE_ACTIONS)]
    device = hanging.act_on_device(api.directory, user, item, action)
    return (204, None) if api.switches.device_action_code == 204 else (200, device)  # noqa: PLR2004


def _list_consents(api: Api, user: str) -> Answer:
    return _whole("agreementConsents", agreements.consents_of(api.directory, user))


def _see_consent(api: Api, user: str, agreement: str) -> Answer:
    return 200, agreements.consent_of(api.directory, user, agreement)


def _post_consent(api: Api, user: str, agreement: str) -> Answer:
    if require_media(ACCEPT, REVOKE) == ACCEPT:
        return api.switches.accepted_code, agreements.accept(api.directory, user, agreement, read_body())
    return 200, agreements.revoke(api.directory, user, agreement)


def _list_agreements(api: Api) -> Answer:
    return _whole("agreements", list(api.directory.hanging.agreements.values()))


def _see_agreement(api: Api, agreement: str) -> Answer:
    return 200, agreements.see(api.directory.hanging.agreements, agreement)


def _languages(api: Api, agreement: str) -> dict[str, Json]:
    agreements.see(api.directory.hanging.agreements, agreement)
    return api.directory.hanging.languages[agreement]


def _list_languages(api: Api, agreement: str) -> Answer:
    return _whole("languages", list(_languages(api, agreement).values()))


def _see_language(api: Api, agreement: str, language: str) -> Answer:
    return 200, agreements.see(_languages(api, agreement), language)


def _revisions(api: Api, agreement: str, language: str) -> dict[str, Json]:
    agreements.see(_languages(api, agreement), language)
    return api.directory.hanging.revisions[language]


def _list_revisions(api: Api, agreement: str, language: str) -> Answer:
    found = _revisions(api, agreement, language).values()
    return _whole("revisions", [agreements.show_revision(api.directory, each) for each in found])


def _see_revision(api: Api, agreement: str, language: str, revision: str) -> Answer:
    found = agreements.see(_revisions(api, agreement, language), revision)
    return 200, agreements.show_revision(api.directory, found)


def _tell_text(api: Api, agreement: str, language: str, revision: str) -> Answer:
    if api.switches.agreement_text != "host":
        raise not_found()
    return 200, agreements.see(_revisions(api, agreement, language), revision)


def _list_gateways(api: Api) -> Answer:
    return _whole("gateways", list(api.directory.hanging.gateways.values()))


def _list_environments(api: Api) -> Answer:
    if request.args.get("expand") not in (None, "billOfMaterials"):
        raise invalid_request("INVALID_PARAMETER", "expand", "must be billOfMaterials")
    limit = request.args.get("limit", "1")
    if not regex.fullmatch(r"[0-9]{1,3}", limit) or not 1 <= int(limit) <= MOST_ENVIRONMENTS:
        raise invalid_request("INVALID_PARAMETER", "limit", f"must be 1 to {MOST_ENVIRONMENTS}")
    record = {**show_environment(api.directory, base(api.directory)), "status": "ACTIVE"}
    found = [record] if _is_asked_for(record, request.args.get("filter")) else []
    if "expand" in request.args:
        record["_embedded"] = {"billOfMaterials": {"products": [{"type": "PING_ONE_BASE"}]}}
    return 200, {"_links": {"self": {"href": f"{origin()}/v1/environments"}}, "_embedded": {"environments": found},
                 "count": len(found), "size": len(found)}  # fmt: skip


def _is_asked_for(record: Json, text: str | None) -> bool:
    """Whether a filter holds for an environment. Raises ApiError 400 for one that environments have not."""
    if text is None:
        return True
    match = OF_ENVIRONMENTS.fullmatch(text.strip())
    if match is None:
        raise invalid_request("INVALID_FILTER", "filter", "is not supported: name sw, or eq on id and others")
    wanted = match["text"].casefold()
    if match["path"] is None:
        return str(record["name"]).casefold().startswith(wanted)
    held: Any = record
    for step in match["path"].lower().split("."):
        held = held[step]
    return str(held).casefold() == wanted


def _list_roles(api: Api) -> Answer:
    return _whole("roles", list(api.directory.hanging.roles.values()))


def _see_role(api: Api, role: str) -> Answer:
    return 200, agreements.see(api.directory.hanging.roles, role)
