"""Agreements: what a user was shown is sealed, and only that can be accepted.

A consent to a text that nobody saw is worthless, so a text that cannot be read is a refusal, and a seal is for one
user, one revision and one text (docs/pingone.md §15.6).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt, Json
from scimbridge.operations.languages import choose_language
from scimbridge.pingone.collections import quote_id
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.paging import read_whole
from scimbridge.scim.cursors import Seal
from scimbridge.scim.errors import Conflict, ExpiredCursor, InvalidCursor, InvalidValue
from scimbridge.sides import Native

if TYPE_CHECKING:
    from scimbridge.operations.carrying_out import Room

PENDING = "PENDING"
SHOWN_FOR = 3600.0
"""Seconds for which what was shown can be accepted."""


def list_consents(attempt: Attempt, _room: Room) -> Any:
    """Return the user's consents, and a pending one for each agreement that PingOne's list leaves out."""
    consents = read_whole(attempt.send("GET", attempt.operation.call.path), attempt.operation.listed)
    answered = {read_field(each, ("agreement", "id")) for each in consents}
    return consents + [
        Native({"agreement": {"id": each["id"]}, "status": PENDING})
        for each in _agreements(attempt)
        if each.get("enabled") is not False and each["id"] not in answered
    ]


def present(attempt: Attempt, _room: Room) -> Any:
    """Return what is to be shown to the user of one agreement, with its state."""
    try:
        consent = attempt.send("GET", attempt.operation.call.path).body
    except NotThere:
        consent = {}  # never answered; an agreement that is not there is found out below
    user = attempt.around.reach.users.read(attempt.context, attempt.key)
    wanted = (user.get("preferredLanguage"), attempt.values.get("acceptLanguage"), user.get("locale"))
    return {**_text_of(attempt, attempt.item, wanted), "status": consent.get("status", PENDING)}


def read_texts(attempt: Attempt, _room: Room) -> Any:
    """Return agreements, or one with its text in the reader's language."""
    if attempt.item:
        wanted = (attempt.values.get("acceptLanguage"), attempt.values.get("userLocale"))
        return _text_of(attempt, attempt.item, wanted)
    return [_named(each) for each in _agreements(attempt)]


def accept(attempt: Attempt, room: Room) -> Any:
    """Note that the user agrees to what was shown. Raises `InvalidValue` for a seal that is not this user's or is over.

    Raises `Conflict` where another revision or another text holds by now.
    """
    shown = _open(attempt)
    agreement, language, revision = shown["agreement"], shown["language"], shown["revision"]
    now = _text_of(attempt, agreement, (), language)
    if read_field(now, ("revision", "id")) != revision or _digest(now["text"]) != shown["text"]:
        msg = "presentationId: the agreement has a newer text by now; show that to the user first"
        raise Conflict(msg)
    at = attempt.around.wall()
    body = {"language": {"id": language}, "revision": {"id": revision}, "consentedAt": _stamp(at)}
    about = attempt.of(agreement)
    made = room.settled(
        attempt,
        lambda: about.send("POST", attempt.operation.call.path, body=body, media=attempt.operation.call.media).body,
    )
    return made if made.get("status") else about.send("GET", attempt.operation.call.path).body


def seal(attempt: Attempt, record: Mapping[str, Any]) -> str | None:
    """Return the seal of what is shown to a user; None where it is shown to nobody in particular."""
    if not attempt.key or "text" not in record:
        return None
    payload = {
        "agreement": read_field(record, ("agreement", "id")), "language": read_field(record, ("language", "id")),
        "revision": read_field(record, ("revision", "id")), "text": _digest(str(record["text"])),
    }  # fmt: skip
    sealing = Seal((attempt.around.secret,))
    return sealing.seal(payload, _bound(attempt), attempt.around.wall() + SHOWN_FOR)


def _open(attempt: Attempt) -> Json:
    try:
        return Seal((attempt.around.secret,)).open(
            attempt.values["presentationId"], _bound(attempt), attempt.around.wall()
        )
    except ExpiredCursor as error:
        msg = "presentationId: it was shown too long ago; show the agreement to the user again"
        raise InvalidValue(msg) from error
    except InvalidCursor as error:
        msg = "presentationId: nothing was shown to this user under it; GET .agreement/{agreementId} gives one"
        raise InvalidValue(msg) from error


def _bound(attempt: Attempt) -> str:
    return f"presentation\0{attempt.key.lower()}"


def _text_of(attempt: Attempt, agreement: str, wanted: tuple[Any, ...], language: str | None = None) -> Json:
    """Return one agreement with its text in the language that is wanted, or as it holds now in the one of an id.

    Raises `Conflict` where it cannot be shown.
    """
    fresh, path = language is not None, f"agreements/{quote_id(agreement)}"
    held = _kept(attempt, path, fresh=fresh)
    if held.get("enabled") is False:
        msg = "agreement: it is disabled, and a disabled agreement is shown to nobody"
        raise Conflict(msg)
    below = f"{path}/languages"
    every = attempt.kept(below, lambda: attempt.read_all(below, "languages"), fresh=fresh)
    usable = [each for each in every if each.get("enabled") is not False and language in (None, each["id"])]
    chosen = choose_language(usable, wanted)
    if chosen is None:
        msg = "agreement: it has no language that is enabled and has a revision"
        raise Conflict(msg)
    revision = read_field(chosen, ("currentRevision", "id"))
    revised = f"{below}/{quote_id(chosen['id'])}/revisions/{quote_id(str(revision))}"
    text = _kept(attempt, revised, fresh=fresh).get("text")
    if not text:
        text = attempt.around.fetch_text(f"{revised}.json", attempt.context.call.deadline).get("text")
    if not isinstance(text, str) or not text:
        msg = "agreement: PingOne does not tell its text, and a consent to a text that nobody saw is worthless"
        raise Conflict(msg)
    return {
        **_named(held),
        "text": text,
        "displayName": chosen.get("displayName"),
        "userExperience": chosen.get("userExperience") or {},
        "language": {"id": chosen["id"], "locale": chosen.get("locale")},
        "revision": {"id": revision},
    }


def _named(agreement: Mapping[str, Any]) -> Json:
    return {"agreement": {"id": agreement.get("id"), "name": agreement.get("name")}}


def _agreements(attempt: Attempt) -> list[Native]:
    return attempt.kept("agreements", lambda: attempt.read_all("agreements", "agreements"))


def _kept(attempt: Attempt, path: str, *, fresh: bool) -> Json:
    return attempt.kept(path, lambda: attempt.send("GET", path).body, fresh=fresh)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
