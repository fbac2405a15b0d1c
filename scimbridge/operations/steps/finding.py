"""Finding by identifiers: one or several users, the members of a group, a population by any of its names."""

from __future__ import annotations

from dataclasses import replace
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
from scimbridge.pingone.parts import PASSWORD_STATE as STATE
from scimbridge.request.context import AnswerOptions
from scimbridge.request.ids import is_id
from scimbridge.request.rights import check_scope, check_shown
from scimbridge.scim.errors import InvalidFilter, InvalidValue, NotFound, TooMany, Uniqueness
from scimbridge.scim.filtering import trees
from scimbridge.scim.verbs import READ
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

FIELD = STATE.fields[0]
PAGE = 100
ALTERNATIVES = "alternativeIdentifiers"


def find_one(attempt: Attempt, room: Room) -> Any:
    """Return the one user with an identifier, with the state of the password where that is wanted."""
    endpoint, values, options = room.endpoints["User"], attempt.values, _shown(attempt, room)
    found = matching.find_one(
        endpoint, attempt.context, attempt.options, values["attributes"], values["identifier"], "attributes"
    )
    return endpoint.resource.get(attempt.context, options, str(found["id"]))


def find_some(attempt: Attempt, room: Room) -> Any:
    """Return all users with an identifier or of a filter, at most a hundred. Raises `TooMany` for more."""
    values, endpoint, options = attempt.values, room.endpoints["User"], _shown(attempt, room)
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
    return room.show_all(replace(attempt, options=options), records)


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


def _shown(attempt: Attempt, room: Room) -> AnswerOptions:
    """Return what the answer shows: the state of the password too, as the table names it, where that is wanted.

    Raises `Forbidden` where the client may not see it, `InvalidValue` where the table has no place for it.
    """
    view = room.endpoints["User"].lists.view
    if not attempt.values[PASSWORD_STATE]:
        return attempt.options
    name = view.full_name(FIELD)
    if name is None:
        msg = f"{PASSWORD_STATE}: the table of users has no row of {FIELD}, so there is nothing to show it in"
        raise InvalidValue(msg)
    check_shown(attempt.context.caller, (STATE.scope,))
    return replace(attempt.options, also=name)
