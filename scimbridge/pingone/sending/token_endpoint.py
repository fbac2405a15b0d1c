"""Asks PingOne's token endpoint for an access token with the client credentials (docs/pingone.md §1.2).

Knows the two ways of sending a secret, and what a token has to look like to be sent on. Does not keep tokens. The
secret and the tokens are in no message, repr or record.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode, urlsplit

import orjson

from scimbridge.observe.logs import named
from scimbridge.pingone.answers import read_error
from scimbridge.pingone.errors import Misconfigured, NoToken, PingOneError, Throttled, Unreachable
from scimbridge.pingone.send import CallRecord
from scimbridge.pingone.wire import Answer, Wire

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_GRANT = {"grant_type": "client_credentials"}
_OK = 200
_USUAL_LIFE = 3600
_LONGEST_LIFE = 86_400  # a token that is said to hold for longer is renewed each day; no state keeps it for ever
LONGEST_TOKEN = 5000
"""Characters of a token: PingOne's header block, which has more in it, ends at 6 KB (docs/pingone.md §1.4)."""
_VISIBLE = re.compile(r"[!-~]+")  # RFC 6749 §A.12 without the space, which ends a token in a header

log = named(__name__)

_Way = Callable[[], tuple[Mapping[str, str], Mapping[str, str]]]


class TokenEndpoint:
    """Tries HTTP Basic first and then the form, and goes on with what was accepted."""

    def __init__(
        self,
        wire: Wire,
        *,
        auth_url: str,
        environment_id: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float],
        wall: Callable[[], float],
        observe: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._wire = wire
        self._url = f"{auth_url.rstrip('/')}/{quote(environment_id, safe='')}/as/token"
        self._host = urlsplit(self._url).hostname or ""
        self._client_id = client_id
        self._secret = client_secret
        self._clock = clock
        self._wall = wall
        self._observe = observe
        self._told: str | None = None  # what the log has of the last token, if that was no good
        self._ways: tuple[_Way, _Way] = (self._with_basic, self._with_form)

    def fetch(self, deadline: float) -> tuple[str, float]:
        """Return a token and its life time in seconds.

        Raises NoToken when the endpoint refuses, Unreachable, Throttled or OutOfTime when it does
        not answer; `maybe_done` is never set, since the request that wants the token was not sent.
        """
        try:
            return self._read(self._ask_both_ways(deadline))
        except PingOneError as error:
            error.host = self._host
            raise

    def _ask_both_ways(self, deadline: float) -> Answer:
        usual, other = self._ways
        answer = self._ask(usual, deadline)
        if _refuses_client(answer):
            second = self._ask(other, deadline)
            if second.status == _OK:
                self._ways = (other, usual)
                answer = second
        return answer

    def _ask(self, way: _Way, deadline: float) -> Answer:
        headers, form = way()
        began = self._clock()
        status = 0
        correlation: str | None = None
        try:
            answer = self._wire.exchange("POST", self._url, headers, urlencode(form).encode(), deadline)
            status, correlation = answer.status, answer.headers.get("Correlation-Id")
        except PingOneError as error:
            error.maybe_done = False
            raise
        finally:
            if self._observe is not None:
                self._observe(CallRecord("POST", "/as/token", status, self._clock() - began, 1, correlation))
        return answer

    def _with_basic(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        pair = base64.b64encode(f"{self._client_id}:{self._secret}".encode()).decode()
        return {**_FORM, "Authorization": f"Basic {pair}"}, _GRANT

    def _with_form(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return _FORM, {**_GRANT, "client_id": self._client_id, "client_secret": self._secret}

    def _read(self, answer: Answer) -> tuple[str, float]:
        body = _parse(answer)
        if answer.status == _OK:
            value, seconds = body.get("access_token"), body.get("expires_in", _USUAL_LIFE)
            if not isinstance(value, str) or not value or not isinstance(seconds, int | float):
                raise Unreachable("PingOne's token endpoint answered without a token", status=_OK)
            fault = token_fault(value)
            if fault and fault != self._told:
                log.error("PingOne's access token cannot be used", fault=fault)
            self._told = fault
            if fault:
                raise Misconfigured(f"PingOne's token endpoint answered with a token that {fault}", status=_OK)
            return value, float(min(seconds, _LONGEST_LIFE))
        error = read_error(answer, method="GET", now=self._wall())
        if isinstance(error, Throttled | Unreachable):
            raise type(error)(
                f"PingOne's token endpoint answered with status {answer.status}",
                status=answer.status,
                correlation=error.correlation,
                retry_after=error.retry_after,
                server_date=error.server_date,
            )
        raise NoToken(
            f"PingOne gives no access token to this application (status {answer.status}): {self._sentence(body)}",
            status=answer.status,
            code=str(body.get("error") or ""),
            correlation=error.correlation,
            server_date=error.server_date,
        )

    def _sentence(self, body: Mapping[str, object]) -> str:
        """Return what the endpoint said, without the secret should it have repeated it."""
        told = ": ".join(str(body[name]) for name in ("error", "error_description") if isinstance(body.get(name), str))
        return told.replace(self._secret, "***") if told else "no reason given"


def token_fault(value: str) -> str | None:
    """Return why a token cannot stand in a header, as the end of "a token that ..."; None where it can."""
    if len(value) > LONGEST_TOKEN:
        return f"has {len(value)} characters; {LONGEST_TOKEN} are the most that PingOne takes in a header"
    return None if _VISIBLE.fullmatch(value) else "has other characters than visible ASCII"


def _parse(answer: Answer) -> dict[str, object]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _refuses_client(answer: Answer) -> bool:
    """Return whether the way of sending the credentials may be what is wrong (RFC 6749 §5.2)."""
    return answer.status in {400, 401} and _parse(answer).get("error") == "invalid_client"
