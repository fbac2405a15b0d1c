"""What PUT keeps of what its client cannot be taken to have left out."""

from __future__ import annotations

import pytest

from scimbridge.mapping.plan import keep_unmentioned
from scimbridge.mapping.translate import compile_answer

BASE = "https://scim.example.org/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PING = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
PERSON = {"id": "1", "username": "u", "title": "T", "accountId": "a", "population": {"id": "p"}}
TEAM = {"id": "g", "name": "n", "description": "d", "customData": {"old": 1}}


@pytest.fixture
def keep(tables):
    """Return what is kept for a body, as a client sent it and as it was read."""

    def run(body, resource, type_="User", record=PERSON):
        table = tables[type_]
        return keep_unmentioned(table, body, compile_answer(table)(record, BASE), resource)

    return run


def test_an_extension_that_is_not_named_stays(keep):
    """What the client does not know of is not taken away; what it knows and leaves out is."""
    body = {"schemas": [USER], "userName": "u"}
    assert keep(body, {"userName": "u"}) == {"userName": "u", PING: {"accountId": "a", "population": {"id": "p"}}}


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [USER, PING]},
        {"schemas": [USER, PING.upper()]},
        {PING: {}},
        {PING.upper(): {}},
        {f"{PING}:mfaEnabled": True},
        {PING: None},
    ],
)
def test_an_extension_that_is_named_is_meant_whole(keep, body):
    """By `schemas`, as a member or by a path, in any case."""
    assert keep({"userName": "u", **body}, {"userName": "u"}) == {"userName": "u"}


@pytest.mark.parametrize("schemas", [None, "x", 5, {}])
def test_schemas_that_are_no_list_name_nothing(keep, schemas):
    """A tolerated body may have anything there."""
    assert keep({"schemas": schemas}, {})[PING]["accountId"] == "a"


@pytest.mark.parametrize("given", [{"description": "x"}, {}])
def test_what_is_not_in_every_answer_stays(keep, given):
    """A client that sends back what it was given has no customData in it, and takes none away."""
    kept = keep({"schemas": [GROUP], "displayName": "n", GROUP: given}, {"displayName": "n"}, "Group", TEAM)
    assert kept == {"displayName": "n", GROUP: {"customData": {"old": 1}}}


@pytest.mark.parametrize("name", ["customData", "CUSTOMDATA"])
def test_what_is_mentioned_is_taken_away(keep, name):
    """With null, in any case; that is how it goes."""
    body = {"displayName": "n", GROUP: {name: None}}
    assert keep(body, {"displayName": "n"}, "Group", TEAM) == {"displayName": "n"}


def test_what_was_read_stands_above_what_is_held(keep):
    """A value that came by a path of its own is not overwritten by the old one."""
    new = {"displayName": "n", GROUP: {"customData": {"new": 2}}}
    body = {"displayName": "n", f"{GROUP}:customData": {"new": 2}}
    assert keep(body, new, "Group", TEAM) == {"displayName": "n", GROUP: {"customData": {"new": 2}}}


def test_a_core_attribute_on_request_stays_beside_the_others(compile_rows):
    """Outside of extensions too; and what was read is left as it was."""
    table = compile_rows('title = { to = "title", returned = "request" }\nnickName = "nickname"\n')
    before = compile_answer(table)({"id": "1", "username": "u", "title": "T", "nickname": "N"}, BASE)
    resource = {"userName": "u"}
    assert keep_unmentioned(table, {"userName": "u"}, before, resource) == {"userName": "u", "title": "T"}
    assert keep_unmentioned(table, {"userName": "u", "TITLE": ""}, before, resource) == {"userName": "u"}
    assert resource == {"userName": "u"}
