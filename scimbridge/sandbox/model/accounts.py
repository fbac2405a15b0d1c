"""Codes by mail: the verification of an account and of an address, and how many mails a day may be sent.

The codes of an account and of its address are different things (docs/pingone.md §15.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.http.errors import invalid_data, invalid_value, too_many_requests
from scimbridge.sandbox.store.directory import user_subject

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory
    from scimbridge.sandbox.store.records import Json

CODE_LENGTH: Final = 8
A_DAY: Final = 86_400
WHO: Final = ("admin", "user")


def mail_code(directory: Directory, user: Json) -> str:
    """Count a mail and return the code in it. Raises ApiError: no address, or too many mails today."""
    if not user.get("email"):
        raise invalid_data("CONSTRAINT_VIOLATION", "email", "The user has no email address")
    codes = directory.hanging.codes_of(user["id"])
    if codes.mails >= directory.switches.mails_a_day:
        if directory.switches.mail_limit_status == 429:  # noqa: PLR2004
            raise too_many_requests(A_DAY)
        raise invalid_data("CONSTRAINT_VIOLATION", "email", "The daily limit of notifications is reached")
    codes.mails += 1
    return directory.new_id().replace("-", "").upper()[:CODE_LENGTH]


def reset_quota(directory: Directory, user_id: str) -> None:
    """Let a user get mails again. Raises ApiError 404."""
    with directory.lock:
        directory.find("users", user_id)
        directory.hanging.codes_of(user_id).mails = 0


def send_verification(directory: Directory, user_id: str) -> Json:
    """Mail the code of the account. Raises ApiError."""
    with directory.lock:
        user = directory.find("users", user_id)
        directory.hanging.codes_of(user_id).verification = mail_code(directory, user)
        return _store(directory, {**user, "lifecycle": {"status": "VERIFICATION_REQUIRED"}})


def verify(directory: Directory, user_id: str, given: Any) -> Json:
    """End the verification of the account. Raises ApiError."""
    with directory.lock:
        user = directory.find("users", user_id)
        codes = directory.hanging.codes_of(user_id)
        _check_code(given, codes.verification)
        codes.verification = ""
        return _store(directory, {**user, "lifecycle": {"status": "ACCOUNT_OK"}})


def send_email_verification(directory: Directory, user_id: str, body: Json) -> Json:
    """Mail the code of the address. Raises ApiError."""
    if body.get("notificationType") not in WHO:
        raise invalid_value("notificationType", "is not allowed", allowedValues=list(WHO))
    with directory.lock:
        user = directory.find("users", user_id)
        codes = directory.hanging.codes_of(user_id)
        codes.email, codes.email_ends = mail_code(directory, user), directory.clock() + A_DAY
        return user


def verify_email(directory: Directory, user_id: str, given: Any) -> Json:
    """Prove the address. Raises ApiError."""
    with directory.lock:
        user = directory.find("users", user_id)
        codes = directory.hanging.codes_of(user_id)
        _check_code(given, codes.email if directory.clock() < codes.email_ends else "")
        codes.email = ""
        return _store(directory, {**user, "emailVerified": True})


def _check_code(given: Any, wanted: str) -> None:
    if not isinstance(given, str) or not given:
        raise invalid_data("REQUIRED_VALUE", "verificationCode", "must not be empty")
    if not wanted or given != wanted:  # only of recovery codes it is told that their case is nothing
        raise invalid_value("verificationCode", "is not valid")


def _store(directory: Directory, user: Json) -> Json:
    bumped = directory.bumped(user)
    directory.users.put(bumped)
    directory.changed("USER.UPDATED", user_subject(bumped), f"Updated lifecycle for User {bumped['username']}")
    return bumped
