"""From what was played to what is told of it: passwords are masked, and ids of the rehearsal become words.

Knows requests and refusals, and no table.
"""

from __future__ import annotations

from typing import Any

import orjson

from scimbridge.ops.explaining.explanations import Consequence, Refusal, SentRequest
from scimbridge.ops.explaining.rehearsal import IDS, Played
from scimbridge.pingone.facets import PASSWORD
from scimbridge.pingone.send import Request
from scimbridge.scim.errors import ScimError


def describe_outcome(played: Played) -> Consequence:
    """Return what a SCIM request came to."""
    refusal = None if played.refusal is None else describe_refusal(played.refusal)
    return Consequence(tuple(_describe_request(request) for request in played.requests), refusal, played.left_out)


def describe_refusal(error: ScimError) -> Refusal:
    """Return a refusal as the client is told it."""
    return Refusal(error.status, error.scim_type, in_words(error.detail))


def in_words(text: str) -> str:
    """Return a text with words for the ids of the rehearsal."""
    for word, key in IDS.items():
        text = text.replace(key, word)
    return text


def value_in_words(value: Any) -> Any:
    """Return a value as JSON holds it, with words for the ids of the rehearsal."""
    return orjson.loads(in_words(json_text(value)))


def json_text(value: Any) -> str:
    """Return a value as JSON."""
    return orjson.dumps(value).decode()


def _describe_request(request: Request) -> SentRequest:
    query = "&".join(f"{name}={value}" for name, value in request.query)
    path = in_words(f"{request.path}{f'?{query}' if query else ''}")
    if request.body is None:
        return SentRequest(request.method, path, None, None)
    return SentRequest(request.method, path, request.media, value_in_words(_without_password(request)))


def _without_password(request: Request) -> Any:
    body = request.body
    if isinstance(body, dict) and request.media == PASSWORD.media:
        return PASSWORD.body("***")
    if isinstance(body, dict) and PASSWORD.held(body) is not None:
        return {**body, **PASSWORD.whole("***")}
    return body
