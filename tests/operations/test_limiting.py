"""Limits of operations hold for a user, over all nodes and after a restart."""

from __future__ import annotations

import pytest

from scimbridge.operations.limiting import take_place
from scimbridge.operations.rooms import open_catalogue
from scimbridge.scim.errors import TooManyRequests, Unavailable
from scimbridge.settings.declared import Secret
from scimbridge.state.memory import MemoryState
from tests.conftest import Client, Clock, make_app, settings_for
from tests.operations.conftest import OLD, Desk
from tests.state.conftest import RedisServer

ROWS = {each.name: each for each in open_catalogue(None)}


@pytest.fixture
def redis_url():
    """A Redis of our own."""
    server = RedisServer()
    yield server.url
    server.kill()


def test_twenty_a_minute(desk, house):
    """The twenty-first check within a minute is 429 with the time to wait, another user's is not, nor one later."""
    desk.set_password()
    for _number in range(20):
        assert desk.ask("POST", ".checkPassword", {"password": OLD}).status_code == 200
    answer = desk.ask("POST", ".checkPassword", {"password": OLD})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "20 a minute" in answer.json["detail"]
    assert desk.calls == []
    assert desk.ask("POST", f"/Users/{desk.user.upper()}/.checkPassword", {"password": OLD}).status_code == 429
    other = desk.client.users_in("Employees")[0]
    assert desk.ask("POST", f"/Users/{other}/.checkPassword", {"password": OLD}).status_code == 409
    house.clock.sleep(61)
    assert desk.ask("POST", ".checkPassword", {"password": OLD}).status_code == 200


def test_a_change_that_checks_is_a_check(open_desk):
    """Who changes passwords with present ones, and checks them as well, can guess no more than who checks."""
    desk = open_desk()
    desk.set_password()
    for _number in range(20):
        desk.ask("POST", ".changePassword", {"currentPassword": "2Federate-Wrong!", "newPassword": OLD})
    assert desk.ask("POST", ".checkPassword", {"password": OLD}).status_code == 429
    assert desk.calls == []
    assert desk.ask("POST", ".changePassword", {"newPassword": "2Federate-Newer!"}).status_code == 429


def test_a_new_day_of_messages(open_desk):
    """`mailQuota` lets the user get messages again, also those that the bridge itself would count as too many."""
    desk = open_desk()
    desk.set_password()
    row = ROWS["sendRecoveryCode"]
    bridge = desk.client.app.extensions["scimbridge"]
    for _number in range(row.limit.times):
        take_place(row, desk.user, bridge.parts.state, bridge.parts.wall)
    assert desk.ask("POST", ".sendRecoveryCode").status_code == 429
    assert desk.ask("POST", ".mailQuota").status_code == 204
    assert desk.ask("POST", ".sendRecoveryCode").status_code == 200


def test_no_minute_holds_more():
    """Places are free again a minute after each was taken, so that no minute has more, wherever it begins."""
    clock = Clock()
    state, taken = MemoryState(clock), []
    for _second in range(180):
        try:
            take_place(ROWS["checkPassword"], "u", state, clock.wall)
            taken.append(clock())
        except TooManyRequests:
            pass
        clock.sleep(1.0)
    assert len(taken) >= 59
    assert all(sum(start <= each < start + 59.9 for each in taken) <= 20 for start in taken)


def test_over_two_nodes_and_a_restart(open_desk, redis_url):
    """Two nodes that share a Redis count together, and so does one that starts anew."""
    desk = open_desk()
    desk.set_password()
    sandbox = desk.client.sandbox
    settings = settings_for(sandbox, state_url=Secret(redis_url))

    def node():
        app = make_app(settings, Clock())
        app.before_request_funcs = desk.client.app.before_request_funcs
        return Desk(Client(app, sandbox, desk.client.headers), desk.user, desk.group)

    nodes = [node(), node()]
    statuses = [nodes[number % 2].ask("POST", ".checkPassword", {"password": OLD}).status_code for number in range(20)]
    assert statuses == [200] * 20
    for each in (*nodes, node()):
        assert each.ask("POST", ".checkPassword", {"password": OLD}).status_code == 429


def test_a_node_that_is_cut_off():
    """A node that cannot ask the others lets nothing through."""

    class CutOff(MemoryState):
        is_cut_off = True

    clock = Clock()
    with pytest.raises(Unavailable) as error:
        take_place(ROWS["checkPassword"], "u", CutOff(clock), clock.wall)
    assert error.value.retry_after
