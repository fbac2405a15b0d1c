"""Creates whose outcome a client was perhaps not told, so that its repetition is answered with what it has made.

A client that loses its connection to the bridge sends its create again. PingOne then says that the value is taken, and
409 would be wrong: the holder is the client's own. So each create is noted before it is sent, and forgotten when the
client has its answer: a second create of somebody who was told stays 409. Where it comes out afterwards that the answer
did not reach the client, the create is noted again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from scimbridge.once.locks import ChangeLocks
from scimbridge.request.context import RequestContext
from scimbridge.request.progress import may_be_done
from scimbridge.scim.errors import ScimError
from scimbridge.state.base import State

REMEMBERED = 600.0  # seconds
_SERVER_FAULT = 500
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Intent:
    """A create: `began` is when this client first asked for it, seconds since 1970 by our clock.

    `again`: an earlier request asked for the same and its client was perhaps not answered.
    """

    began: float
    again: bool


class Intents:
    """The creates under way, shared through `state`. `secret` keys the hashes, which passwords go into."""

    def __init__(self, state: State, turns: ChangeLocks, secret: bytes, *, wall: Callable[[], float]) -> None:
        self._state = state
        self._turns = turns
        self._secret = secret
        self._wall = wall

    @contextmanager
    def of(self, context: RequestContext, kind: str, body: Mapping[str, Any]) -> Iterator[Intent]:
        """Note a create while the block carries it out; equal ones of the same client wait for each other.

        Raises `Unavailable` where an equal one takes too long.
        """
        key = self._key(context, kind, body)
        with self._turns.held(context, "create", key) as turn:
            intent = self._note(key)
            try:
                yield intent
            except ScimError as error:
                if error.status < _SERVER_FAULT and error.status != _TOO_MANY and not may_be_done(error):
                    self._state.delete(key)  # refused: nothing was made, or it was taken back
                raise
            turn.check()  # before it is forgotten: what is not answered with success is repeated
            if context.is_present():
                self._state.delete(key)
                context.if_missed(lambda: self._keep(key, intent.began))

    def _note(self, key: str) -> Intent:
        """Note a create, in one step where it is the first; a repetition is remembered as long, with the first time."""
        now = self._wall()
        if self._state.add(key, str(now).encode(), REMEMBERED):
            return Intent(now, again=False)
        before = self._state.get(key)
        intent = Intent(now if before is None else float(before), again=True)
        self._keep(key, intent.began)
        return intent

    def _keep(self, key: str, began: float) -> None:
        self._state.set(key, str(began).encode(), REMEMBERED)

    def _key(self, context: RequestContext, kind: str, body: Mapping[str, Any]) -> str:
        # Not by orjson: what a client sends and nobody stores may hold numbers of more than 64 bits.
        text = json.dumps([context.caller.name, kind, body], sort_keys=True)
        return f"create:{blake2b(text.encode(), key=self._secret, digest_size=16).hexdigest()}"
