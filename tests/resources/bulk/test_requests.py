"""Bulk requests: what they cost by themselves, what goes side by side, and what is wrong with one."""

from __future__ import annotations

import threading
import uuid

import pytest

from scimbridge.resources.bulk import ties
from scimbridge.scim.bulk.references import postpone

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def send(client, operations, **more):
    """Return what a bulk request is answered for each of its operations."""
    return client.good("POST", "/Bulk", {"schemas": [BULK], "Operations": operations, **more})["Operations"]


def create(number, **more):
    return {"method": "POST", "path": "/Users", "bulkId": f"b{number}", "data": {"userName": f"new-{number}"}, **more}


def rename(key, name):
    operation = {"op": "replace", "path": "userName", "value": name}
    return {"method": "PATCH", "path": f"/Users/{key}", "data": {"schemas": [PATCH], "Operations": [operation]}}


def put(user):
    return {"method": "PUT", "path": f"/Users/{user['id']}", "data": {"userName": user["username"], "title": "x"}}


def test_bodies_are_looked_through_once(client, monkeypatch):
    """Many operations that wait for each other cost what each of them does, however long their bodies are."""
    looked = []
    real = ties.named_in_resource
    monkeypatch.setattr(ties, "named_in_resource", lambda data, names: looked.append(1) or real(data, names))
    path, data = f"/Users/{uuid.uuid4()}", {"userName": "same", "names": ["x"] * 50}
    assert {each["status"] for each in send(client, [{"method": "PUT", "path": path, "data": data}] * 60)} == {"404"}
    assert len(looked) <= 60 + 1


def test_what_has_to_wait_is_parted_in_one_look():
    """Elements are compared with no other: a list of a hundred thousand is parted at once, in its order."""

    class Element(dict):
        """An element that must not be compared."""

        def __eq__(self, _other):
            raise AssertionError

        __hash__ = None

    waiting = [Element(value="bulkId:a", number=number) for number in range(100_000)]
    ready = [Element(value="b", number=number) for number in range(100_000)]
    now, later = postpone({"displayName": "x", "members": [*ready, *waiting]})
    assert now["displayName"] == "x"
    assert [each["number"] for each in now["members"]] == [each["number"] for _name, each in later]
    assert len(later) == 100_000


@pytest.fixture
def at_once(client, monkeypatch):
    """Return the most calls to PingOne that were under way at a time, each taking some milliseconds at least."""
    lock, count, most, real = threading.Lock(), [0], [0], client.sandbox.faults.meet
    enough = threading.Event()

    def meet(method, path, **more):
        with lock:
            count[0] += 1
            most[0] = max(most[0], count[0])
            if count[0] >= 8:
                enough.set()
        enough.wait(2.0)
        try:
            return real(method, path, **more)
        finally:
            with lock:
                count[0] -= 1

    monkeypatch.setattr(client.sandbox.faults, "meet", meet)
    return lambda: most[0]


def delete(user):
    return {"method": "DELETE", "path": f"/Users/{user['id']}"}


def users_of(client, many):
    return list(client.sandbox.directory.users)[:many]


@pytest.mark.parametrize(
    ("make", "calls"),
    [
        pytest.param(lambda _users: [create(number) for number in range(40)], 40, id="creates"),
        pytest.param(lambda users: [rename(user["id"], f"other-{user['id']}") for user in users], 80, id="renames"),
        pytest.param(lambda users: [put(user) for user in users], 120, id="puts"),
        pytest.param(lambda users: [delete(user) for user in users], 40, id="deletes"),
        pytest.param(
            lambda users: [delete(user) for user in users[:20]]
            + [create(number, data={"userName": user["username"]}) for number, user in enumerate(users[:20])],
            40, id="deletes, then creates",
        ),
    ],
)  # fmt: skip
def test_what_has_no_ties_goes_side_by_side(client, at_once, make, calls):
    """Operations that do not concern each other are carried out many at a time.

    Where it does not stand in the request what they may free, each record is asked once more; nothing else is.
    """
    operations = make(users_of(client, 40))
    assert {each["status"] for each in send(client, operations)} <= {"200", "201", "204"}
    assert at_once() >= 8
    assert len(client.calls) == calls


def test_a_few_wait_and_nobody_is_asked(client):
    """Where only a few operations could take what others free, these wait, and PingOne gets no call more."""
    users = users_of(client, 4)
    assert [each["status"] for each in send(client, [put(user) for user in users])] == ["200"] * 4
    assert len(client.calls) == 8


