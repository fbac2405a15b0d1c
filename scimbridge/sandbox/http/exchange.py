"""Read what handlers need out of the request at hand, and turn their answers into responses.

Knows Flask's request and HAL; not what any route means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Response, g, request

from scimbridge.sandbox.http.errors import ApiError, invalid_request, unsupported_media
from scimbridge.sandbox.lists.paging import Cursors, ListRequest, envelope, read_limit

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory
    from scimbridge.sandbox.store.records import Json
    from scimbridge.sandbox.trouble.switches import Switches

JSON: Final = "application/json"
HAL: Final = "application/hal+json;charset=UTF-8"

Answer = tuple[int, Any]
Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Api:
    """What handlers work with."""

    directory: Directory
    cursors: Cursors
    client_id: str

    @property
    def switches(self) -> Switches:
        """The readings in force."""
        return self.directory.switches


@dataclass(frozen=True, slots=True)
class Route:
    """A path below the environment with the handler of one method."""

    method: str
    path: str
    handler: Handler


def media() -> str:
    """Return the request's media type without parameters, in lower case."""
    return (request.environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()


def require_media(*taken: str) -> str:
    """Return the media type of the request. Raises ApiError 415 for one that is not taken here."""
    given = media()
    if given not in taken:
        raise unsupported_media(given, *taken)
    return given


def read_body(*, optional: bool = False) -> Json:
    """Return the JSON object in the request. Raises ApiError 400."""
    data = request.get_data(cache=True)
    if optional and not data.strip():
        return {}
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ApiError(
            400, "INVALID_REQUEST", f"The request could not be completed. The body is not JSON: {error}"
        ) from error
    if not isinstance(body, dict):
        raise ApiError(400, "INVALID_REQUEST", "The request could not be completed. The body is not an object.")
    return body


def read_json() -> Json:
    """Return the object of an application/json request. Raises ApiError 400 and 415."""
    require_media(JSON)
    return read_body()


def origin() -> str:
    """Return scheme and host of the request."""
    environ = request.environ
    return f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}"


def base(directory: Directory) -> str:
    """Return the absolute address of the environment, as the client called it."""
    return f"{origin()}/v1/environments/{directory.environment_id}"


def read_window(api: Api, ceiling: int | None = None) -> tuple[ListRequest, int, int]:
    """Return the list request, the serial to go on from and the size of the page. Raises ApiError 400."""
    asked = ListRequest.read(origin() + request.path, request.args.items(multi=True), str(g.get("generation", "")))
    limit = read_limit(asked, api.switches, ceiling)
    return asked, api.cursors.open(asked), limit


def answer_list(api: Api, name: str, items: list[Json], asked: ListRequest, extent: tuple[int, int | None]) -> Answer:
    """Return a page; `extent` is the size of the whole result and the serial to go on from, if any."""
    count, last = extent
    ceiling = api.switches.count_ceiling
    highest = api.switches.highest_count
    shown = None if ceiling is not None and count > ceiling else count if highest is None else min(count, highest)
    cursor = None if last is None else api.cursors.seal(last, asked)
    return 200, envelope(name, items, asked, shown, cursor)


def refuse_parameter(name: str, where: str) -> None:
    """Raise ApiError 400 when a query parameter is there that this route does not have."""
    if name in request.args:
        raise invalid_request("INVALID_PARAMETER", name, f"is not supported {where}")


def respond(answer: Answer) -> Response:
    """Return the response of a handler's answer; None is no body."""
    status, body = answer
    if body is None:
        return Response(status=status)
    return Response(orjson.dumps(body), status, content_type=HAL)
