"""Facets: which call each is, in which order, and how its value stands in a record."""

from __future__ import annotations

import pytest

from scimbridge.pingone.bodies import creation, facets_left
from scimbridge.pingone.facets import ACCOUNT, ENABLED, IDENTITY_PROVIDER, MFA_ENABLED, PASSWORD, POPULATION
from scimbridge.pingone.kinds import USERS


def test_a_disable_comes_first_and_an_enable_last():
    """A disable and a lock, population, identity provider, [the rest], MFA, password, proofing, unlock, enable."""
    calls = [(facet.place(True), facet.step(True)) for facet in USERS.facets if not facet.along and not facet.initial]
    calls += [(0, "the rest"), (ENABLED.place(False), ENABLED.step(False)), (ACCOUNT.place("LOCKED") + 1, "lock")]
    assert [step for _place, step in sorted(calls)] == [
        "disable", "lock", "population", "identityProvider", "the rest", "mfaEnabled", "password", "verifyStatus",
        "unlock", "enable",
    ]  # fmt: skip


def test_only_a_disable_and_a_lock_are_urgent():
    """They take rights away; MFA that is switched off does not."""
    assert ENABLED.is_urgent(False)
    assert ACCOUNT.is_urgent("LOCKED")
    assert not any(facet.is_urgent(value) for facet in USERS.facets for value in (True, None, "x", "OK"))
    assert not MFA_ENABLED.is_urgent(False)


def test_a_lock_is_told_by_its_media_type():
    """And so is an unlock; everything else is told by its path."""
    assert ACCOUNT.media_of("LOCKED") == "application/vnd.pingidentity.account.lock+json"
    assert ACCOUNT.media_of("OK") == "application/vnd.pingidentity.account.unlock+json"
    assert ENABLED.media_of(True) == "application/json"


@pytest.mark.parametrize(
    ("facet", "value", "body"),
    [
        (ENABLED, False, {"enabled": False}),
        (POPULATION, "p", {"id": "p"}),
        (IDENTITY_PROVIDER, "i", {"identityProvider": {"id": "i"}}),
        (IDENTITY_PROVIDER, None, {"identityProvider": {}}),
        (PASSWORD, "secret", {"value": "secret"}),
    ],
)
def test_the_body_of_the_call(facet, value, body):
    """Some calls take the value below its name, some without it."""
    assert facet.body(value) == body


def test_a_creation_carries_all_of_them():
    """Each value stands where records have it; a password makes the create an import."""
    values = {"enabled": False, "population": "p", "identityProvider": "i", "mfaEnabled": True}
    whole = {"enabled": False, "population": {"id": "p"}, "identityProvider": {"id": "i"}, "mfaEnabled": True}
    assert creation(USERS, {"username": "j"}, values) == ({"username": "j", **whole}, "application/json")
    body, media = creation(USERS, {"username": "j"}, {**values, "password": "secret"})
    assert body == {"username": "j", **whole, "password": {"value": "secret"}}
    assert media == "application/vnd.pingidentity.user.import+json"


def test_what_a_creation_left_out():
    """What the new record does not hold as it was asked for; of a secret nobody can tell."""
    record = {"enabled": True, "population": {"id": "p"}, "identityProvider": {"type": "PING_ONE"}}
    values = {"enabled": False, "population": "p", "identityProvider": "i", "mfaEnabled": True, "password": "secret"}
    assert facets_left(USERS, record, values) == {"enabled": False, "identityProvider": "i", "mfaEnabled": True}


def test_what_a_new_user_is_needs_no_call():
    """Also where PingOne leaves it out of its answer; how a life begins is no call afterwards."""
    values = {"account": "OK", "verifyStatus": "NOT_INITIATED", "lifecycle": "VERIFICATION_REQUIRED"}
    assert facets_left(USERS, {}, values) == {}
    assert facets_left(USERS, {}, {"account": "LOCKED", "unlockAt": "later"}) == {
        "account": "LOCKED", "unlockAt": "later",
    }  # fmt: skip


def test_a_field_without_a_call_of_its_own():
    """Asking for its facet is a mistake of the program."""
    with pytest.raises(ValueError, match="'title' has no call of its own"):
        USERS.facet("title")