def test_who_may_not_write_has_nobody_asked(client, caller_of):
    """Operations that the client has no right to cost no call, not even to find out what they would free."""
    own = caller_of(client, scopes={"groups:write"})
    assert {each["status"] for each in send(own, [put(user) for user in users_of(client, 40)])} == {"403"}
    assert own.calls == []


@pytest.mark.parametrize(("stop", "tried"), [(0, 1), (1, 1), (2, 3), (None, 5)])
def test_after_how_many_errors_to_stop(client, stop, tried):
    """A failOnErrors of 0 stops where 1 does, at the first error; null is as if it were not there (RFC 7643 §2.5)."""
    wrong = {"method": "DELETE", "path": f"/Users/{uuid.uuid4()}"}
    operations = [wrong, create(1), wrong, create(2), wrong]
    assert len(send(client, operations, failOnErrors=stop)) == tried


def test_no_error_less_than_none(client):
    """A negative failOnErrors is refused, and nothing is done."""
    body = {"schemas": [BULK], "failOnErrors": -1, "Operations": [create(1)]}
    assert client.fault("POST", "/Bulk", body) == (400, "invalidSyntax")
    assert "failOnErrors" in client.detail("POST", "/Bulk", body)
    assert client.calls == []


def test_null_members_are_absent(client):
    """A null member of an operation is as if it were not there (RFC 7643 §2.5)."""
    made = create(1, version=None)
    (answer,) = send(client, [made], failOnErrors=None)
    key = answer["location"].rsplit("/", 1)[-1]
    gone = {"method": "DELETE", "path": f"/Users/{key}", "bulkId": None, "version": None, "data": None}
    assert [each["status"] for each in send(client, [gone])] == ["204"]
    (answer,) = send(client, [create(2, bulkId=None)])
    assert (answer["status"], answer["response"]["scimType"]) == ("400", "invalidSyntax")
    for name in ("method", "path"):
        body = {"schemas": [BULK], "Operations": [create(3, **{name: None})]}
        assert client.fault("POST", "/Bulk", body) == (400, "invalidSyntax")
        assert f"{name}: is missing" in client.detail("POST", "/Bulk", body)


@pytest.mark.parametrize("path", ["Users", "Users/{id}", "https://example.com/scim/v2/Users", " /Users", ""])
def test_a_path_begins_with_a_slash(client, path):
    """A path without its leading slash is a 400 that says so, and the operations beside it are carried out."""
    method = "DELETE" if "{id}" in path else "POST"
    wrong = create(1, method=method, path=path.format(id=users_of(client, 1)[0]["id"]))
    first, second = send(client, [wrong, create(2)])
    assert (first["status"], first["response"]["scimType"], second["status"]) == ("400", "invalidValue", "201")
    assert "begin with '/'" in first["response"]["detail"]


@pytest.mark.parametrize("strict", [False, True])
def test_a_bare_array_of_operations(make_client, strict):
    """The data of a PATCH may be the array of its operations alone; who is held to the letter gets a 400."""
    client = make_client(settings={"strict": strict})
    user = users_of(client, 1)[0]
    data = [{"op": "replace", "path": "title", "value": "Lead"}, {"op": "remove", "path": "nickName"}]
    (answer,) = send(client, [{"method": "PATCH", "path": f"/Users/{user['id']}", "data": data}])
    assert answer["status"] == ("400" if strict else "200")
    held = client.sandbox.directory.users.rows[user["id"]]
    assert (held.get("title") == "Lead") is not strict
    (answer,) = send(client, [{"method": "PUT", "path": f"/Users/{user['id']}", "data": data}])
    assert (answer["status"], answer["response"]["scimType"]) == ("400", "invalidValue")


def test_a_circle_is_closed_before_its_parts_go(client):
    """Groups that are members of each other are so before an operation behind them that deletes one."""

    def group(name, other):
        data = {"displayName": name, "members": [{"value": f"bulkId:{other}", "type": "Group"}]}
        return {"method": "POST", "path": "/Groups", "bulkId": name, "data": data}

    gone = {"method": "DELETE", "path": "/Groups/bulkId:two"}
    assert [each["status"] for each in send(client, [group("one", "two"), group("two", "one"), gone])] == [
        "201", "201", "204",
    ]  # fmt: skip
