"""PingOne's refusals: status, codes and bodies as docs/pingone.md §8 gives them.

Knows the shapes of errors only, nothing of who raises them or how they are sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VALIDATION = "The request could not be completed. One or more validation errors were in the request."
MISSING = "The request could not be completed. The requested resource was not found."
NO_ACCESS = "The request could not be completed. You do not have access to this resource."
NOT_UNIQUE = "is unique but a non-unique value is provided"


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of `details`: code, the attribute meant, a sentence and `innerError`."""

    code: str
    target: str | None
    message: str
    inner: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the entry; members without a value are left out."""
        entry: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            entry["target"] = self.target
        if self.inner:
            entry["innerError"] = dict(self.inner)
        return entry


class ApiError(Exception):
    """A refusal of the management API (docs/pingone.md §8.1)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[Detail] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(f"{status} {code}: {message} {[d.to_json() for d in details]}")
        self.status = status
        self.code = code
        self.message = message
        self.details = tuple(details)
        self.headers = tuple(headers)

    def to_json(self, correlation: str) -> dict[str, Any]:
        """Return the body; `correlation` is the id of the answer's Correlation-Id header."""
        body: dict[str, Any] = {"id": correlation, "code": self.code, "message": self.message}
        if self.details:
            body["details"] = [detail.to_json() for detail in self.details]
        return body


class FilterError(Exception):
    """A filter that does not parse or asks for what PingOne cannot do (docs/pingone.md §7.3)."""

    def __init__(self, message: str, attributes: Sequence[str] = (), operators: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.attributes = tuple(attributes)
        self.operators = tuple(operators)

    def to_api_error(self, code: str, target: str = "filter") -> ApiError:
        """Return the 400 with INVALID_FILTER; `code` is the top-level code, a switch."""
        inner: dict[str, Any] = {}
        if self.attributes:
            inner["supportedAttributes"] = list(self.attributes)
        if self.operators:
            inner["supportedOperators"] = list(self.operators)
        return ApiError(400, code, VALIDATION, [Detail("INVALID_FILTER", target, self.message, inner)])


def invalid_data(code: str, target: str | None, message: str, **inner: Any) -> ApiError:
    """Return a 400 INVALID_DATA with one detail."""
    return ApiError(400, "INVALID_DATA", VALIDATION, [Detail(code, target, message, inner)])


def invalid_value(target: str, message: str, **inner: Any) -> ApiError:
    """Return a 400 INVALID_DATA/INVALID_VALUE about `target`."""
    return invalid_data("INVALID_VALUE", target, message, **inner)


def invalid_request(code: str, target: str | None, message: str, **inner: Any) -> ApiError:
    """Return a 400 INVALID_REQUEST with one detail: a query or a body that makes no sense."""
    return ApiError(400, "INVALID_REQUEST", VALIDATION, [Detail(code, target, message, inner)])


def request_failed(message: str) -> ApiError:
    """Return a 400 REQUEST_FAILED: understood, valid, and still not possible."""
    return ApiError(400, "REQUEST_FAILED", f"The request could not be completed. {message}")


def not_found(message: str = MISSING) -> ApiError:
    """Return the 404."""
    return ApiError(404, "NOT_FOUND", message)


def forbidden() -> ApiError:
    """Return the 403 of a caller without the rights."""
    sentence = "The actor attempting to perform the request is not authorized."
    return ApiError(403, "ACCESS_FAILED", NO_ACCESS, [Detail("INSUFFICIENT_PERMISSIONS", None, sentence)])


def invalid_token() -> ApiError:
    """Return the 401 of an absent, unknown, expired or revoked token."""
    sentence = "The access token is missing, expired, revoked or was not issued for this environment."
    return ApiError(401, "ACCESS_FAILED", NO_ACCESS, [Detail("INVALID_TOKEN", None, sentence)])


def unsupported_media(given: str, *taken: str) -> ApiError:
    """Return the 415; `taken` are the media types that would have been right."""
    sentence = f"Content type {given or '(none)'} is not supported here. Supported: {', '.join(taken)}."
    return ApiError(415, "INVALID_REQUEST", f"The request could not be completed. {sentence}")


def too_many_requests(seconds: int) -> ApiError:
    """Return the 429 with its Retry-After in whole seconds (docs/pingone.md §9)."""
    detail = Detail("LIMIT_EXCEEDED", None, "The rate limit was exceeded.", {"retryAfter": seconds})
    return ApiError(
        429,
        "REQUEST_LIMITED",
        "The request could not be completed. Too many requests.",
        [detail],
        [("Retry-After", str(seconds))],
    )
