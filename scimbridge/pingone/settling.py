"""What became of a change whose answer was lost: PingOne is asked before anything is sent again.

A change that must not come twice is not repeated by the layers of `send`; who sends it says how to look for it.
Knows no collection.
"""

from __future__ import annotations

from collections.abc import Callable

from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.send import Json

Look = Callable[[PingOneError], Json | None]
"""Looks whether a change was carried out; is given what the last try to send it ended in.

Returns the record where it was, None where not. Raises a PingOneError where nobody knows."""

TRIES = 3


def settle(send: Callable[[], Json], look: Look) -> Json:
    """Send a change, look for it where the answer was lost, and send it again where it was not carried out.

    Raises what `send` raises, with `maybe_done` where it is not known whether it was carried out.
    """
    lost: PingOneError | None = None
    for _try in range(TRIES):
        try:
            return send()
        except PingOneError as error:
            if not error.maybe_done and lost is None:
                raise
            lost = lost or error
            try:
                found = look(error)
            except PingOneError as failure:
                raise lost from failure
            if found is not None:
                return found
            if not error.maybe_done:  # this try was refused, and none before it was carried out
                raise
    raise lost if lost is not None else AssertionError("nothing was tried")
