"""A round through a real PingOne environment that only reads: what the facts of docs/pingone.md look like there.

Run it with the settings of the bridge in the environment: `pytest -m pingone tests/pingone/test_real_environment.py`.
Without them every test is skipped. A failure shows ids and single fields, and no whole record.
"""

from __future__ import annotations

import os
import re
import time
from itertools import islice

import pytest

from scimbridge.pingone.filters import Term, render
from scimbridge.pingone.send import Call
from scimbridge.pingone.sending.connect import Approach, connect
from scimbridge.pingone.sending.token_endpoint import TokenEndpoint
from scimbridge.pingone.target import Target
from scimbridge.settings.declared import SETTINGS, load
from scimbridge.state.memory import MemoryState

NEEDED = [setting for setting in SETTINGS if setting.required]
MISSING = [
    setting.variable for setting in NEEDED if not {setting.variable, f"{setting.variable}_FILE"} & set(os.environ)
]
PAGE = 100
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

pytestmark = [
    pytest.mark.pingone,
    pytest.mark.skipif(
        bool(MISSING) and "SCIMBRIDGE_CONFIG" not in os.environ,
        reason=f"no real PingOne environment is named: {', '.join(MISSING)} not set",
    ),
]


@pytest.fixture(scope="module")
def settings():
    nobody_asks = {"SCIMBRIDGE_BEARER_TOKEN": "a-bridge-that-is-not-served"}
    return load(os.environ if "SCIMBRIDGE_CLIENTS" in os.environ else {**nobody_asks, **os.environ})


@pytest.fixture(scope="module")
def connection(settings):
    proxy = settings.http_proxy.reveal() if settings.http_proxy is not None else None
    made = connect(
        Approach(
            environment_id=settings.pingone_environment_id,
            client_id=settings.pingone_client_id,
            client_secret=settings.pingone_client_secret.reveal(),
            api_url=settings.api_url,
            auth_url=settings.auth_url,
            state=MemoryState(time.monotonic),
            verify_tls=settings.verify_tls,
            proxy=proxy,
            rate=min(settings.pingone_rate, 10.0),
        )
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def target(connection):
    """The environment, to which nothing but GET is sent."""

    def read_only(request, call):
        assert request.method == "GET", f"a round that reads would have sent {request.method} {request.path}"
        return connection(request, call)

    return Target(read_only, clock=time.monotonic, sleep=time.sleep)


def call() -> Call:
    return Call(client="test", deadline=time.monotonic() + 30)


def test_the_endpoint_gives_a_token(settings, connection):
    """docs/pingone.md §1.2: client credentials get a token that lives for a while."""
    endpoint = TokenEndpoint(
        connection.wire,
        auth_url=settings.auth_url,
        environment_id=settings.pingone_environment_id,
        client_id=settings.pingone_client_id,
        client_secret=settings.pingone_client_secret.reveal(),
        clock=time.monotonic,
        wall=time.time,
    )
    token, life = endpoint.fetch(time.monotonic() + 30)
    assert len(token) > 20
    assert life > 60


def test_the_environment_is_the_one_that_is_named(settings, target):
    """docs/pingone.md §10: the environment itself can be read."""
    assert target.environment(call())["id"] == settings.pingone_environment_id


@pytest.mark.parametrize("name", ["users", "groups", "populations"])
def test_a_list_is_pages_that_do_not_overlap(target, name):
    """docs/pingone.md §6: pages come by links, and no record stands in two of the first three."""
    found = [page.records for page in islice(getattr(target, name).pages(call(), limit=PAGE), 3)]
    ids = [record["id"] for records in found for record in records]
    assert len(set(ids)) == len(ids)
    assert all(len(records) <= PAGE for records in found)


def test_users_have_the_fields_that_the_tables_read(target):
    """docs/pingone.md §2.2: every user has a name and a population, and times in UTC; none has its groups in a list."""
    users = target.users.page(call(), limit=PAGE).records
    if not users:
        pytest.skip("the environment has no user that this worker sees")
    for user in users:
        assert isinstance(user["username"], str), user["id"]
        assert isinstance(user["enabled"], bool), user["id"]
        assert isinstance(user["population"]["id"], str), user["id"]
        assert INSTANT.fullmatch(user["createdAt"]), user["id"]
        assert INSTANT.fullmatch(user["updatedAt"]), user["id"]
        assert "memberOfGroupIDs" not in user.keys(), user["id"]  # noqa: SIM118 - names, and no values, are what a failure shows


def test_one_user_is_read_with_its_groups(target):
    """docs/pingone.md §2.7: `include` works on one user."""
    users = target.users.page(call(), limit=PAGE).records
    if not users:
        pytest.skip("the environment has no user that this worker sees")
    read = target.users.read(call(), users[0]["id"], include=("memberOfGroupIDs",))
    assert read["id"] == users[0]["id"]
    assert isinstance(read["memberOfGroupIDs"], list)


def test_a_user_is_found_by_its_name(target):
    """docs/pingone.md §7.1: `eq` on `username` finds exactly one, without regard to case."""
    users = target.users.page(call(), limit=PAGE).records
    if not users:
        pytest.skip("the environment has no user that this worker sees")
    for name in (users[0]["username"], users[0]["username"].upper()):
        found = target.users.page(call(), filter=render(Term("username", "eq", name)), limit=PAGE).records
        assert [user["id"] for user in found] == [users[0]["id"]]


def test_groups_have_the_fields_that_the_tables_read(target):
    """docs/pingone.md §4: a name, times in UTC, and a count of direct members that lists have too."""
    groups = target.groups.page(call(), limit=PAGE).records
    if not groups:
        pytest.skip("the environment has no group that this worker sees")
    for group in groups:
        assert isinstance(group["name"], str), group["id"]
        assert INSTANT.fullmatch(group["createdAt"]), group["id"]
        counts = group["directMemberCounts"]
        assert all(isinstance(counts[kind], int) for kind in counts), group["id"]


def test_populations_have_names_of_their_own(target):
    """docs/pingone.md §5: a name is unique, and at most one population is the default one."""
    populations = [each for page in target.populations.pages(call(), limit=PAGE) for each in page.records]
    assert populations, "a worker sees at least one population"
    names = [each["name"] for each in populations]
    assert len(set(names)) == len(names)
    assert sum(each.get("default") is True for each in populations) <= 1


def test_the_schema_has_what_the_tables_rest_on(target):
    """docs/pingone.md §3: one schema of users, each attribute with a type and whether it is enabled."""
    attributes = {each["name"]: each for each in target.schema_attributes(call())}
    assert {"username", "email", "name", "address", "externalId"} <= set(attributes)
    assert {each["type"] for each in attributes.values()} <= {"STRING", "JSON", "BOOLEAN", "COMPLEX"}
    assert all(isinstance(each["enabled"], bool) for each in attributes.values())
