"""That a credential does not hold, in words for the operator's log.

Knows no protocol: how a refusal is told to a client is the edge's to decide.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a credential does not hold: what the log says, and by what refusals are counted. Each is constant text."""

    SCHEME = "another way than those that are known"
    MALFORMED = "a malformed Authorization header"
    UNKNOWN = "a token that is not known"
    NAME = "a name and secret that are not known"
    NAME_AT_ENDPOINT = "a name and secret that are not known, for a token"
    OWN_KIND = "an access token of another kind"
    OWN_SIGNATURE = "an access token that was not issued here"
    OWN_AUDIENCE = "an access token for somebody else"
    OWN_EXPIRED = "an access token that has expired"
    OWN_CLIENT = "an access token of a client that is no more"
    OWN_REVOKED = "an access token for a secret that is no more"
    ALGORITHM = "a token with an algorithm that its issuer does not use"
    KIND = "a token of another kind"
    KEY_ID = "a token with a malformed key id"
    EXPIRED = "a token that has expired"
    CLAIMS = "a token for somebody else, for another time, or without an end"
    BOUND = "a token that is bound to a key"
    SIGNATURE = "a token that no key of its issuer signed"
    KEY = "a token whose key is not known"
    TWO_CLIENTS = "a token for two clients at once"
    NOBODY = "a token for nobody that is known"
    CERTIFICATE = "a certificate that is not known"
    CERTIFICATE_UNREADABLE = "a certificate that cannot be read"
    CERTIFICATE_DATES = "a certificate outside its dates"


class CredentialRefused(Exception):
    """A credential that does not hold.

    `reason` never holds anything that was sent, and no client is told.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Expired(CredentialRefused):
    """A credential that held once; only who had it can learn that its time is over."""
