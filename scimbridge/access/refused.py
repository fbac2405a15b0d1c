"""That a credential does not hold, in words for the operator's log.

Knows no protocol: how a refusal is told to a client is the edge's to decide.
"""

from __future__ import annotations


class CredentialRefused(Exception):
    """A credential that does not hold.

    `reason` is constant text for the log; it never holds anything that was sent, and no client is told.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Expired(CredentialRefused):
    """A credential that held once; only who had it can learn that its time is over."""
