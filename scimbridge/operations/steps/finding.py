"""Finding by identifiers: one or several users, the members of a group, a population by any of its names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimbridge.lists.pushed import render_all, to_native
from scimbridge.mapping.query import plan_filter
from scimbridge.operations import matching
from scimbridge.operations.attempt import MOST_PARTS, Attempt
from scimbridge.operations.matching import any_of
from scimbridge.operations.rows import PASSWORD_STATE
from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.kinds import POPULATIONS
from scimbridge.request.ids import is_id
from scimbridge.request.rights import check_scope
from scimbridge.scim.errors import Forbidden, InvalidFilter, InvalidValue, NotFound, TooMany, Uniqueness
from scimbridge.scim.filtering import trees
from scimbridge.scim.verbs import READ
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

PASSWORDS_READ = "passwords:read"
EXTENSION = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PAGE = 100
ALTERNATIVES = "alternativeIdentifiers"


def find_one(attempt: Attempt, room: Room) -> Any:
    """Return the one user with an identifier, with the state of the password where that is wanted."""
    _check_password_state(attempt)
    endpoint, values = room.endpoints["User"], attempt.values
    found = matching.find_one(
        endpoint, attempt.context, attempt.options, values["attributes"], values["identifier"], "attributes"
    )
    answer = endpoint.resource.get(attempt.context, attempt.options, str(found["id"]))
    if values[PASSWORD_STATE] and answer.body is not None:
        _add_password_state(attempt, answer.body, str(found["id"]))
    return answer


def find_some(attempt: Attempt, room: Room) -> Any:
    """Return all users with an identifier or of a filter, at most a hundred. Raises `TooMany` for more."""
    _check_password_state(attempt)
    values, endpoint = attempt.values, room.endpoints["User"]
    has_identifier, has_filter = "identifier" in values and "attributes" in values, "filter" in values
    if has_identifier == has_filter:
        msg = "filter: send either a filter, or attributes with an identifier"
        raise InvalidValue(msg)
    named = "filter" if has_filter else "attributes"
    text = values["filter"] if has_filter else any_of(values["attributes"], values["identifier"], "attributes")
    records, total = matching.find_some(endpoint, attempt.context, attempt.options, text, named, MOST_PARTS)
    if total > MOST_PARTS:
        msg = f"{named}: {total} users are found, and {MOST_PARTS} is the most; ask for fewer, or list {endpoint.path}"
        raise TooMany(msg)
    reply = room.show_all(attempt, records)
    if values[PASSWORD_STATE] and reply.body is not None:
        for resource, record in zip(reply.body["Resources"], records, strict=True):
            _add_password_state(attempt, resource, str(record["id"]))
    return reply


def find_members(attempt: Attempt, room: Room) -> Any:
    """Return up to a hundred members of a group: all, or those that have an identifier."""
    check_scope(attempt.context.caller, "users", READ)
    values, view = attempt.values, room.endpoints["User"].lists.view
    asked: list[native.Node] = [native.MemberOf(attempt.key, direct=values["direct"])]
    keeps = None
    if "identifier" in values or "attributes" in values:
        if "identifier" not in values or not values.get("attributes"):
            msg = "identifier: send attributes and identifier together, or neither"
            raise InvalidValue(msg)
        text = any_of(values["attributes"], values["identifier"], "attributes")
        try:
            plan = plan_filter(trees.parse(text), view.table, strict=attempt.context.manner.strict)
        except InvalidFilter as error:
            raise InvalidValue(f"attributes: {error.detail}") from error
        query = plan.split(room.endpoints["User"].lists.listing.knowledge)
        asked += [] if query.pushed is None else [to_native(query.pushed)]
        keeps = query.keeps
    users = attempt.around.reach.users
    condition = users.within(attempt.context).condition
    asked += [] if condition is None else [condition]
    found: list[Native] = []
    for turned in users.pages(attempt.context, filter=render_all(asked), limit=PAGE):
        found += [
            record
            for record in turned.page.records
            if keeps is None or keeps(view.resource(record, attempt.options.base))
        ]
        if len(found) >= MOST_PARTS:
            break
    return found[:MOST_PARTS]


def find_population(attempt: Attempt, room: Room) -> Any:
    """Return the one population that has an identifier as its id, its name or one of its alternatives."""
    text, endpoint = attempt.values["identifier"], room.endpoints["Population"]
    populations = attempt.around.reach.of(POPULATIONS.collection)
    if is_id(text):
        try:
            return populations.read(attempt.context, text)
        except NotThere:
            pass  # it may still be somebody's alternative identifier
    by_name = any_of([endpoint.lists.view.table.scim_name("name") or "displayName"], text, "identifier")
    found, _total = matching.find_some(endpoint, attempt.context, attempt.options, by_name, "identifier", 2)
    named = [record for record in found if record.get("name") == text] or found
    if not named:
        named = [
            record
            for turned in populations.pages(attempt.context, limit=PAGE)
            for record in turned.page.records
            if text in (record.get(ALTERNATIVES) or ())
        ]
    if len(named) > 1:
        msg = f"{len(named)} populations have that identifier; it has to be one"
        raise Uniqueness(msg)
    if not named:
        msg = "no Population has that identifier as id, name or alternative identifier"
        raise NotFound(msg)
    return named[0]


def _check_password_state(attempt: Attempt) -> None:
    if attempt.values[PASSWORD_STATE] and not attempt.context.caller.may(PASSWORDS_READ):
        msg = f"{PASSWORD_STATE}: this client may not read it: it has not the scope {PASSWORDS_READ}"
        raise Forbidden(msg)


def _add_password_state(attempt: Attempt, resource: dict[str, Any], key: str) -> None:
    state = attempt.at(key).send("GET", "users/{id}/password").body
    resource.setdefault(EXTENSION, {})["passwordState"] = {"status": state.get("status")}
    if EXTENSION not in resource["schemas"]:
        resource["schemas"].append(EXTENSION)
