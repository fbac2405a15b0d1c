"""What is held while an operation is carried out: no more than it changes, so that nobody waits for anything else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.operations.test_each import filled, prepared

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
DISABLE = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}
SLOW = (
    ("POST", ".join", {"groupId": "=group"}, ("POST", "/memberOfGroups")),
    ("DELETE", ".memberships/=group", None, ("DELETE", "/memberOfGroups/")),
    ("POST", ".endSessions", None, ("DELETE", "/sessions/")),
    ("DELETE", ".sessions/=session", None, ("DELETE", "/sessions/")),
    ("POST", ".linkAccount", {"identityProvider": "=provider", "externalId": "x"}, ("POST", "/linkedAccounts")),
    ("POST", ".assignRole", {"role": "=role", "scopeType": "POPULATION", "scopeId": "=population"},
     ("POST", "/roleAssignments")),
    ("POST", ".blockDevice/=device", None, ("POST", "/devices/")),
    ("POST", ".acceptAgreement", {"presentationId": "=presentation"}, ("GET", "/revisions/")),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "call"), SLOW, ids=[each[1] for each in SLOW])
def test_nobody_waits_to_disable(open_desk, hold_call, method, path, body, call):
    """While PingOne takes its time with what hangs on a user, the user is disabled at once."""
    desk = prepared(open_desk())
    if "memberships" in path:
        assert desk.ask("POST", ".join", {"groupId": desk.group}).status_code == 200
    sent = filled(desk, path), filled(desk, body)
    held = hold_call(desk, *call)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(desk.ask, method, *sent)
        assert held.came.wait(10)
        disabled = desk.ask("PATCH", f"/Users/{desk.user}", DISABLE)
        assert not slow.done()
        held.let.set()
        assert slow.result(30).status_code < 300
    assert disabled.status_code == 200, disabled.text
    assert disabled.json["active"] is False


def test_what_stands_in_a_user_waits(open_desk, hold_call):
    """A lock and a disable come one after the other: both write the user."""
    desk = open_desk()
    held = hold_call(desk, "POST", f"/users/{desk.user}")
    with ThreadPoolExecutor(2) as pool:
        lock = pool.submit(desk.ask, "POST", ".lock", {"unlockAt": "2999-01-01T00:00:00Z"})
        assert held.came.wait(10)
        disable = pool.submit(desk.ask, "PATCH", f"/Users/{desk.user}", DISABLE)
        with pytest.raises(TimeoutError):
            disable.result(0.1)
        held.let.set()
        assert (lock.result(30).status_code, disable.result(30).status_code) == (200, 200)


def test_one_account_is_linked_once(make_desk, hold_call):
    """Two clients that link one account at once link it once, though PingOne would take it twice."""
    desk = make_desk(second_link="accept")
    body = {"identityProvider": next(iter(desk.directory.providers)), "externalId": "x-1"}
    held = hold_call(desk, "POST", "/linkedAccounts")
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(desk.ask, "POST", ".linkAccount", body)
        assert held.came.wait(10)
        other = pool.submit(desk.ask, "POST", ".linkAccount", body)
        held.let.set()
        statuses = sorted((one.result(30).status_code, other.result(30).status_code))
    assert statuses == [200, 201]
    assert len(desk.directory.hanging.of("linkedAccounts", desk.user)) == 1
