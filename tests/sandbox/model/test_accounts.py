"""Codes by mail: how long one counts."""

from __future__ import annotations

PREFIX = "application/vnd.pingidentity.user.emailVerification."


def test_the_code_of_an_address_ends_after_a_day(api):
    """Twenty-four hours later the right code is as wrong as any."""
    user = api.user("a", email="a@example.org")
    path = f"/users/{user['id']}/emailVerification"
    api.good("POST", path, {"notificationType": "user"}, f"{PREFIX}send+json")
    codes = api.sandbox.directory.hanging.codes_of(user["id"])
    given, ends = {"verificationCode": codes.email}, codes.email_ends
    codes.email_ends = 0.0
    assert api.fault("POST", path, given, f"{PREFIX}verify+json")["target"] == "verificationCode"
    codes.email_ends = ends
    assert api.good("POST", path, given, f"{PREFIX}verify+json")["emailVerified"] is True
