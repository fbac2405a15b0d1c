"""Every way to refuse a SCIM request: one class for each status and scimType (RFC 7644 §3.12).

Pure: knows the protocol's words for failures, nothing of who raises them or how they are sent.
"""

from __future__ import annotations

from typing import Any, ClassVar

ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A failure that the client is told: HTTP status, scimType and a sentence.

    `detail` names the attribute and what would be right. `retry_after`, in whole seconds, is sent
    as the Retry-After header. `headers` are further response headers that the failure demands.
    """

    status: ClassVar[int] = 500
    scim_type: ClassVar[str | None] = None

    def __init__(
        self, detail: str, *, retry_after: int | None = None, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(detail)
        # A detail may quote what was sent: half of a surrogate pair is no character and cannot be sent back.
        self.detail = detail.encode("utf-8", "backslashreplace").decode("utf-8")
        self.retry_after = retry_after
        self.headers = headers

    def to_message(self) -> dict[str, Any]:
        """Return the Error message body; `status` is a string there (RFC 7644 §3.12)."""
        message: dict[str, Any] = {"schemas": [ERROR_URN], "status": str(self.status)}
        if self.scim_type is not None:
            message["scimType"] = self.scim_type
        message["detail"] = self.detail
        return message


class BadRequest(ScimError):
    """The request is wrong in a way that has no scimType of its own."""

    status = 400


class InvalidFilter(BadRequest):
    """A filter with bad grammar, an unknown attribute or an operator that does not fit it."""

    scim_type = "invalidFilter"


class InvalidPath(BadRequest):
    """A PATCH path that does not parse or names nothing."""

    scim_type = "invalidPath"


class InvalidSyntax(BadRequest):
    """A body whose JSON or message structure is wrong."""

    scim_type = "invalidSyntax"


class InvalidValue(BadRequest):
    """A value that is missing, of the wrong type, or that PingOne would not take."""

    scim_type = "invalidValue"


class InvalidCount(BadRequest):
    """A `count` that is not a number in a cursor request (RFC 9865 §2.1)."""

    scim_type = "invalidCount"


class InvalidCursor(BadRequest):
    """A cursor that this bridge did not make, or made for another query or client."""

    scim_type = "invalidCursor"


class ExpiredCursor(BadRequest):
    """A cursor past its time: the walk has to start again."""

    scim_type = "expiredCursor"


class Mutability(BadRequest):
    """A change of what cannot be changed."""

    scim_type = "mutability"


class NoTarget(BadRequest):
    """A PATCH path that selects no value, or is missing where one is needed."""

    scim_type = "noTarget"


class TooMany(BadRequest):
    """An answer that would need more records than the bridge may read."""

    scim_type = "tooMany"


class Unauthorized(ScimError):
    """Nobody that we know asks."""

    status = 401


class Forbidden(ScimError):
    """The client is known and may not do this."""

    status = 403


class NotFound(ScimError):
    """No such resource or endpoint."""

    status = 404


class MethodNotAllowed(ScimError):
    """The endpoint does not know this verb."""

    status = 405


class Conflict(ScimError):
    """The present state forbids the change."""

    status = 409


class Uniqueness(Conflict):
    """A value that has to be unique is taken."""

    scim_type = "uniqueness"


class PreconditionFailed(ScimError):
    """If-Match does not fit the resource as it is."""

    status = 412


class PayloadTooLarge(ScimError):
    """The body, or the number of bulk operations, is above the announced limit."""

    status = 413


class UnsupportedMediaType(ScimError):
    """The body is not sent as JSON."""

    status = 415


class TooManyRequests(ScimError):
    """The client, or the bridge towards PingOne, is over its rate."""

    status = 429


class InternalError(ScimError):
    """A fault of the bridge itself."""

    status = 500


class NotImplementedByDesign(ScimError):
    """An optional part of the protocol that the bridge does not offer."""

    status = 501


class BadGateway(ScimError):
    """PingOne refused the bridge itself, or answered what cannot be read."""

    status = 502


class ValuesDropped(BadGateway):
    """PingOne carried a change out and kept not all of its values; everything else of it stands."""


class Unavailable(ScimError):
    """PingOne cannot be reached, or not in time; the request may be sent again."""

    status = 503


class GatewayTimeout(ScimError):
    """PingOne's answer was lost, and what it did is not known; the detail says what."""

    status = 504
