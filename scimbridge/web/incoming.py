"""What a request brings: its body, its parameters and who asks, checked and as plain values."""

from __future__ import annotations

import re
import socket
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from flask import Request, Response, after_this_request, g

from scimbridge.access import secrets
from scimbridge.access.caller import Caller
from scimbridge.pingone.send import Call
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.scim.errors import InvalidSyntax, PayloadTooLarge, UnsupportedMediaType
from scimbridge.scim.json_text import read_json
from scimbridge.scim.parameters import read_query, read_selection
from scimbridge.scim.reading import Manner, Notice
from scimbridge.sides import Body
from scimbridge.web import presence, serving
from scimbridge.web.login.limiting import smaller
from scimbridge.web.login.proxies import base_url
from scimbridge.web.tracing import headers_to_pass_on

LARGEST_BODY = 8 * 1024 * 1024  # bytes: a group with 10,000 members and all that clients write beside each
MEDIA = ("application/scim+json", "application/json")
MOST_NOTICES = 100  # names of one request that are noticed: a body may have half a million of them
LONGEST_NOTICE = 200  # characters: what is noticed is remembered

_REQUEST_ID = re.compile(r"[A-Za-z0-9._@=#+/-]{1,100}")


def request_id(given: str | None, authorization: str | None) -> str:
    """Return the client's X-Request-Id where it is harmless, else a new one.

    It is logged, recorded and sent to PingOne, so it cannot be a secret of ours, nor the credential of the request.
    """
    shown = (authorization or "").rpartition(" ")[2]
    if given is None or not _REQUEST_ID.fullmatch(given) or given == shown or secrets.parse_id(given) is not None:
        return uuid.uuid4().hex
    return given


def read_body(request: Request, *, may_be_empty: bool = False) -> Body:
    """Return the request's JSON object; it may be as large as the bridge takes, or its client may send.

    Where it may be empty, no body at all is an object without members, whatever type it is said to have.

    Raises `PayloadTooLarge`, `UnsupportedMediaType` and `InvalidSyntax`.
    """
    if may_be_empty and not request.content_length and "Transfer-Encoding" not in request.headers:
        return Body({})
    media = (request.content_type or MEDIA[0]).split(";", 1)[0].strip().lower()
    if media not in MEDIA:
        msg = f"the body has to be sent as {MEDIA[0]} or {MEDIA[1]}"
        raise UnsupportedMediaType(msg)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        msg = "the body has to be sent without a Content-Encoding"
        raise UnsupportedMediaType(msg)
    most = smaller(g.caller.limits.body, LARGEST_BODY)
    if (request.content_length or 0) > most:
        raise _too_large(most)
    body = request.stream.read(most + 1)
    if len(body) > most:
        raise _too_large(most)
    if may_be_empty and not body:
        return Body({})
    if not body.strip():
        msg = "the request needs a body: one JSON object"
        raise InvalidSyntax(msg)
    return Body(read_json(body))


def _too_large(most: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"the body is larger than {most} bytes (ServiceProviderConfig says so)")


def read_parameters(request: Request) -> dict[str, str]:
    """Return the parameters of a query under their own names. Raises `InvalidFilter` and `InvalidValue`."""
    return read_query(request.args.items(multi=True), strict=g.caller.strict)


def read_shown(request: Request) -> dict[str, str]:
    """Return the parameters that say what the answer about one resource shows; what else there is, is ignored."""
    return read_selection(request.args.items(multi=True))


def notice_some(notice: Notice) -> Notice:
    """Return what notices the first names of one request, so that no request fills log and memory."""
    left = iter(range(MOST_NOTICES))

    def tell(name: str) -> None:
        if next(left, None) is not None:
            notice(name[:LONGEST_NOTICE])

    return tell


def _when_missed(connection: socket.socket, regrets: Iterable[Callable[[], object]], response: Response) -> Response:
    """Have done, once the answer is written, what is to be done where the client is without it."""

    def look() -> None:
        if presence.has_missed(connection):
            for act in regrets:
                act()

    response.call_on_close(look)
    return response


class Incoming:
    """Makes the values of a request that the resources are given."""

    def __init__(self, clock: Callable[[], float], deadline: float, prefix: str, notice: Notice) -> None:
        self._clock = clock
        self._deadline = deadline
        self._prefix = prefix
        self._notice = notice

    def context(self, request: Request, caller: Caller, trace: str) -> RequestContext:
        """Return what the resources need to know of the request."""
        headers = request.headers
        connection = request.environ.get("gunicorn.socket")
        regrets: list[Callable[[], object]] = []
        if connection is not None and request.method == "POST":
            after_this_request(partial(_when_missed, connection, regrets))
        call = Call(
            deadline=self._clock() + self._deadline - serving.waited(request.environ),
            trace=trace,
            client=caller.name,
            context=headers_to_pass_on(),
        )
        return RequestContext(
            caller=caller,
            call=call,
            manner=Manner(caller.strict, notice_some(self._notice)),
            if_match=headers.get("If-Match"),
            if_none_match=headers.get("If-None-Match"),
            is_present=partial(presence.is_present, connection),
            if_missed=regrets.append,
            address=request.environ.get("REMOTE_ADDR", ""),
        )

    def options(self, request: Request, parameters: Mapping[str, str]) -> AnswerOptions:
        """Return what the answer shows, as parameters and headers say."""
        prefer = request.headers.get("Prefer", "")
        return AnswerOptions(
            base=base_url(request.environ) + self._prefix,
            attributes=parameters.get("attributes"),
            excluded=parameters.get("excludedAttributes"),
            minimal=bool(prefer) and "return=minimal" in prefer.replace(" ", "").lower(),
        )
