"""One HTTP exchange with a host of Ping: connections, time limits, TLS, proxy. No meaning.

Knows requests and the clock. Knows neither tokens nor PingOne's answers: any status is an answer here.

The session belongs to one process and is made at its first use, so that workers that were forked share no
sockets. A prepared request goes straight to the session's adapter: `Session.request` merges headers,
cookies and the environment anew for each call, which was measured to cost as much as the exchange itself
(0.77 ms of processor time against 0.42 ms).
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from scimbridge.pingone.errors import Misconfigured, OutOfTime, Unreachable
from scimbridge.pingone.interruptible import Hopeless, WatchedAdapter

_CHUNK = 65536
_CONNECT = 5.0
_EARLY = 0.01  # a socket may give up a moment before its time
_STATELESS = frozenset({"GET", "HEAD"})
_BEFORE_SENDING = (
    NewConnectionError,
    ConnectTimeoutError,
    ConnectionRefusedError,
    ssl.SSLCertVerificationError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (read without regard to case) and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Wire:
    """Exchanges with one or two hosts, by any number of threads at once.

    `timeout` bounds, in seconds, each wait for the other side; connecting gets 5 s at most. `pool` is the
    number of connections that are kept open per host. `hopeless` is asked, with the seconds that a call has
    waited, whether to give it up before its time. `authorities` is a PEM file of those that are trusted beside the
    public ones, for a proxy over TLS too; with `verify` False nobody is asked.
    Proxies of the environment are ignored, redirects are answers.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        timeout: float = 30.0,
        pool: int = 20,
        verify: bool = True,
        authorities: Path | None = None,
        proxy: str | None = None,
        hopeless: Hopeless = lambda _waited: False,
    ) -> None:
        self._clock = clock
        self._timeout = timeout
        self._pool = pool
        self._verify = verify
        self._authorities = authorities
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._hopeless = hopeless
        self._making = threading.Lock()
        self._session: requests.Session | None = None
        self._adapter: WatchedAdapter | None = None
        self._owner = 0

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Answer:
        """Send one request and return the whole answer.

        Raises OutOfTime when the deadline leaves no time or cut the wait short, Misconfigured for a
        certificate that is not trusted, and Unreachable for everything else that goes wrong; `maybe_done`
        is False only where nothing can have been sent.
        """
        began = self._clock()
        left = deadline - began
        if left <= 0:
            raise OutOfTime("the time of this request was used up before PingOne was called")
        wait = min(self._timeout, left)
        writes = method not in _STATELESS
        try:
            response = self._get_adapter().send(
                _prepare(method, url, headers, body),
                stream=True,
                timeout=(min(_CONNECT, wait), wait),
                verify=self._verify,
                proxies=self._proxies,
            )
            content = self._drain(response.raw, min(deadline, began + 2 * self._timeout))
        except (requests.RequestException, HTTPError, OSError) as error:
            if _was_late(error) and self._clock() >= deadline - _EARLY:
                waited = self._clock() - began
                raise OutOfTime(
                    f"the time of this request ended before PingOne answered, after {waited:.1f} s",
                    maybe_done=writes and not _never_sent(error),
                ) from error
            raise _explain(error, self._clock() - began, writes=writes) from error
        return Answer(response.status_code, response.raw.headers, content)

    def close(self) -> None:
        """Close the connections of this process; the next exchange opens new ones."""
        with self._making:
            if self._session is not None and self._owner == os.getpid():
                self._session.close()
            self._adapter = self._session = None

    def _get_adapter(self) -> WatchedAdapter:
        adapter = self._adapter
        return adapter if adapter is not None and self._owner == os.getpid() else self._open()

    def _open(self) -> WatchedAdapter:
        with self._making:
            if self._adapter is None or self._owner != os.getpid():
                session = requests.Session()
                session.trust_env = False
                adapter = WatchedAdapter(
                    self._hopeless, self._trust(), pool_connections=4, pool_maxsize=self._pool, pool_block=False
                )
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session, self._owner, self._adapter = session, os.getpid(), adapter
            return self._adapter

    def _trust(self) -> ssl.SSLContext | None:
        """Return what connections are made with where others than the public authorities are trusted too."""
        if self._authorities is None or not self._verify:
            return None
        context = urllib3.util.create_urllib3_context()
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)  # a proxy over TLS has no other place for them
        context.load_verify_locations(self._authorities)
        return context

    def _drain(self, raw: urllib3.HTTPResponse, finish: float) -> bytes:
        """Read the body piece by piece, so that one that trickles in cannot outlast `finish`."""
        chunks: list[bytes] = []
        try:
            while True:
                self._shorten(raw.connection, finish)
                chunk = raw.read1(_CHUNK, decode_content=True)
                if not chunk:
                    break
                chunks.append(chunk)
        except BaseException:
            raw.close()
            raise
        raw.release_conn()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _shorten(self, connection: HTTPConnection | None, finish: float) -> None:
        left = finish - self._clock()
        if left <= 0:
            raise TimeoutError("the answer came too slowly")
        if connection is not None and connection.sock is not None:
            connection.sock.settimeout(min(self._timeout, left))


def _prepare(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.method = method
    prepared.url = url
    prepared.headers = CaseInsensitiveDict(headers)
    prepared.body = body
    if body is not None:
        prepared.headers["Content-Length"] = str(len(body))
    elif method in {"POST", "PUT", "PATCH"}:
        prepared.headers["Content-Length"] = "0"
    return prepared


def causes(error: BaseException) -> list[BaseException]:
    """Return the error and what it was made from: requests and urllib3 wrap, and keep the reasons."""
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo:
        each = todo.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            todo += [getattr(each, "reason", None), each.__cause__, *each.args]
    return found


def _never_sent(error: BaseException) -> bool:
    """Return whether the connection did not even come about, so that the other side has heard nothing."""
    return any(isinstance(each, _BEFORE_SENDING) for each in causes(error))


def _was_late(error: BaseException) -> bool:
    return any(isinstance(each, ConnectTimeoutError | ReadTimeoutError | TimeoutError) for each in causes(error))


def _explain(error: BaseException, seconds: float, *, writes: bool) -> Unreachable:
    """Return what the error means; of a library's sentence only what a certificate lacks is repeated."""
    found = causes(error)
    for each in found:
        if isinstance(each, ssl.SSLCertVerificationError):
            why = f": {each.verify_message}" if getattr(each, "verify_message", "") else ""
            return Misconfigured(f"the certificate that PingOne's address shows is not trusted{why}")
    late, unsent = _was_late(error), _never_sent(error)
    if any(isinstance(each, ProxyError) for each in found):
        hindrance = f": {_hindrance(found, late=late)}" if unsent else ""
        sentence = f"the proxy of SCIMBRIDGE_HTTP_PROXY gives no connection to PingOne{hindrance}"
        return Unreachable(sentence, maybe_done=writes and not unsent)
    if unsent:
        return Unreachable(f"no connection to PingOne could be made: {_hindrance(found, late=late)}")
    if late:
        sentence = f"PingOne did not answer in time ({seconds:.1f} s)"
    elif any(isinstance(each, ssl.SSLError) for each in found):
        sentence = "TLS with PingOne failed"
    else:
        sentence = "the connection to PingOne broke off"
    return Unreachable(sentence, maybe_done=writes)


def _hindrance(found: list[BaseException], *, late: bool) -> str:
    if any(isinstance(each, NameResolutionError | socket.gaierror) for each in found):
        return "its name is not found in DNS"
    if any(isinstance(each, ConnectionRefusedError) for each in found):
        return "it is refused"
    return "nobody answers" if late else "the network has no way there"
