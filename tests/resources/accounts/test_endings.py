"""Sessions after a deactivation: ended where the table says so, and told where they were not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.sandbox.model import hanging
from tests.resources.accounts.conftest import READ, URN, Account

SESSIONS = "/users/{user}/sessions"
DISABLE = "PUT /users/{user}/enabled"
OVER_SHIPPED = 'resource = "User"\nextends = "shipped"\non_deactivate = ["endSessions"]\n'


@pytest.fixture
def make_ending(make_account, tmp_path: Path):
    """Open an account whose sessions end with it."""

    def make(**switches) -> Account:
        (tmp_path / "users.toml").write_text(OVER_SHIPPED)
        return make_account(settings={"mappings": tmp_path}, **switches)

    return make


def sign_on(account, times=2):
    """Let the user sign on."""
    return [hanging.add_session(account.directory, account.user)["id"] for _time in range(times)]


def sessions(account):
    """Return what is left of the user's sessions."""
    return account.directory.hanging.of("sessions", account.user)


def deactivate(account):
    """Make the user inactive by PATCH."""
    return account.client.patch(f"/Users/{account.user}", {"op": "replace", "path": "active", "value": False})


def test_sessions_end_after_the_disable(make_ending):
    """In that order: nobody signs on in between."""
    account = make_ending()
    sign_on(account)
    assert deactivate(account).status_code == 200
    assert account.calls[0] == DISABLE
    assert account.calls[1] == f"GET {SESSIONS}"
    assert not sessions(account)


def test_sessions_end_right_behind_the_disable(make_ending):
    """A call that fails later leaves nobody signed on; what was not done is said, and the same request finishes it."""
    account = make_ending()
    sign_on(account, 1)
    user = f"/Users/{account.user}"
    operations = [
        {"op": "replace", "path": "title", "value": "Former"},
        {"op": "replace", "path": f"{URN}:account.status", "value": "LOCKED"},
        {"op": "replace", "path": f"{URN}:verifyStatus", "value": "DISABLED"},
        {"op": "replace", "path": "active", "value": False},
    ]
    account.client.sandbox.faults.plan("error", "PATCH", f"/users/{account.user}", times=50)
    answer = account.client.patch(user, *operations)
    account.client.sandbox.faults.clear()
    assert answer.status_code >= 500
    assert "done before: disable, endSessions, lock" in answer.json["detail"]
    writes = [call.replace(account.user, "{user}") for call in account.client.writes]
    assert writes[0] == DISABLE
    assert writes[1].startswith(f"DELETE {SESSIONS}/")
    assert not sessions(account)
    assert account.client.patch(user, *operations).status_code == 200
    record = account.record
    assert (record["title"], record["verifyStatus"], record["enabled"]) == ("Former", "DISABLED", False)


def test_a_put_ends_them_too(make_ending):
    """And no other PUT does."""
    account = make_ending()
    sign_on(account)
    plain = account.get()
    assert account.put({**plain, "title": "Lead"}).status_code == 200
    assert len(sessions(account)) == 2
    assert account.put({**plain, "active": False}).status_code == 200
    assert not sessions(account)
    assert account.put({**plain, "active": False}).status_code == 200
    assert account.calls == [READ]


def test_off_by_default(account):
    """Who is disabled stays signed on where the table says nothing."""
    sign_on(account)
    assert deactivate(account).status_code == 200
    assert len(sessions(account)) == 2


def test_a_failure_is_told_and_the_disable_stands(make_ending):
    """The answer says what is done; the same PUT sent again finishes it."""
    account = make_ending()
    sign_on(account)
    plain = account.get()
    account.client.sandbox.faults.plan("error", "GET", SESSIONS.replace("{user}", account.user), times=50)
    answer = deactivate(account)
    account.client.sandbox.faults.clear()
    assert answer.status_code >= 500
    assert "done before: disable" in answer.json["detail"]
    assert "not done: endSessions" in answer.json["detail"]
    assert account.record["enabled"] is False
    assert len(sessions(account)) == 2
    assert account.put({**plain, "active": False}).status_code == 200
    assert not sessions(account)


@pytest.mark.parametrize("text", ['["endSession"]', '"endSessions"', '["endSessions", 1]'])
def test_what_cannot_follow_is_a_fault(make_account, tmp_path, text):
    """Told at the start, with what can."""
    (tmp_path / "users.toml").write_text(OVER_SHIPPED.replace('["endSessions"]', text))
    with pytest.raises(Exception, match="on_deactivate"):
        make_account(settings={"mappings": tmp_path})
