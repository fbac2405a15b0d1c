"""JSON texts of resources as lists show them, kept so that a record that has not changed is not translated again.

A text is kept under the version of its record, which is a hash of all that PingOne said of it, so what is found here is
what a translation would give. Bounded in bytes; knows neither tables nor requests.
"""

from __future__ import annotations

import itertools
import threading

MOST = 16 * 1024 * 1024  # bytes of texts and their keys: about 12,000 users
KNOCKS = 8


class Rendered:
    """Texts by key, for all threads of a process.

    When there is no room, only every `KNOCKS`th newcomer takes the place of the oldest: a walk through more records
    than there is room for would else throw out each text just before it is wanted again.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._texts: dict[str, bytes] = {}
        self._size = 0
        self._knocks = 0
        self._changing = threading.Lock()
        self._sections = itertools.count()
        self.find = self._texts.get

    def section(self) -> str:
        """Return the beginning of keys that nobody else has: one for each way of translating."""
        return f"{next(self._sections)}\0"

    def keep(self, key: str, text: bytes) -> None:
        """Keep a text, if there is room or its turn has come."""
        with self._changing:
            weight = len(key) + len(text)
            if key in self._texts or weight > self._most:
                return
            if self._size + weight > self._most:
                self._knocks += 1
                if self._knocks % KNOCKS:
                    return
                while self._size + weight > self._most:
                    oldest = next(iter(self._texts))
                    self._size -= len(oldest) + len(self._texts.pop(oldest))
            self._texts[key] = bytes(memoryview(text))  # a copy of its length: orjson's own bytes hold 4 KiB each
            self._size += weight
