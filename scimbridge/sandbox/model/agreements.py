"""Agreements and consents: languages, revisions, what a user has agreed to (docs/pingone.md §15.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scimbridge.sandbox.http.errors import invalid_value, not_found, request_failed
from scimbridge.sandbox.store.directory import user_subject
from scimbridge.sandbox.store.records import Json, parse_instant, stamp

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory

PENDING: Final = "PENDING"


def see(records: dict[str, Json], key: str) -> Json:
    """Return one of several records. Raises ApiError 404."""
    found = records.get(key)
    if found is None:
        raise not_found()
    return found


def show_revision(directory: Directory, revision: Json) -> Json:
    """Return a revision, whose text may not stand there."""
    if directory.switches.agreement_text == "revision":
        return revision
    return {name: value for name, value in revision.items() if name != "text"}


def consents_of(directory: Directory, user_id: str) -> list[Json]:
    """Return the consents of a user; those never given only where switched so. Raises ApiError 404."""
    with directory.lock:
        directory.see("users", user_id)
        held = directory.hanging.of("agreementConsents", user_id)
        if directory.switches.consents_listed == "answered":
            return list(held.values())
        return [consent_of(directory, user_id, key) for key in directory.hanging.agreements]


def consent_of(directory: Directory, user_id: str, agreement_id: str) -> Json:
    """Return the consent of a user to one agreement. Raises ApiError 404."""
    with directory.lock:
        directory.see("users", user_id)
        agreement = see(directory.hanging.agreements, agreement_id)
        held = directory.hanging.of("agreementConsents", user_id).get(agreement_id)
        if not agreement["enabled"]:
            return {"agreement": {"id": agreement_id}, "status": "AGREEMENT_DISABLED"}
        return held or {"agreement": {"id": agreement_id}, "status": PENDING}


def accept(directory: Directory, user_id: str, agreement_id: str, body: Json) -> Json:
    """Note a consent. Raises ApiError 400 and 404."""
    with directory.lock:
        user = directory.find("users", user_id)
        if not see(directory.hanging.agreements, agreement_id)["enabled"]:
            raise request_failed("The agreement is disabled.")
        language = _id_of(body, "language")
        known = directory.hanging.languages[agreement_id]
        if language not in known or not known[language]["enabled"]:
            raise invalid_value("language.id", "does not exist, or is disabled")
        revision = _id_of(body, "revision")
        if known[language]["currentRevision"]["id"] != revision:
            raise invalid_value("revision.id", "is not the current revision")
        at = body.get("consentedAt", stamp(directory.clock()))
        if not isinstance(at, str) or parse_instant(at) is None:
            raise invalid_value("consentedAt", "must be a date")
        record: Json = {
            "agreement": {"id": agreement_id},
            "status": "ACCEPTED",
            "language": {"id": language, "locale": known[language]["locale"]},
            "revision": {"id": revision},
            "lastConsent": {"at": at, "language": {"id": language}, "revision": {"id": revision}},
        }
        directory.hanging.of("agreementConsents", user_id)[agreement_id] = record
        directory.changed("AGREEMENT_CONSENT.ACCEPTED", user_subject(user))
        return record


def revoke(directory: Directory, user_id: str, agreement_id: str) -> Json:
    """Take a consent back. Raises ApiError 404."""
    with directory.lock:
        user = directory.find("users", user_id)
        held = consent_of(directory, user_id, agreement_id)
        record: Json = {**held, "status": directory.switches.revoked_status}
        directory.hanging.of("agreementConsents", user_id)[agreement_id] = record
        directory.changed("AGREEMENT_CONSENT.REVOKED", user_subject(user))
        return record


def _id_of(body: Json, name: str) -> Any:
    held = body.get(name)
    return held.get("id") if isinstance(held, dict) else None
