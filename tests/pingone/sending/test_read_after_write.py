"""What was made here is waited for; what was not is 404 at once."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.send import Call, Request, Response
from scimbridge.pingone.sending.read_after_write import PAUSES, WithReadAfterWrite
from scimbridge.state.memory import MemoryState


class _Lagging:
    """A PingOne that shows a record only from a certain time on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.shown: dict[str, float] = {}
        self.sent: list[tuple[str, str]] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def __call__(self, request: Request, _call: Call) -> Response:
        """Answer, or say that it is not there."""
        self.sent.append((request.method, request.path))
        if request.method == "POST" and request.path == "/users":
            return Response(201, body={"id": "u1"})
        owner = "/".join(request.path.split("/")[:3])
        needed = [owner]
        if isinstance(request.body, dict) and "memberOfGroups" in request.path:
            needed.append(f"/groups/{request.body['id']}")
        if any(self.shown.get(path, float("inf")) > self.now for path in needed):
            raise NotThere("not there", status=404)
        return Response(200, body={"id": "u1"})


@pytest.fixture
def pingone():
    return _Lagging()


@pytest.fixture
def send(pingone):
    clock = lambda: pingone.now  # noqa: E731
    return WithReadAfterWrite(pingone, MemoryState(clock), clock=clock, sleep=pingone.sleep)


def test_own_record_is_waited_for(pingone, send):
    """A read of what was just made waits until PingOne shows it."""
    send(Request("POST", "/users", body={}), Call())
    pingone.shown["/users/u1"] = 2.0
    assert send(Request("GET", "/users/u1"), Call()).status == 200
    assert 2.0 <= pingone.now <= 3.0


def test_foreign_record_is_not_waited_for(pingone, send):
    """A 404 for what nobody made here is told at once, after one call."""
    with pytest.raises(NotThere):
        send(Request("GET", "/users/stranger"), Call())
    assert pingone.now == 0.0
    assert pingone.sent == [("GET", "/users/stranger")]


def test_waiting_ends(pingone, send):
    """What never shows up is 404 after a bounded wait."""
    send(Request("POST", "/users", body={}), Call())
    with pytest.raises(NotThere):
        send(Request("GET", "/users/u1"), Call())
    assert pingone.now == pytest.approx(sum(PAUSES))


def test_waiting_keeps_the_deadline(pingone, send):
    """Nobody waits past the deadline of the request."""
    send(Request("POST", "/users", body={}), Call())
    with pytest.raises(NotThere):
        send(Request("GET", "/users/u1"), Call(deadline=1.0))
    assert pingone.now < 1.0


def test_deleted_record_is_gone_at_once(pingone, send):
    """After a delete the record is no more waited for."""
    send(Request("POST", "/users", body={}), Call())
    pingone.shown["/users/u1"] = 0.0
    send(Request("DELETE", "/users/u1"), Call())
    del pingone.shown["/users/u1"]
    with pytest.raises(NotThere):
        send(Request("GET", "/users/u1"), Call())
    assert pingone.now == 0.0


def test_membership_of_a_lagging_user_is_made(pingone, send):
    """A membership for a user that is not shown yet is tried again when it is."""
    send(Request("POST", "/users", body={}), Call())
    pingone.shown |= {"/users/u1": 0.5, "/groups/g1": 0.0}
    assert send(Request("POST", "/users/u1/memberOfGroups", body={"id": "g1"}), Call()).status == 200


def test_unknown_group_is_told_without_waiting(pingone, send):
    """Where the own user is shown, a 404 is about something else and is not waited out."""
    send(Request("POST", "/users", body={}), Call())
    pingone.shown["/users/u1"] = 0.0
    with pytest.raises(NotThere):
        send(Request("POST", "/users/u1/memberOfGroups", body={"id": "nobody"}), Call())
    assert pingone.now == 0.0
