"""Whose a request is, before anybody has looked at its credentials: by what they have turned out to be before.

Knows headers as bytes and names of clients. Keeps no credential: a hash of each, keyed with what this process alone
knows. Credentials that were never found good stand for the place that they come from, so that who makes them up has no
more than one who repeats them.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable

MOST = 10_000
_HEADERS = ("AUTHORIZATION", "CLIENT-CERT", "X-CLIENT-CERT")


class KnownCredentials:
    """The clients of credentials that were found good, those that were shown last."""

    def __init__(self, key: bytes, most: int = MOST) -> None:
        self._key = key
        self._most = most
        self._clients: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def digest(self, headers: Iterable[tuple[str, str]], certificate: bytes | None) -> bytes:
        """Return what stands for the credentials of a request: those by which it will be judged.

        That is the Authorization header, else what a certificate's header or the connection shows.
        """
        shown: dict[str, str] = {}
        for name, value in headers:
            if name in _HEADERS:
                shown[name] = f"{shown[name]},{value}" if name in shown else value
        for name in _HEADERS:
            if name in shown:
                return self._hash(name, shown[name].encode("latin-1", "replace"))
        return self._hash("", certificate or b"")

    def learn(self, digest: bytes, client: str) -> None:
        """Remember whose these credentials are."""
        with self._lock:
            self._clients[digest] = client
            self._clients.move_to_end(digest)
            while len(self._clients) > self._most:
                self._clients.popitem(last=False)

    def find(self, digest: bytes, place: str) -> str:
        """Return who that is: a client, or whoever comes from a place with credentials that are not known."""
        client = self._clients.get(digest)
        return f"place {place}" if client is None else f"client {client}"

    def _hash(self, name: str, value: bytes) -> bytes:
        return hashlib.blake2b(value, key=self._key, person=name.encode()[:16], digest_size=16).digest()
