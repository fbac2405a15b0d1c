"""Agreements: only what was shown to a user can be accepted for that user, as it was shown."""

from __future__ import annotations

import pytest

NEWER = "5a0d0009-0000-4000-8000-000000000009"


def show(desk, **headers):
    """Show the user the terms."""
    return desk.ask("GET", f".agreement/{desk.agreement()}", headers=headers)


def accept(desk, presentation):
    """Accept what was shown under an id."""
    return desk.ask("POST", ".acceptAgreement", {"presentationId": presentation})


def language(desk, locale="en"):
    """Return a language of the terms."""
    known = desk.directory.hanging.languages[desk.agreement()].values()
    return next(each for each in known if each["locale"].startswith(locale))


def test_what_was_shown_is_accepted(desk):
    """What is shown has text, title and an id; that accepts it, and the state says so."""
    told = show(desk).json
    assert told["text"]
    assert told["status"] == "PENDING"
    answer = accept(desk, told["presentationId"])
    assert (answer.status_code, answer.json["status"]) == (200, "ACCEPTED")
    assert show(desk).json["status"] == "ACCEPTED"
    listed = desk.ask("GET", ".agreements").json["Resources"]
    assert {each["agreement"]["id"]: each["status"] for each in listed}[desk.agreement()] == "ACCEPTED"


def test_another_users_seal(open_desk):
    """What was shown to one user cannot be accepted for another."""
    mine, theirs = open_desk(), open_desk()
    answer = accept(theirs, show(mine).json["presentationId"])
    assert answer.status_code == 400
    assert "nothing was shown to this user" in answer.json["detail"]
    assert theirs.calls == []


def test_an_old_seal(open_desk, house):
    """What was shown more than an hour ago has to be shown again."""
    desk = open_desk()
    seal = show(desk).json["presentationId"]
    house.clock.sleep(3601)
    answer = accept(desk, seal)
    assert answer.status_code == 400
    assert "too long ago" in answer.json["detail"]
    assert desk.writes == []


@pytest.mark.parametrize("change", [str.upper, lambda seal: seal[:-1], lambda seal: seal + "A", lambda _seal: "x"])
def test_a_seal_that_is_none(open_desk, change):
    """A seal that was changed opens nothing."""
    desk = open_desk()
    assert accept(desk, change(show(desk).json["presentationId"])).status_code == 400
    assert desk.writes == []


def new_revision(desk):
    """Let a newer revision hold."""
    held = language(desk)
    desk.directory.hanging.revisions[held["id"]][NEWER] = {"id": NEWER, "text": "Newer terms."}
    held["currentRevision"] = {"id": NEWER}


def new_text(desk):
    """Change the text of the revision that holds."""
    held = language(desk)
    desk.directory.hanging.revisions[held["id"]][held["currentRevision"]["id"]]["text"] = "Other terms."


def disable(desk):
    """Disable the agreement."""
    desk.directory.hanging.agreements[desk.agreement()]["enabled"] = False


def no_language(desk):
    """Disable the language in which it was shown."""
    language(desk)["enabled"] = False


@pytest.mark.parametrize("change", [new_revision, new_text, disable, no_language])
@pytest.mark.parametrize("place", ["revision", "host"])
def test_what_holds_no_more(make_desk, change, place):
    """Where something else holds by now than what was shown, it is 409, and nothing was agreed to."""
    desk = make_desk(agreement_text=place)
    seal = show(desk).json["presentationId"]
    change(desk)
    answer = accept(desk, seal)
    assert answer.status_code == 409, answer.text
    assert desk.writes == []


def test_a_text_that_stands_nowhere(make_desk):
    """A consent to a text that nobody saw is worthless: it is not asked for."""
    desk = make_desk(agreement_text="nowhere")
    answer = show(desk)
    assert answer.status_code == 409
    assert "does not tell its text" in answer.json["detail"]


def test_a_disabled_agreement_is_shown_to_nobody(make_desk):
    """A disabled agreement is neither shown nor among what is still to be agreed to."""
    desk = make_desk()
    disable(desk)
    assert show(desk).status_code == 409
    assert desk.agreement() not in [
        each["agreement"]["id"] for each in desk.ask("GET", ".agreements").json["Resources"]
    ]


LOCALES = (
    (None, None, "en"), ("de", None, "de"), (None, "de", "de"), ("de", "en", "de"), (None, "de-AT", "de"),
    (None, "fr, de;q=0.5, en;q=0.4", "de"), (None, "de;q=0, en", "en"), (None, "xx;q=;,,;;q=a,*", "en"),
    (None, "de" + ", xx" * 99, "de"),
)  # fmt: skip


@pytest.mark.parametrize(("preferred", "accepted", "locale"), LOCALES)
def test_the_language_of_the_reader(make_desk, preferred, accepted, locale):
    """The user's language counts first, then the header's, then the environment's own."""
    desk = make_desk(seed=5)
    desk.directory.users.rows[desk.user]["preferredLanguage"] = preferred
    told = show(desk, **({} if accepted is None else {"Accept-Language": accepted}))
    assert told.status_code == 200, told.text
    revision = language(desk, locale)["currentRevision"]["id"]
    assert told.json["text"] == desk.directory.hanging.revisions[language(desk, locale)["id"]][revision]["text"]


def test_a_lost_answer_accepts_once(desk):
    """An acceptance that is sent again has the same time."""
    seal = show(desk).json["presentationId"]
    desk.client.sandbox.faults.plan("drop_after", method="POST", path="agreementConsents")
    assert accept(desk, seal).status_code == 200
    sent = [entry.json for entry in desk.client.sandbox.journal.entries if entry.method == "POST" and entry.body]
    times = {each["consentedAt"] for each in sent if isinstance(each, dict) and "consentedAt" in each}
    assert len(times) == 1
