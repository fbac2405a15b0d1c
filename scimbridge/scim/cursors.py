"""Sealed cursors: what a walk needs to go on, signed and handed to the client (RFC 9865).

Pure: the keys and the time are arguments. A cursor is signed, not encrypted: its payload holds
nothing that the client may not read. Knows nothing of what a payload means.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from scimbridge.scim.errors import ExpiredCursor, InvalidCursor

Json: TypeAlias = dict[str, Any]

_MAC_BYTES = 32
_MAX_LENGTH = 16_384


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals and opens cursors: the first key signs, every key verifies, so that keys can be changed.

    Raises ValueError when there is no key, or an empty one.
    """

    keys: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys or not all(self.keys):
            raise ValueError("A seal needs at least one key, and no empty one.")

    def seal(self, payload: Json, bound_to: str, expires: float) -> str:
        """Return `payload` as a cursor of unreserved characters (RFC 3986 §2.3).

        It opens only for the same `bound_to` (the query and the client, as one text) and before
        `expires`, in seconds on the clock that `open` is given. Raises ValueError for an `expires`
        that is no finite number.
        """
        if not math.isfinite(expires):
            raise ValueError("A cursor has a time to expire.")
        body = orjson.dumps([expires, payload])
        return _encode(_sign(self.keys[0], bound_to, body) + body)

    def open(self, text: str, bound_to: str, now: float) -> Json:
        """Return the payload of a cursor.

        Raises InvalidCursor for a text that was not sealed here, or for another `bound_to`, and
        ExpiredCursor when its time is over (RFC 9865 §2.1).
        """
        raw = _decode(text)
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        signed = [hmac.compare_digest(mac, _sign(key, bound_to, body)) for key in self.keys]
        if not any(signed):
            raise InvalidCursor(
                "The cursor does not belong to this query: send nextCursor as it came, "
                "with all other parameters as they were."
            )
        expires, payload = orjson.loads(body)
        if now >= expires:
            raise ExpiredCursor("The cursor has expired: start again with an empty one.")
        result: Json = payload
        return result


def _sign(key: bytes, bound_to: str, body: bytes) -> bytes:
    # The binding is hashed to a fixed length, so that it cannot run over into the body.
    bound = hashlib.sha256(bound_to.encode("utf-8", "surrogatepass")).digest()
    return hmac.digest(key, bound + body, "sha256")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    """Undo _encode, and only that: base64 decoders pass over odd characters and spare bits."""
    malformed = InvalidCursor("The cursor is malformed: send nextCursor as it came, or an empty one to begin.")
    if len(text) > _MAX_LENGTH or not text.isascii():
        raise malformed
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise malformed from error
    if _encode(raw) != text:
        raise malformed
    return raw
