"""Environments: which filters and limits they have."""

from __future__ import annotations

import pytest

from scimbridge.sandbox import Switches

VENDOR = "application/vnd.pingidentity."


def ask(api, **query):
    """Ask for environments."""
    return api.call("GET", f"{api.sandbox.url}/v1/environments", params=query)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('name sw "sand"', 1), ('name sw "x"', 0), ('status eq "ACTIVE"', 1), ('license.id eq "x"', 0),
        ('organization.id eq "00000000-0000-4000-8000-000000000001"', 1),
    ],
)  # fmt: skip
def test_filters_of_environments(api, text, found):
    """A filter that there is leaves out what it does not hold for."""
    assert ask(api, filter=text).json()["count"] == found


@pytest.mark.parametrize("text", ['name eq "Sandbox"', 'region eq "EU"', "name sw", 'id eq "a" or id eq "b"', ""])
def test_other_filters_are_refused(api, text):
    """What environments have no filter for is INVALID_FILTER, and not left out."""
    answer = ask(api, filter=text)
    assert (answer.status_code, answer.json()["details"][0]["code"]) == (400, "INVALID_FILTER")


@pytest.mark.parametrize(("limit", "status"), [("1", 200), ("500", 200), ("501", 400), ("0", 400), ("x", 400)])
def test_limits_of_environments(api, limit, status):
    """Up to 500 are told at a time."""
    assert ask(api, limit=limit).status_code == status


WRONG_TYPES = (
    ("POST", "", "account.lock"), ("POST", "", "account.unlock"), ("POST", "", "user.verify"),
    ("POST", "/password", "password.unlock"), ("POST", "/password", "password.check"),
    ("POST", "/password", "password.forceChange+json"), ("PUT", "/password", "password.set"),
    ("POST", "/emailVerification", "user.emailVerification.send"), ("POST", "/notifications/quota", "quota.reset"),
    ("POST", "/linkedAccounts", "account.link"),
)  # fmt: skip


def test_types_end_as_told(api):
    """In `+json`, but for the one that is told without: any other spelling is 415."""
    user = api.user("a")
    for method, path, media in WRONG_TYPES:
        answer = api.call(method, f"/users/{user['id']}{path}", {}, f"{VENDOR}{media}")
        assert answer.status_code == 415, media


def test_how_the_type_of_a_forced_change_ends_is_a_switch(make_caller):
    """One spelling at a time."""
    api = make_caller(Switches(force_change_type="json"))
    path = f"/users/{api.user('a')['id']}/password"
    assert api.call("POST", path, None, f"{VENDOR}password.forceChange").status_code == 415
    assert api.call("POST", path, None, f"{VENDOR}password.forceChange+json").status_code == 400  # no password yet


def test_a_disabled_agreement_is_accepted_by_nobody(api):
    """Neither is one in a language that is disabled."""
    held, user = api.sandbox.directory.hanging, api.user("a")
    for key, agreement in held.agreements.items():
        for language in held.languages[key].values():
            body = {"language": {"id": language["id"]}, "revision": {"id": language["currentRevision"]["id"]}}
            path = f"/users/{user['id']}/agreementConsents/{key}"
            answer = api.call("POST", path, body, f"{VENDOR}consent.accept+json")
            assert answer.status_code == (200 if agreement["enabled"] else 400), agreement["name"]
            language["enabled"] = False
            assert api.call("POST", path, body, f"{VENDOR}consent.accept+json").status_code == 400


def test_who_is_no_environment_admin_reads_no_agreements(make_caller):
    """Consents are read with the role for users, agreements with another."""
    api = make_caller(Switches(reads_agreements=False))
    assert api.call("GET", "/agreements").status_code == 403
    assert api.call("GET", f"/users/{api.user('a')['id']}/agreementConsents").status_code == 200


def test_what_hangs_on_a_user_has_no_pages(api):
    """Nor a filter: what would be left out in silence is refused."""
    user = f"/users/{api.user('a')['id']}"
    for part in ("sessions", "linkedAccounts", "roleAssignments", "devices", "agreementConsents"):
        for asked in ("limit=10", "cursor=x", "filter=status+eq+%22ACTIVE%22"):
            assert api.call("GET", f"{user}/{part}?{asked}").status_code == 400, (part, asked)
        assert api.call("GET", f"{user}/{part}").status_code == 200


def test_codes_of_accounts_have_a_case(api):
    """Only of recovery codes it is told that their case is nothing."""
    path = f"/users/{api.user('a', email='a@example.com')['id']}"
    api.good("POST", path, None, f"{VENDOR}user.sendVerificationCode+json")
    code = api.sandbox.directory.hanging.codes_of(path.rpartition("/")[2]).verification
    lowered = {"verificationCode": code.lower() if code.lower() != code else "x"}
    assert api.call("POST", path, lowered, f"{VENDOR}user.verify+json").status_code == 400
    assert api.call("POST", path, {"verificationCode": code}, f"{VENDOR}user.verify+json").status_code == 200
