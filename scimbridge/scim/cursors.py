"""Sealed cursors: what a walk needs to go on, signed by itsdangerous and handed to the client (RFC 9865).

Pure: the keys and the time are arguments. A cursor is signed, not encrypted: its payload holds
nothing that the client may not read. Knows nothing of what a payload means.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from scimbridge.scim.errors import ExpiredCursor, InvalidCursor

Json: TypeAlias = dict[str, Any]

_MAX_LENGTH = 16_384
_FORM = re.compile(r"\.?[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


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
        return self._signing(bound_to).dumps([expires, payload])

    def open(self, text: str, bound_to: str, now: float) -> Json:
        """Return the payload of a cursor.

        Raises InvalidCursor for a text that was not sealed here, or for another `bound_to`, and
        ExpiredCursor when its time is over (RFC 9865 §2.1).
        """
        if len(text) > _MAX_LENGTH or not _FORM.fullmatch(text) or not all(map(_is_canonical, text.split("."))):
            raise InvalidCursor("The cursor is malformed: send nextCursor as it came, or an empty one to begin.")
        try:
            expires, payload = self._signing(bound_to).loads(text)
        except BadData as error:
            raise InvalidCursor(
                "The cursor does not belong to this query: send nextCursor as it came, "
                "with all other parameters as they were."
            ) from error
        if now >= expires:
            raise ExpiredCursor("The cursor has expired: start again with an empty one.")
        result: Json = payload
        return result

    def _signing(self, bound_to: str) -> URLSafeSerializer:
        # The salt goes into the key that signs. It is hashed to a fixed length, so that it cannot run into anything.
        bound = hashlib.sha256(bound_to.encode("utf-8", "surrogatepass")).digest()
        return URLSafeSerializer(
            list(reversed(self.keys)),  # itsdangerous signs with the last
            salt=b"cursor" + bound,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def _is_canonical(part: str) -> bool:
    """Whether the text is the only one for its bytes: base64 has spare bits, and a cursor is opened in one form."""
    try:
        return base64_encode(base64_decode(part)).decode() == part
    except BadData:
        return False
