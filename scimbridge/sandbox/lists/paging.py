"""Pages by cursor: limits in hundreds, cursors that belong to a query and a token (docs/pingone.md §6).

Knows query strings and serial numbers; which records stand behind them is listing.py's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import orjson

from scimbridge.sandbox.http.errors import invalid_request, invalid_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scimbridge.sandbox.store.records import Json
    from scimbridge.sandbox.trouble.switches import Switches

_MAC: Final = 12


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A list request: `query` are its parameters but the cursor, `url` its address without them."""

    url: str
    query: tuple[tuple[str, str], ...]
    cursor: str | None
    generation: str

    @classmethod
    def read(cls, url: str, arguments: Iterable[tuple[str, str]], generation: str) -> ListRequest:
        """Take the cursor out of the parameters of a request made with the token `generation`."""
        pairs = tuple(arguments)
        cursor = next((value for name, value in pairs if name == "cursor"), None)
        return cls(url, tuple(pair for pair in pairs if pair[0] != "cursor"), cursor, generation)

    def get(self, name: str) -> str | None:
        """Return the first value of a parameter, None when it is not there."""
        return next((value for key, value in self.query if key == name), None)

    def href(self, *more: tuple[str, str]) -> str:
        """Return the absolute address with these parameters added."""
        query = urlencode([*self.query, *more])
        return f"{self.url}?{query}" if query else self.url


class Cursors:
    """Seals positions so that nobody can guess one, and opens them for the same query only."""

    def __init__(self, secret: bytes, clock: Callable[[], float], switches: Switches) -> None:
        self._secret = secret
        self._clock = clock
        self._switches = switches

    def seal(self, serial: int, asked: ListRequest) -> str:
        """Return the cursor of the records after `serial`."""
        payload = orjson.dumps([serial, self._clock()])
        text = payload + self._mac(payload, asked)
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    def open(self, asked: ListRequest) -> int:
        """Return the serial that the request's cursor stands for, 0 without one.

        Raises ApiError 400 INVALID_VALUE target cursor: forged, of another query or token, too old.
        """
        if asked.cursor is None:
            return 0
        refusal = invalid_value("cursor", "is invalid, expired or belongs to another query")
        try:
            sealed = base64.b64decode(asked.cursor + "=" * (-len(asked.cursor) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise refusal from error
        payload, mac = sealed[:-_MAC], sealed[-_MAC:]
        if not hmac.compare_digest(mac, self._mac(payload, asked)):
            raise refusal
        serial, made_at = orjson.loads(payload)
        lifetime = self._switches.cursor_lifetime
        if lifetime is not None and self._clock() > made_at + lifetime:
            raise refusal
        return int(serial)

    def _mac(self, payload: bytes, asked: ListRequest) -> bytes:
        generation = asked.generation if self._switches.cursor_bound_to_token else ""
        path = asked.url.split("://", 1)[-1].partition("/")[2]
        bound = orjson.dumps([path, sorted(asked.query), generation])
        return hmac.new(self._secret, payload + b"\0" + bound, hashlib.sha256).digest()[:_MAC]


def read_limit(asked: ListRequest, switches: Switches, ceiling: int | None = None) -> int:
    """Return how many records a page may hold: `limit` rounded up to the step, within the ceiling.

    Raises ApiError 400 for what is not a positive number, and above the ceiling where switched.
    """
    ceiling = switches.page_ceiling if ceiling is None else ceiling
    text = asked.get("limit")
    if text is None:
        return ceiling
    if not (text.isascii() and text.isdigit()) or not int(text):
        raise invalid_request("INVALID_PARAMETER", "limit", "must be a positive number")
    limit = -(-int(text) // switches.page_step) * switches.page_step
    if limit > ceiling and switches.oversized_limit == "refuse":
        raise invalid_request(
            "OUT_OF_RANGE",
            "limit",
            f"must be between 1 and {ceiling}",
            rangeMinimumValue=1,
            rangeMaximumValue=ceiling,
        )
    return min(limit, ceiling)


def envelope(name: str, items: list[Json], asked: ListRequest, count: int | None, cursor: str | None) -> Json:
    """Return the body of a list: links, `_embedded.<name>`, count (where there is one) and size."""
    given = () if asked.cursor is None else (("cursor", asked.cursor),)
    links: Json = {"self": {"href": asked.href(*given)}}
    if cursor is not None:
        links["next"] = {"href": asked.href(("cursor", cursor))}
    body: Json = {"_links": links, "_embedded": {name: items}}
    if count is not None:
        body["count"] = count
    body["size"] = len(items)
    return body
