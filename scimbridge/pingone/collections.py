"""PingOne's collections in its own words: read, create, merge, operate, replace, delete, page through.

Knows paths and media types (docs/pingone.md §2, §4, §5); what a page is stands in `paging`. Knows nothing of SCIM, and
nothing of what lies under `send`. An answer that is not what the call must return is an error, never an
empty resource, another one, or a short page.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from scimbridge.pingone.answers import malformed
from scimbridge.pingone.errors import Refused
from scimbridge.pingone.facets import PASSWORD, Facet
from scimbridge.pingone.kinds import USERS
from scimbridge.pingone.media import JSON, OPERATIONS
from scimbridge.pingone.paging import Page, Pass, read_page
from scimbridge.pingone.password_changes import WithPasswordChanges
from scimbridge.pingone.send import Call, Json, Request, Response, Send
from scimbridge.pingone.settling import Look, settle
from scimbridge.sides import Native

__all__ = ["Collection", "Page", "UserCollection", "check_id", "quote_id"]

NOTHING: Mapping[str, Any] = MappingProxyType({})


def quote_id(text: str) -> str:
    """Return an id as one segment of a path, whatever it holds: no id can reach another path.

    Dots are encoded where they alone make up the id, because `..` would be taken as a step upwards.
    """
    if not text.strip("."):
        return text.replace(".", "%2E") or "%20"
    return quote(text, safe="")


class Collection:
    """One collection below the environment, such as users; `key` is its name in `_embedded`."""

    def __init__(self, send: Send, name: str, *, path: str | None = None, key: str | None = None) -> None:
        self.name = name
        self._send = send
        self._path = path or f"/{name}"
        self._key = key or name

    def read(self, call: Call, key: str, /, include: tuple[str, ...] = ()) -> Native:
        """Return one record. `include` asks for what is left out otherwise (memberOfGroupIDs)."""
        query = (("include", ",".join(include)),) if include else ()
        return self._resource(call, Request("GET", self.path(key), query), key)

    def create(self, call: Call, body: Json, media: str = JSON) -> Native:
        """Return the new record. Unreachable with `maybe_done` when the answer was lost."""
        return self._resource(call, Request("POST", self._path, body=body, media=media), None)

    def merge(self, call: Call, key: str, body: Json, /) -> Native:
        """PATCH: members given are set, null clears, the rest stays. Returns the record."""
        return self._resource(call, Request("PATCH", self.path(key), body=body), key)

    def operate(self, call: Call, key: str, operations: list[Json], /) -> Native:
        """PATCH with operations of RFC 7644 §3.5.2 on native names. Returns the record."""
        body = {"Operations": operations}
        return self._resource(call, Request("PATCH", self.path(key), body=body, media=OPERATIONS), key)

    def replace(self, call: Call, key: str, body: Json, /) -> Native:
        """PUT: what is left out is cleared. Returns the record."""
        return self._resource(call, Request("PUT", self.path(key), body=body), key)

    def delete(self, call: Call, key: str, /) -> None:
        """Delete one record. NotThere when it is not there, unless a lost first try may have done it."""
        self._send(Request("DELETE", self.path(key)), call)

    def page(
        self,
        call: Call,
        *,
        filter: str | None = None,  # noqa: A002 - PingOne's word
        limit: int,
        next: str | None = None,  # noqa: A002 - PingOne's word
        expand: str | None = None,
    ) -> Page:
        """Return the first page, or the one that the link of an earlier page leads to."""
        if next is not None:
            request = Request("GET", self._path, href=next)
            return read_page(self._send(request, call), self._key, limit, continued=True)
        query = [("limit", str(limit))]
        if filter is not None:
            query.append(("filter", filter))
        if expand is not None:
            query.append(("expand", expand))
        return read_page(self._send(Request("GET", self._path, tuple(query)), call), self._key, limit)

    def pages(
        self,
        call: Call,
        *,
        filter: str | None = None,  # noqa: A002 - PingOne's word
        limit: int,
        expand: str | None = None,
    ) -> Iterator[Page]:
        """Yield every page in turn, no record twice. Raises on a page that cannot be read in full, or ends too soon.

        The pages of one answer are held against each other: see `Pass`.
        """
        passed = Pass()
        page = passed.take(self.page(call, filter=filter, limit=limit, expand=expand))
        yield page
        while page.next is not None:
            page = passed.take(self.page(call, limit=limit, next=page.next))
            yield page

    def path(self, key: str) -> str:
        """Return the path of one record."""
        return f"{self._path}/{quote_id(key)}"

    def _resource(self, call: Call, request: Request, key: str | None) -> Native:
        response = self._send(request, call)
        check_id(response, request.method, key)
        return Native(response.body)


def check_id(response: Response, method: str, key: str | None) -> None:
    """Hold an answer to the id that it has to be of, None for a new one. Raises `Unreachable`.

    PingOne writes its ids in small letters, whatever a client asked by.
    """
    found = response.body.get("id")
    if not isinstance(found, str) or not found:
        raise malformed(response, method, "without the resource")
    if key is not None and found.lower() != key.lower():
        raise malformed(response, method, "with another resource than the one asked for")


class UserCollection(Collection):
    """The users, and the fields of theirs that have a call of their own (docs/pingone.md §2.8, §10)."""

    def __init__(self, send: Send, name: str, passwords: WithPasswordChanges | None = None) -> None:
        """`passwords` is the layer that `send` begins with, where others send through it too."""
        self._passwords = passwords or WithPasswordChanges(send, clock=time.monotonic)
        super().__init__(self._passwords, name)

    def set_facet(self, call: Call, key: str, name: str, value: Any, /, along: Mapping[str, Any] = NOTHING) -> Json:
        """Write the facet of a name: a boolean, an id, a text, a password in clear; None where it can be removed.

        `along` is what goes with it. Returns PingOne's answer, which is the user where the facet has actions and else
        is not. A password whose answer was lost is looked at before it is sent again. ValueError for a name that is no
        facet's.
        """
        facet = USERS.facet(name)
        request = self._facet_request(facet, key, value, along)
        try:
            if facet is PASSWORD:
                return settle(lambda: self._send(request, call).body, self.watch_password(call, key))
            response = self._send(request, call)
        except Refused as error:  # the target is told as it stands in the body of this call, not in the user
            error.faults = tuple(replace(fault, target=facet.field) for fault in error.faults)
            raise
        if facet.actions:
            check_id(response, request.method, key)
        return response.body

    def _facet_request(self, facet: Facet, key: str, value: Any, along: Mapping[str, Any]) -> Request:
        path, media = self.path(key), facet.media_of(value)
        if facet.actions:
            return Request("POST", path, body=dict(along) or None, media=media, repeatable=True)
        again = False if facet is PASSWORD else None
        return Request("PUT", f"{path}/{facet.name}", body=facet.body(value), media=media, repeatable=again)

    def watch_password(self, call: Call, key: str) -> Look:
        """Return what looks whether a call that is sent after this has changed the password of a user."""
        return self._passwords.watch(f"{self.path(key)}/{PASSWORD.name}", call)

    def read_part(self, call: Call, key: str, name: str, /) -> Json:
        """Return a part that is one object, as the state of the password."""
        return self._send(Request("GET", f"{self.path(key)}/{name}"), call).body
