"""Finds the one resource that a client means who has no id: exactly one, or none, or a refusal; never a guess.

Asked as any filter of a list is: in SCIM's names, held to where the client may go, checked here whatever PingOne gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from scimbridge.operations.rows import MATCHING
from scimbridge.operations.value_types import is_fitting
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.request.refusals import refusing
from scimbridge.request.rights import check_scope
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.errors import InvalidFilter, InvalidValue, NotFound, Uniqueness
from scimbridge.scim.paging import Window
from scimbridge.scim.verbs import READ
from scimbridge.sides import Native

ID = "id"
LONGEST = 255
NAME = re.compile(r"(?:urn:[A-Za-z0-9:._-]+:)?[A-Za-z$][A-Za-z0-9_$-]*(?:\.[A-Za-z$][A-Za-z0-9_$-]*)?")
"""An attribute as a filter names it; nothing else that a filter has may come in by a name."""
MATCH_SHAPE = (
    'match: has to be an object with attributes, a list of 1 to 10 SCIM names such as "userName", and identifier,'
    " a text of 1 to 255 characters"
)


def find_match(endpoint: Endpoint, context: RequestContext, options: AnswerOptions, match: Any) -> str:
    """Return the id of the one user that fits. Raises `InvalidValue`, `NotFound`, and `Uniqueness` for several."""
    if not _is_match(match):
        raise InvalidValue(MATCH_SHAPE)
    check_scope(context.caller, endpoint.kind, READ)  # else an operation would tell who has which address
    return str(find_one(endpoint, context, options, match["attributes"], match["identifier"], "match.attributes")["id"])


def find_one(
    endpoint: Endpoint,
    context: RequestContext,
    options: AnswerOptions,
    attributes: Sequence[str],
    text: str,
    named: str,
) -> Native:
    """Return the record of the one resource that has a text in any of the attributes. Raises as `find_match`."""
    found, total = find_any(endpoint, context, options, attributes, text, named, 2)
    if total > 1:
        msg = f"{total} {endpoint.name}s have that identifier in {', '.join(attributes)}; it has to be one"
        raise Uniqueness(msg)
    if not found:
        msg = f"no {endpoint.name} has that identifier in {', '.join(attributes)}"
        raise NotFound(msg)
    return found[0]


def find_any(
    endpoint: Endpoint,
    context: RequestContext,
    options: AnswerOptions,
    attributes: Sequence[str],
    text: str,
    named: str,
    most: int,
) -> tuple[list[Native], int]:
    """Return up to `most` records that have a text in any of the attributes, and how many there are.

    An id is asked for by itself: among others it is nothing that PingOne could look for, and all would be read.
    """
    others = [name for name in attributes if name.lower() != ID]
    if not others or len(others) == len(attributes):
        return find_some(endpoint, context, options, any_of(attributes, text, named), named, most)
    found, total = find_some(endpoint, context, options, any_of(others, text, named), named, most)
    if not is_id(text):
        return found, total
    by_id, _one = find_some(endpoint, context, options, any_of([ID], text, named), named, most)
    more = [each for each in by_id if each["id"] not in {held["id"] for held in found}]
    return [*more, *found][:most], total + len(more)


def find_some(
    endpoint: Endpoint, context: RequestContext, options: AnswerOptions, text: str, named: str, most: int
) -> tuple[list[Native], int]:
    """Return up to `most` records for which a filter holds, and for how many it does.

    `named` is the input that the filter comes from. Raises `InvalidValue` where it names what is no attribute.
    """
    try:
        with refusing(endpoint.lists.view.table, reading=True):
            found = endpoint.lists.listing.find(context, options, text, Window(1, most))
    except InvalidFilter as error:
        raise InvalidValue(f"{named}: {error.detail}") from error
    return found.records, found.total


def any_of(attributes: Sequence[str], text: str, named: str) -> str:
    """Return the filter that holds where any of the attributes has the text.

    Raises `InvalidValue` for what is no name of an attribute, naming the input that it stands in.
    """
    if wrong := [name for name in attributes if not NAME.fullmatch(name)]:
        msg = f"{named}: {wrong[0][:LONGEST]!r} is no attribute; name them as filters do, such as emails.value"
        raise InvalidValue(msg)
    forms = {True: json.dumps(text.lower(), ensure_ascii=False), False: json.dumps(text, ensure_ascii=False)}
    return " or ".join(f"{name} eq {forms[name.lower() == ID and is_id(text)]}" for name in attributes)


def _is_match(match: Any) -> bool:
    if not isinstance(match, dict) or set(match) != {each.name for each in MATCHING}:
        return False
    return all(is_fitting(each, match[each.name]) for each in MATCHING)
