"""A request that takes somebody's access away is known by its look, in every spelling."""

from __future__ import annotations

import json
import time

import pytest

from scimbridge.scim.deactivation import LARGEST, takes_access_away

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATH = "/scim/v2/Users/1"


def patch(*operations, name="Operations"):
    return json.dumps({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], name: operations}).encode()


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "Replace", "path": "Active", "value": "False"},
        {"op": "add", "path": f"{USER}:active", "value": [False]},
        {"op": "replace", "path": "active", "value": {"value": False}},
        {"op": "replace", "path": "active", "value": "[false]"},
        {"op": "replace", "value": {"active": False, "title": "B"}},
        {"op": "replace", "value": {"ACTIVE": "false"}},
        {"op": "replace", "value": [{"active": False}]},
        {"op": "replace", "value": '{"active": false}'},
        {"op": "replace", "value": {f"{USER}:active": "False"}},
        {"op": "replace", "value": {USER: {"active": False}}},
        {"op": "replace", "path": USER, "value": {"active": False}},
    ],
    ids=str,
)
def test_a_disable_is_known(operation):
    """Whatever the client, a PATCH that sets `active` to false takes access away, also behind other operations."""
    assert takes_access_away("PATCH", PATH, patch(operation))
    assert takes_access_away("PATCH", PATH, patch({"op": "replace", "path": "title", "value": "B"}, operation))
    assert takes_access_away("PATCH", PATH, patch(operation, name="operations"))


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": True},
        {"op": "remove", "path": "active", "value": False},
        {"op": "replace", "path": "title", "value": "active is false"},
        {"op": "replace", "path": "mfaEnabled", "value": False},
        {"op": "replace", "path": "emails.active", "value": False},
        {"op": "replace", "value": {"active": True, "title": "false"}},
    ],
    ids=str,
)
def test_what_is_no_disable(operation):
    """Nothing else takes access away, whatever words stand in it."""
    assert not takes_access_away("PATCH", PATH, patch(operation))


def test_other_methods():
    """A deletion always does, a PUT with `active` false does, a creation and a reading do not."""
    inactive = b'{"userName": "ada", "Active": "FALSE"}'
    assert takes_access_away("DELETE", PATH, b"")
    assert takes_access_away("PUT", PATH, inactive)
    assert not takes_access_away("POST", "/scim/v2/Users", inactive)
    assert not takes_access_away("GET", PATH, b"")


def test_a_small_bulk_of_nothing_else():
    """A bulk of a few disables and deletions does; one that also creates, or one of a hundred, waits its turn."""

    def bulk(*operations):
        return json.dumps({"Operations": operations}).encode()

    delete = {"method": "DELETE", "path": "/Users/1"}
    disable = {"method": "patch", "path": "/Users/2", "data": [{"op": "replace", "path": "active", "value": False}]}
    create = {"method": "POST", "path": "/Users", "data": {"userName": "ada", "active": False}}
    assert takes_access_away("POST", "/scim/v2/Bulk", bulk(delete, disable))
    assert not takes_access_away("POST", "/scim/v2/Bulk", bulk(delete, create))
    assert not takes_access_away("POST", "/scim/v2/Bulk", bulk(*[delete] * 100))
    assert not takes_access_away("POST", "/scim/v2/Bulk", bulk())


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"active": false', b'"active false"', b'{"Operations": "false active"}']
)
def test_what_is_no_request_is_left_to_who_reads_it(body):
    """A body that is no JSON object, or is larger than a change of one person, goes its usual way."""
    assert not takes_access_away("PATCH", PATH, body)
    assert not takes_access_away("PUT", PATH, b'{"active": false, "title": "' + b"x" * LARGEST + b'"}')


@pytest.mark.parametrize("word", ["active", "false"])
def test_the_words_cost_no_more_than_their_bytes(word):
    """A body of one of the words alone, over and over, is looked at in no time: everybody waits meanwhile."""
    body = (word * LARGEST)[:LARGEST].encode()
    began = time.thread_time()
    assert not takes_access_away("PATCH", PATH, body)
    assert time.thread_time() - began < 0.2


@pytest.mark.parametrize("text", ["[" * 9000, '{"a":' * 3000, '"' * 9000], ids=["arrays", "objects", "quotes"])
def test_no_text_makes_it_raise(text):
    """A text that is nested past all bounds is no `false`, and ends nobody's thread."""
    body = patch({"op": "replace", "path": "active", "value": text}, {"op": "add", "path": "title", "value": "false"})
    assert not takes_access_away("PATCH", PATH, body)
