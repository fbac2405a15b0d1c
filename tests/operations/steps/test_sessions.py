"""Sessions are ended to the last one, or it is told that there are more."""

from __future__ import annotations

import pytest

from scimbridge.pingone.sending.rate import WithRate


@pytest.mark.parametrize("number", [0, 1, 10, 23, 50])
def test_all_of_them(desk, number):
    """However many there are up to fifty, ten at a time, they are ended and counted."""
    for _number in range(number):
        desk.add_session()
    answer = desk.ask("POST", ".endSessions")
    assert (answer.status_code, answer.json) == (200, {"count": number})
    assert not desk.directory.hanging.of("sessions", desk.user)


def test_sessions_that_come_back(make_desk):
    """A user who signs on faster than sessions end is told of, after a bounded number of calls."""
    desk = make_desk(sessions_come_back=True)
    desk.add_session()
    answer = desk.ask("POST", ".endSessions")
    assert answer.status_code == 409
    assert "5 sessions were ended and there are more" in answer.json["detail"]
    assert len(desk.calls) == 11


def test_a_session_that_ended_by_itself(desk):
    """A session that is gone when it is to be ended is none that was ended."""
    desk.add_session()
    desk.client.sandbox.faults.plan("error", method="DELETE", status=404)
    answer = desk.ask("POST", ".endSessions")
    assert (answer.status_code, answer.json) == (200, {"count": 0})


@pytest.mark.parametrize(("path", "body"), [(".endSessions", None), (".lock", {"unlockAt": "2999-01-01T00:00:00Z"})])
def test_what_takes_rights_away_goes_first(open_desk, monkeypatch, path, body):
    """Every call of it goes before what others wait for, as those of a disable do."""
    desk, urgent, enter = open_desk(), [], WithRate.__call__
    desk.add_session()
    monkeypatch.setattr(
        WithRate, "__call__", lambda self, request, call: (urgent.append(call.urgent), enter(self, request, call))[1]
    )
    assert desk.ask("POST", path, body).status_code == 200
    assert urgent
    assert all(urgent)
