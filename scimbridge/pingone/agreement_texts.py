"""Texts of agreements where the management API leaves them out: PingOne's agreement host has them for everybody.

The host is told nothing but the path: no token leaves for it (docs/pingone.md §15.6). Knows no agreement's meaning.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from scimbridge.pingone.errors import Unreachable
from scimbridge.pingone.wire import Wire

API, AGREEMENTS = "api.", "agreement-mgmt."
FOUND, NOT_THERE = 200, (403, 404)


class AgreementTexts:
    """Reads below {host}/environments/{environment_id}; the host follows from that of the API."""

    def __init__(self, wire: Wire, api_url: str, environment_id: str) -> None:
        parts = urlsplit(api_url)
        host = AGREEMENTS + parts.netloc.removeprefix(API) if parts.netloc.startswith(API) else parts.netloc
        self._base = f"{parts.scheme}://{host}/environments/{quote(environment_id, safe='')}"
        self._wire = wire

    def fetch(self, path: str, deadline: float) -> dict[str, Any]:
        """Return the JSON at a path, {} where there is none. Raises PingOne's errors where the host does not answer."""
        answer = self._wire.exchange("GET", f"{self._base}/{path}", {"Accept": "application/json"}, None, deadline)
        if answer.status in NOT_THERE:
            return {}
        if answer.status != FOUND:
            raise Unreachable("PingOne's host of agreements does not give the text", status=answer.status)
        try:
            found = orjson.loads(answer.content)
        except ValueError as error:
            raise Unreachable("PingOne's host of agreements gives no JSON", status=answer.status) from error
        return found if isinstance(found, dict) else {}
