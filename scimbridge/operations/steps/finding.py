"""Finding by identifiers: one or several users, the members of a group, a population by any of its names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scimbridge.lists.lists import Lists, read_filter
from scimbridge.lists.pushed import render_all, to_native
from scimbridge.mapping.query import Query, plan_filter
from scimbridge.operations import matching
from scimbridge.operations.attempt import MOST_PARTS, Attempt
from scimbridge.operations.matching import any_of
from scimbridge.operations.rows import PASSWORD_STATE
from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.kinds import POPULATIONS, USERS
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
ALTERNATIVES = "alternativeIdentifiers"


def find_one(attempt: Attempt, room: Room) -> Any:
    """Return the one user with an identifier, with the state of the password where that is wanted."""
    endpoint, values, options = room.endpoints[USERS.name], attempt.values, _shown(attempt, room)
    found = matching.find_one(
        endpoint, attempt.context, attempt.options, values["attributes"], values["identifier"], "attributes"
    )
    return endpoint.resource.get(attempt.context, options, str(found["id"]))


def find_some(attempt: Attempt, room: Room) -> Any:
    """Return all users with an identifier or of a filter, at most a hundred. Raises `TooMany` for more."""
    values, endpoint, options = attempt.values, room.endpoints[USERS.name], _shown(attempt, room)
    has_identifier, has_filter = bool(values.get("attributes")) and "identifier" in values, "filter" in values
    if has_identifier == has_filter or (has_filter and {"attributes", "identifier"} & values.keys()):
        msg = "filter: send either a filter, or attributes with an identifier"
        raise InvalidValue(msg)
    asked = (endpoint, attempt.context, attempt.options)
    if has_filter:
        named, text = "filter", _filter_of(attempt, endpoint.lists)
        records, total = matching.find_some(*asked, text, named, MOST_PARTS)
    else:
        named, text = "attributes", values["identifier"]
        records, total = matching.find_any(*asked, values["attributes"], text, named, MOST_PARTS)
    if total > MOST_PARTS:
        msg = f"{named}: {total} users are found, and {MOST_PARTS} is the most; ask for fewer, or list {endpoint.path}"
        raise TooMany(msg)
    return room.answers.make_list(replace(attempt, options=options), records)


def _filter_of(attempt: Attempt, lists: Lists) -> str:
    """Return the filter in the standard form, as that of a list is read. Raises `InvalidValue`."""
    try:
        return read_filter(attempt.context, attempt.values, lists.view.table.type.urns) or ""
    except InvalidFilter as error:
        raise InvalidValue(f"filter: {error.detail}") from error


def find_members(attempt: Attempt, room: Room) -> Any:
    """Return up to a hundred members of a group: all, or those that have an identifier.

    Who a member is belongs to the group; who has which identifier is told to those that may read users.
    """
    values, lists = attempt.values, room.endpoints[USERS.name].lists
    if "identifier" in values:
        check_scope(attempt.context.caller, USERS.collection, READ)
    if ("identifier" in values) != bool(values.get("attributes")):
        msg = "identifier: send attributes and identifier together, or neither"
        raise InvalidValue(msg)
    while True:
        query = _ask(attempt, lists) if "identifier" in values else None
        try:
            found, total = _read_members(attempt, lists, query)
        except Refused as error:
            if query is None or not lists.listing.knowledge.learn_refusal(error, query.asked):
                raise
        else:
            break
    if not found:
        attempt.around.reach.groups.read(attempt.context, attempt.key)  # one that is not there has no members either
    return room.answers.make_list(attempt, found, total)


def _ask(attempt: Attempt, lists: Lists) -> Query:
    """Return what members are asked for. Raises `InvalidValue` for what is no attribute of theirs."""
    text = any_of(attempt.values["attributes"], attempt.values["identifier"], "attributes")
    try:
        plan = plan_filter(trees.parse(text), lists.view.table, strict=attempt.context.manner.strict)
    except InvalidFilter as error:
        raise InvalidValue(f"attributes: {error.detail}") from error
    links = lists.view.table.links
    if plan.linked or (links is not None and links.attribute.name in plan.reads):
        msg = "attributes: members are found by what stands in them, and not by their groups"
        raise InvalidValue(msg)
    knowledge = lists.listing.knowledge
    while (query := plan.split(knowledge)).doubtful and knowledge.learn_case(attempt.context.call, query.doubtful):
        pass
    return query


def _read_members(attempt: Attempt, lists: Lists, query: Query | None) -> tuple[list[Native], int]:
    """Return the first members for whom the filter holds, and how many there are, as far as that is known."""
    users, found, count = attempt.around.reach.users, list[Native](), 0
    asked: list[native.Node] = [native.MemberOf(attempt.key, direct=bool(attempt.values.get("direct")))]
    if query is not None and query.pushed is not None:
        asked.append(to_native(query.pushed))
    if (condition := users.within(attempt.context).condition) is not None:
        asked.append(condition)
    for turned in users.pages(attempt.context, filter=render_all(asked), limit=MOST_PARTS):
        count = max(count, turned.page.count or 0) if query is None else 0
        found += [
            record
            for record in turned.page.records
            if query is None or query.keeps(lists.view.resource(record, attempt.options.base))
        ]
        if len(found) >= MOST_PARTS:
            count = max(count, len(found) + 1) if query is None and turned.page.next is not None else count
            break
    return found[:MOST_PARTS], max(len(found), count)


def find_population(attempt: Attempt, room: Room) -> Any:
    """Return the one population that has an identifier as its id, its name or one of its alternatives."""
    text, endpoint, context = attempt.values["identifier"], room.endpoints[POPULATIONS.name], attempt.context
    populations = attempt.around.reach.populations
    if is_id(text):
        with suppress(NotThere):  # it may still be somebody's alternative identifier
            return populations.read(context, text.lower())
    by_name = any_of([endpoint.lists.view.table.scim_name("name") or "displayName"], text, "identifier")
    found, _total = matching.find_some(endpoint, context, attempt.options, by_name, "identifier", 2)
    named = [record for record in found if record.get("name") == text] or found
    for key in () if named else _alternatives(attempt).get(text, ()):
        with suppress(NotThere):  # another's, or gone since
            named.append(populations.read(context, key))
    if len(named) > 1:
        msg = f"{len(named)} populations have that identifier; it has to be one"
        raise Uniqueness(msg)
    if not named:
        msg = "no Population has that identifier as id, name or alternative identifier"
        raise NotFound(msg)
    return named[0]


def _alternatives(attempt: Attempt) -> dict[str, list[str]]:
    """Return alternative identifier -> ids of the populations that have it, kept for a minute."""

    def read() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in attempt.read_all(POPULATIONS.collection, POPULATIONS.collection, (("limit", str(MOST_PARTS)),)):
            named = each.get(ALTERNATIVES)
            for text in {text for text in named if isinstance(text, str)} if isinstance(named, list) else ():
                found.setdefault(text, []).append(each["id"])
        return found

    return attempt.kept(ALTERNATIVES, read)


def _shown(attempt: Attempt, room: Room) -> AnswerOptions:
    """Return what the answer shows: the state of the password too, as the table names it, where that is wanted.

    Raises `Forbidden` where the client may not see it, `InvalidValue` where the table has no place for it.
    """
    view = room.endpoints["User"].lists.view
    if not attempt.values.get(PASSWORD_STATE):
        return attempt.options
    name = view.full_name(FIELD)
    if name is None:
        msg = f"{PASSWORD_STATE}: the table of users has no row of {FIELD}, so there is nothing to show it in"
        raise InvalidValue(msg)
    check_shown(attempt.context.caller, (STATE.scope,))
    return replace(attempt.options, also=name)
