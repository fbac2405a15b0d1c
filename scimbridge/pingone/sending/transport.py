"""The innermost layer: a Request becomes an HTTP exchange, the answer a Response or a PingOneError.

Knows addresses, headers and JSON. Knows nothing of repeating, waiting or where the token comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

import orjson
from requests.utils import requote_uri

from scimbridge.pingone.answers import read_answer
from scimbridge.pingone.errors import Misconfigured, OutOfTime, PingOneError
from scimbridge.pingone.media import JSON
from scimbridge.pingone.send import Call, CallRecord, Request, Response, template
from scimbridge.pingone.wire import Wire

_HEADERS = {
    "Accept": "application/hal+json, application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "scimbridge",
}
# docs/pingone.md §1.4; ASCII only, because a header carries nothing else faithfully.
_NOT_IN_TRACE = re.compile(r"[^A-Za-z0-9._/@=#+-]")
_LONGEST_TRACE = 100


class HttpTransport:
    """Sends below {api_url}/v1/environments/{environment_id}.

    `wall` is seconds since 1970. `observe` is told of every exchange, also of one that failed.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        api_url: str,
        environment_id: str,
        clock: Callable[[], float],
        wall: Callable[[], float],
        observe: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._wire = wire
        self._root = f"{api_url.rstrip('/')}/v1"
        self._base = f"{self._root}/environments/{quote(environment_id, safe='')}"
        parts = urlsplit(self._base)
        self._host = f"{parts.scheme}://{parts.netloc}"
        self._home = parts.path
        self._top = urlsplit(self._root).path
        self._origin = _origin(self._base)
        self._clock = clock
        self._wall = wall
        self._observe = observe

    def __call__(self, request: Request, call: Call) -> Response:
        """Send once. Raises every PingOneError but CircuitOpen."""
        if call.turns and any(is_lost() for is_lost in tuple(call.turns)):
            raise OutOfTime("this request was held up so long that another may be changing the same resource")
        url = self._address(request)
        headers = dict(_HEADERS)
        headers.update(request.headers)
        if call.trace:
            headers["X-Ping-External-Transaction-ID"] = clean_trace(call.trace)
        headers.update(call.context)
        body = None
        if request.body is not None:
            body = orjson.dumps(request.body)
        if body is not None or request.media != JSON:  # of a call without a body the type alone says what is meant
            headers["Content-Type"] = request.media
        began = self._clock()
        try:
            answer = self._wire.exchange(request.method, url, headers, body, call.deadline)
            response = read_answer(answer, method=request.method, now=self._wall())
        except PingOneError as error:
            error.host = self._origin[1]
            self._tell(request, call, error.status, began, error.correlation)
            raise
        self._tell(request, call, response.status, began, response.headers.get("Correlation-Id"))
        return response

    def _address(self, request: Request) -> str:
        if request.href is not None:
            return self._follow(request.href, f"{self._top}{request.path}" if request.root else None)
        base = self._root if request.root else self._base
        if not request.query:
            return base + request.path
        return f"{base}{request.path}?{urlencode(request.query, quote_via=quote)}"

    def _follow(self, href: str, only: str | None) -> str:
        """Return a link as it was given. The token never goes to another host, nor to another environment.

        `only` is the one path that it may have, where it is not below the environment.
        """
        address = self._host + href if href.startswith("/") and not href.startswith("//") else href
        try:
            theirs, path = _origin(address), urlsplit(address).path
        except ValueError as error:
            raise Misconfigured("PingOne sent a link to a next page that is no address") from error
        if theirs != self._origin:
            raise Misconfigured("PingOne sent a link to a next page that leads to another host")
        if path != only and (only is not None or not path.startswith(f"{self._home}/") or "/../" in f"{path}/"):
            raise Misconfigured("PingOne sent a link to a next page that leads out of the environment")
        return requote_uri(address)

    def _tell(self, request: Request, call: Call, status: int, began: float, correlation: str | None) -> None:
        if correlation and call.heard is not None:
            call.heard(correlation)
        if self._observe is None:
            return
        seconds = self._clock() - began
        path = self.template_of(request)
        self._observe(CallRecord(request.method, path, status, seconds, request.attempt, correlation))

    def template_of(self, request: Request) -> str:
        """Return where a request goes, below the environment and without ids."""
        path = request.path if request.href is None else urlsplit(request.href).path.removeprefix(self._home)
        return template(path)


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    if parts.username is not None:
        raise ValueError("an address with a name in it")
    return scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(scheme)


def clean_trace(text: str) -> str:
    """Return what PingOne takes as an external transaction id: 100 characters, others turned into `_`."""
    return _NOT_IN_TRACE.sub("_", text[:_LONGEST_TRACE])
