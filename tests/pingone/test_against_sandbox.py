"""The whole client against the sandbox over real HTTP: every verb, memberships, pages, and harm."""

from __future__ import annotations

import time

import pytest

from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.filters import All, MemberOf, Term, render
from scimbridge.pingone.memberships import Outcome
from scimbridge.pingone.send import Call
from scimbridge.pingone.sending.connect import Approach, connect
from scimbridge.pingone.target import Target
from scimbridge.sandbox.server import Sandbox
from scimbridge.state.memory import MemoryState

CALL = Call(client="test")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox.start(seed=250) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def target(sandbox):
    connection = connect(
        Approach(
            environment_id=sandbox.environment_id,
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            api_url=sandbox.url,
            auth_url=sandbox.url,
            state=MemoryState(time.monotonic),
            rate=5000.0,
        )
    )
    yield Target(connection, clock=time.monotonic, sleep=time.sleep)
    connection.close()


@pytest.fixture
def population(target):
    return next(target.populations.pages(CALL, limit=100)).records[0]


@pytest.fixture
def user(target, population):
    user = target.users.create(
        CALL, {"username": "ada", "email": "ada@example.com", "population": {"id": population["id"]}}
    )
    yield user
    target.users.delete(CALL, user["id"])


@pytest.fixture
def group(target):
    group = target.groups.create(CALL, {"name": "Readers"})
    yield group
    target.groups.delete(CALL, group["id"])


def test_life_of_a_user(target, user):
    """Create, read, both ways of PATCH, facets, delete."""
    key = user["id"]
    assert target.users.merge(CALL, key, {"title": "Lead"})["title"] == "Lead"
    changed = target.users.operate(CALL, key, [{"op": "replace", "path": "nickname", "value": "A"}])
    assert changed["nickname"] == "A"
    assert target.users.set_facet(CALL, key, "enabled", False)["enabled"] is False
    target.users.set_facet(CALL, key, "password", "S3cret-start!")
    assert target.users.read(CALL, key, include=("memberOfGroupIDs",))["enabled"] is False


def test_user_name_is_taken(target, user):
    """A second user of one name is refused in PingOne's words, with its clock."""
    with pytest.raises(Refused) as error:
        target.users.create(CALL, {"username": "ADA", "email": "b@example.com"})
    assert error.value.has("UNIQUENESS_VIOLATION")
    assert error.value.faults[0].target == "username"
    assert error.value.server_date == pytest.approx(time.time(), abs=5)


def test_all_users_once(target):
    """A walk over pages of 100 yields every user once."""
    pages = list(target.users.pages(CALL, limit=100))
    keys = [record["id"] for page in pages for record in page.records]
    assert len(keys) == len(set(keys)) == pages[0].count


def test_memberships(target, user, group):
    """A membership is added once, added again without harm, found by a filter and removed."""
    arguments = (CALL, "users", user["id"], group["id"])
    assert target.memberships.add(*arguments) is Outcome.DONE
    assert target.memberships.add(*arguments) is Outcome.ALREADY
    assert target.memberships.read(*arguments)["type"] == "DIRECT"
    node = All((MemberOf(group["id"], direct=True), Term("username", "eq", "ada")))
    page = target.users.page(CALL, filter=render(node), limit=100)
    assert [record["id"] for record in page.records] == [user["id"]]
    (listing,) = target.memberships.of(CALL, "users", user["id"], 100)
    assert [record["id"] for record in listing.records] == [group["id"]]
    assert target.memberships.remove(*arguments) is Outcome.DONE
    assert target.memberships.remove(*arguments) is Outcome.ALREADY


def test_member_of_no_group(target, user):
    """A group that is not there is an error, not a success."""
    with pytest.raises(Refused):
        target.memberships.add(CALL, "users", user["id"], "00000000-0000-4000-8000-000000000000")


def test_revoked_token(target, sandbox, user):
    """A token that is revoked under way is renewed without notice."""
    target.users.read(CALL, user["id"])
    sandbox.revoke_tokens()
    assert target.users.read(CALL, user["id"])["username"] == "ada"


def test_hard_text_in_a_filter(target):
    """Quotes, backslashes and brackets in a value stay a value."""
    for value in ('a"b', "a\\b", '") or username sw ("', "ü]["):
        text = render(Term("username", "eq", value))
        assert target.users.page(CALL, filter=text, limit=100).records == []


def test_environment(target, sandbox):
    """The environment, its schema and its roles can be read."""
    assert target.environment(CALL)["id"] == sandbox.environment_id
    names = {attribute["name"] for attribute in target.schema_attributes(CALL)}
    assert {"username", "email"} <= names


def test_missing(target):
    """What is not there is NotThere."""
    with pytest.raises(NotThere):
        target.users.read(CALL, "00000000-0000-4000-8000-000000000000")
