"""Operations in a trial: what does no harm is done once on the throw-away user, all else is never sent."""

from __future__ import annotations

from contextlib import closing
from types import SimpleNamespace

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.ops.checking.checks import check
from scimbridge.ops.checking.findings import Grade, Report
from scimbridge.sandbox import Sandbox
from tests.conftest import Clock, settings_for
from tests.ops.conftest import RANDOM


def of_operations(report, grade):
    return " ".join(each.what for each in report.findings if each.where == "operations" and each.grade is grade)


@pytest.fixture(scope="module")
def tried():
    """One trial in a PingOne that gives no bypass of the second factor, and refuses to start a quota anew."""
    with closing(Sandbox.start(seed=5)) as sandbox:
        sandbox.faults.plan("error", method="PUT", path="/bypassMFA", status=403, times=9)
        sandbox.faults.plan("error", method="POST", path="/notifications/quota", status=400, times=9)
        clock = Clock()
        around = Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep)
        report = Report.of(check(settings_for(sandbox, bearer_token=RANDOM), "Partners", around))
        yield SimpleNamespace(report=report, entries=[*sandbox.journal.entries])


def test_what_does_no_harm_is_done(tried):
    """Each such row is carried out by the bridge's own way, and they are one line."""
    fine = of_operations(tried.report, Grade.OK)
    assert "User (setPassword, changePassword, forcePasswordChange, unlockPassword, lock, unlock, join" in fine


def test_what_pingone_forbids_is_told_by_row(tried):
    """No client may call it here, so that it is a note; both readings of a 403 are said."""
    told = of_operations(tried.report, Grade.NOTE)
    assert "PingOne answers 403 to User (bypassMfa): the application lacks the right, or this environment" in told


def test_a_refusal_shows_no_right(tried):
    """Whether PingOne looks at the right first is not known: such a row was not tried, and the exit code says so."""
    assert "User (mailQuota)" in of_operations(tried.report, Grade.NOT_TRIED)
    assert tried.report.exit_code == 3


def test_rows_that_are_never_tried_are_not_sent(tried):
    """No mail, no code, no role, no device, no consent and no link."""
    told = of_operations(tried.report, Grade.NOTE)
    assert "never tried" in told
    assert "they need the same role as what was tried" in told
    sent = [each for each in tried.entries if each.method != "GET"]
    parts = ("emailVerification", "linkedAccounts", "roleAssignments", "agreementConsents", "devices", "sessions")
    assert not [each.path for each in sent if any(part in each.path for part in parts)]
    assert not [each.content_type for each in sent if "Code" in each.content_type or "recover" in each.content_type]


def test_no_password_of_the_trial_is_told(tried):
    """What was set and reset stands in no finding."""
    given = [
        value
        for each in tried.entries
        if each.path.endswith("/password") and each.body
        for name, value in each.json.items()
        if name in ("value", "newPassword")
    ]
    assert len(given) == 3  # two by operations, and one by the row of the table
    told = " ".join(each.what for each in tried.report.findings)
    assert not [value for value in given if value in told]
