"""The public keys of an outside issuer: fetched from the one configured address, kept, and renewed when they turn.

Knows HTTP only as far as one GET, and nothing of tokens: no address that a token names is ever asked.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from urllib3.exceptions import HTTPError

from scimbridge.observe.logs import named

Fetch = Callable[[str], bytes]

LARGEST = 1024 * 1024
"""Bytes of a key set."""
MOST_KEYS = 100
BETWEEN = 30.0
"""Seconds between two attempts to fetch, whatever comes in."""
FRESH = 600.0
"""Seconds after which the keys are fetched anew, so that a key that was withdrawn is not believed for long."""
STALE = 3600.0
"""Seconds that keys are believed while the address does not answer."""
_CONNECT, _READ, _WHOLE = 3.0, 3.0, 6.0  # seconds
_CHUNK = 64 * 1024
_OK = 200
_SHORTEST_MODULUS = 342  # base64url characters of 2048 bits (RFC 7518 §3.3)
_KINDS = ("RSA", "EC", "OKP")

log = named(__name__)


class Unfetched(Exception):
    """The key set could not be had; the text is constant words."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Gets a key set: one GET, no redirect, no environment's proxy or password file, bounded in time and size."""

    proxy: str | None = None
    verify: bool | str = True
    clock: Callable[[], float] = time.monotonic

    def __call__(self, url: str) -> bytes:
        """Return the body. Raises Unfetched."""
        finish = self.clock() + _WHOLE
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
                session.headers["Accept-Encoding"] = "identity"
                with session.get(
                    url, timeout=(_CONNECT, _READ), allow_redirects=False, stream=True, verify=self.verify
                ) as answer:
                    return self._read(answer, finish)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise Unfetched("the key set cannot be reached") from error

    def _read(self, answer: requests.Response, finish: float) -> bytes:
        if answer.status_code != _OK or answer.headers.get("Content-Encoding", "identity") != "identity":
            raise Unfetched("the key set's address answers with something else")
        body = b""
        while chunk := answer.raw.read1(_CHUNK):
            body += chunk
            if len(body) > LARGEST:
                raise Unfetched("the key set is too large")
            if self.clock() > finish:
                raise Unfetched("the key set comes too slowly")
        return body


@dataclass(frozen=True, slots=True)
class _HeldKeys:
    keys: tuple[Key, ...]
    at: float


class KeySet:
    """The keys behind one address. One thread at a time fetches; the others go on with what is there, if it will do."""

    def __init__(self, url: str, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._fetching = threading.Lock()
        self._held: _HeldKeys | None = None
        self._tried: float | None = None

    def find(self, kid: str | None) -> tuple[Key, ...]:
        """Return the keys of that id, or all where a token names none; nothing where there are none to believe."""
        held = self._believed()
        if held is None or (found := _choose(held, kid)) == ():
            # Nothing to go on with: this thread waits for whoever fetches, and fetches if nobody has just done so.
            if self._fetching.acquire(timeout=_WHOLE):
                try:
                    self._renew()
                finally:
                    self._fetching.release()
            held = self._believed()
            return () if held is None else _choose(held, kid)
        if self._clock() - held.at >= FRESH and self._fetching.acquire(blocking=False):
            try:
                self._renew()
            finally:
                self._fetching.release()
            held = self._held or held
            found = _choose(held, kid)
        return found

    def _believed(self) -> _HeldKeys | None:
        held = self._held
        return held if held is not None and self._clock() - held.at < STALE else None

    def _renew(self) -> None:
        """Fetch, unless that was tried a moment ago; failing leaves what there was."""
        now = self._clock()
        if self._tried is not None and now - self._tried < BETWEEN:
            return
        self._tried = now
        try:
            self._held = _HeldKeys(read_keys(self._fetch(self._url)), now)
        except Unfetched as failure:
            log.warning("issuer's keys not fetched", address=self._url, reason=str(failure), exc_info=failure)


class KeySets:
    """The key sets in use, by address."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._sets: dict[str, KeySet] = {}

    def at(self, url: str) -> KeySet:
        """Return the key set of a configured address."""
        found = self._sets.get(url)
        # setdefault: where two threads meet here, both get the same one.
        return found if found is not None else self._sets.setdefault(url, KeySet(url, self._fetch, self._clock))


def read_keys(body: bytes) -> tuple[Key, ...]:
    """Return the keys of a JWK set that can check signatures; those of other kinds are left out (RFC 7517 §5).

    Raises Unfetched when it is no JWK set.
    """
    try:
        listed = json.loads(body)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unfetched("the key set is not a JWK set") from error
    if not isinstance(listed, list):
        raise Unfetched("the key set is not a JWK set")
    return tuple(key for each in listed[:MOST_KEYS] if (key := _read_key(each)) is not None)


def _read_key(data: Any) -> Key | None:
    # A secret key ("oct") has no place in a public set: what is public cannot vouch for anybody.
    if not isinstance(data, dict) or data.get("kty") not in _KINDS or data.get("use", "sig") != "sig":
        return None
    modulus = data.get("n")
    if data["kty"] == "RSA" and not (isinstance(modulus, str) and len(modulus) >= _SHORTEST_MODULUS):
        return None
    try:
        return JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _choose(held: _HeldKeys, kid: str | None) -> tuple[Key, ...]:
    return held.keys if kid is None else tuple(key for key in held.keys if key.kid == kid)
