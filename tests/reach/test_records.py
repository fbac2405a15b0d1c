"""The one door to records: what a verb forgets, it holds to all the same."""

from __future__ import annotations

import pytest

from scimbridge.access.caller import Caller
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.send import Call, Response
from scimbridge.pingone.target import Target
from scimbridge.reach.reach import Reach
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import Forbidden, InvalidValue
from scimbridge.scim.reading import Manner

HERE, THERE = "population-here", "population-there"
INSIDE = {"id": "user-1", "population": {"id": HERE}}
OUTSIDE = {"id": "user-2", "population": {"id": THERE}}
TEAM = {"id": "group-1", "population": {"id": HERE}}
FOREIGN = {"id": "group-2", "population": {"id": THERE}}
RECORDS = {
    "users": [INSIDE, OUTSIDE],
    "groups": [TEAM, FOREIGN],
    "populations": [{"id": HERE}, {"id": THERE}],
}


class Environment:
    """A `Send` over some records, which keeps what it was sent."""

    def __init__(self) -> None:
        self.calls = []

    def __call__(self, request, _call):
        """Keep a request, and answer as PingOne does when all goes well."""
        query = "".join(f"?{name}={value}" for name, value in request.query if name != "limit")
        self.calls.append(f"{request.method} {request.path}{query}")
        kind, *steps = request.path.strip("/").split("/")
        if not steps and request.method == "GET":
            return Response(200, body={"_embedded": {kind: RECORDS[kind]}, "count": len(RECORDS[kind]), "_links": {}})
        if not steps:
            return Response(201, body={**request.body, "id": "new"})
        if len(steps) > 1 and request.method == "GET":
            found = [{"id": each["id"], "_embedded": {"group": each}} for each in RECORDS["groups"]]
            return Response(200, body={"_embedded": {"groupMemberships": found}, "count": len(found), "_links": {}})
        if len(steps) > 1 or request.method == "DELETE":
            return Response(204)
        return Response(200, body=next(each for each in RECORDS[kind] if each["id"] == steps[0]))


@pytest.fixture
def environment():
    return Environment()


@pytest.fixture
def reach(environment):
    return Reach(Target(environment, clock=lambda: 0.0, sleep=lambda _seconds: None))


def asked_by(populations):
    return RequestContext(Caller("hr", populations=populations), Call(), Manner(strict=False, notice=print))


@pytest.fixture
def confined():
    """A request of a client that is confined to one population."""
    return asked_by(frozenset({HERE}))


@pytest.fixture
def free():
    """A request of a client that may go everywhere."""
    return asked_by(None)


WRITES = {
    "merge": lambda reach, context, key: reach.users.merge(context, key, {"title": "x"}),
    "operate": lambda reach, context, key: reach.users.operate(context, key, [{"op": "remove", "path": "title"}]),
    "facet": lambda reach, context, key: reach.users.set_facet(context, key, "enabled", False),
    "delete": lambda reach, context, key: reach.users.delete(context, key),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_looks_first_where_nobody_did(reach, environment, confined, write):
    """A record outside is not there for any write, and nothing is sent but the look at it."""
    with pytest.raises(NotThere):
        write(reach, confined, OUTSIDE["id"])
    assert environment.calls == ["GET /users/user-2"]
    write(reach, confined, INSIDE["id"])
    assert environment.calls[1] == "GET /users/user-1"
    assert len(environment.calls) == 3


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_look_is_not_paid_for_twice(reach, environment, confined, free, write):
    """Who was shown the record, or may go everywhere, makes the one call of the write."""
    reach.users.read(confined, INSIDE["id"])
    list(reach.users.pages(confined, limit=100))
    del environment.calls[:]
    write(reach, confined, INSIDE["id"])
    write(reach, free, OUTSIDE["id"])
    assert len(environment.calls) == 2


def test_a_put_looks_first_where_nobody_did(reach, environment, confined):
    """A record that came from elsewhere is held to where the client may go before it is written."""
    with pytest.raises(NotThere):
        reach.groups.put(confined, FOREIGN, {"description": "x"})
    assert environment.calls == ["GET /groups/group-2"]


def test_pages_hold_what_is_inside(reach, confined, free):
    """A page says how many records PingOne had on it, and shows those where the client may go."""
    (page,) = reach.users.pages(confined, limit=100)
    assert (page.page.records, page.records, page.page.count) == ([INSIDE], 2, None)
    assert reach.users.page(confined, limit=100).page.records == [INSIDE]
    (whole,) = reach.users.pages(free, limit=100)
    assert (whole.page.records, whole.page.count) == ([INSIDE, OUTSIDE], 2)


def test_a_page_that_waits_is_sealed(reach, confined):
    """A page that was fetched ahead shows nothing but its link before it is turned to."""
    sealed = reach.users.fetch(confined, filter=None, limit=100)
    assert [name for name in dir(sealed) if not name.startswith("_")] == ["next", "turn"]


def test_nothing_is_included_for_who_is_confined(reach, environment, confined, free):
    """What PingOne would include may lie outside."""
    reach.users.read(confined, INSIDE["id"], ("memberOfGroupIDs",))
    reach.users.read(free, INSIDE["id"], ("memberOfGroupIDs",))
    assert environment.calls == ["GET /users/user-1", "GET /users/user-1?include=memberOfGroupIDs"]


def test_nothing_is_made_or_moved_outside(reach, environment, confined, free):
    """A new record of a confined client names a population of the client's, and so does a move."""
    for body in ({"username": "x"}, {"username": "x", "population": {"id": THERE}}):
        with pytest.raises(InvalidValue):
            reach.users.create(confined, body)
    with pytest.raises(Forbidden):
        reach.populations.create(confined, {"name": "x"})
    reach.users.read(confined, INSIDE["id"])
    with pytest.raises(InvalidValue):
        reach.users.set_facet(confined, INSIDE["id"], "population", THERE)
    assert environment.calls == ["GET /users/user-1"]
    assert reach.users.create(confined, {"population": {"id": HERE}})["id"] == "new"
    assert reach.users.create(free, {"username": "x"})["id"] == "new"


def test_an_id_that_says_it_all_costs_no_call(reach, environment, confined):
    """A population outside is not there, without PingOne being asked for it."""
    with pytest.raises(NotThere):
        reach.populations.read(confined, THERE)
    with pytest.raises(NotThere):
        reach.populations.delete(confined, THERE)
    assert environment.calls == []
    assert reach.populations.read(confined, HERE) == {"id": HERE}


@pytest.mark.parametrize("ends", [("user-2", "group-1"), ("user-1", "group-2")])
def test_both_ends_of_a_membership_are_inside(reach, environment, confined, ends):
    """Nobody outside becomes a member, and no group outside gets one."""
    for act in (reach.memberships.add, reach.memberships.remove, reach.memberships.read):
        with pytest.raises(NotThere):
            act(confined, "users", *ends)
    assert {call.split()[0] for call in environment.calls} == {"GET"}
    assert not any("memberOfGroups" in call for call in environment.calls)


def test_groups_outside_are_not_joined(reach, confined, free):
    """Of a member's groups a client is told those where it may go."""
    assert list(reach.memberships.groups_of(confined, "users", "user-1", 100)) == [TEAM]
    assert list(reach.memberships.groups_of(free, "users", "user-1", 100)) == [TEAM, FOREIGN]
