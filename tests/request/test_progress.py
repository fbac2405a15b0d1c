"""An error of a request of several steps says what is done, perhaps done and not done, and never what may be wrong."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import CircuitOpen, Refused, Unreachable
from scimbridge.request.progress import PartlyDone, Progress, may_be_done
from scimbridge.scim.errors import InvalidValue, Unavailable

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


@pytest.fixture
def progress():
    started = Progress()
    started.plan("one", "two", "three")
    with started.step("one"):
        pass
    return started


def fail(progress, name, error):
    with pytest.raises(type(error)), progress.step(name):
        raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unreachable("lost", maybe_done=True), "done before: one; perhaps done: two; not done: three"),
        (Refused("no", status=400, maybe_done=True), "done before: one; perhaps done: two; not done: three"),
        (CircuitOpen("down"), "done before: one; not done: two, three"),
        (InvalidValue("wrong"), "done before: one; not done: two, three"),
        (PartlyDone("5 of 9"), "done before: one; done in part: two; not done: three"),
    ],
    ids=str,
)
def test_a_step_that_fails(progress, error, said):
    """A step is perhaps done where the answer to it was lost, and not done only where that is known."""
    fail(progress, "two", error)
    assert said in progress.tell(503)
    assert progress.tell(503).endswith("; the same request sent again finishes it)")


def test_the_cause_decides():
    """An error of ours is judged by the failure that it stems from."""
    error = Unavailable("some are done")
    error.__cause__ = Unreachable("lost", maybe_done=True)
    assert may_be_done(error)
    error.__cause__ = Unreachable("never sent")
    assert not may_be_done(error)


def test_nothing_done_is_nothing_said():
    """Where no step can have been done, nothing is said of steps."""
    progress = Progress(["one"])
    fail(progress, "one", CircuitOpen("down"))
    assert progress.tell(503) == ""


@pytest.mark.parametrize(("error", "taken_back"), [(None, True), (Unreachable("lost", maybe_done=True), False)])
def test_taking_back(progress, error, taken_back):
    """What was taken back is not told as done; where that is not sure, it is told as done and perhaps taken back."""
    with progress.taking_back():
        if error is not None:
            raise error
    assert progress.taken_back is taken_back
    said = progress.tell(400)
    assert (said == "") is taken_back
    assert taken_back or "done before: one; perhaps done: taken back" in said


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "cut"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/enabled", "perhaps done: disable; not done: population, attributes"),
        ("/population", "done before: disable; perhaps done: population; not done: attributes"),
    ],
)
def test_a_facet_whose_answer_is_lost(make_client, kind, path, said):
    """A user's step that PingOne did and did not answer for is perhaps done, and so is it done."""
    client = make_client(settings={"request_deadline": 30.0})
    user = client.users_in("Employees")[0]
    held = client.sandbox.directory
    held.users.put({**held.users.get(user), "enabled": True})
    client.sandbox.faults.plan(kind, "PUT", path, times=100)
    body = {
        "userName": "leaver", "active": False, "title": "Gone",
        URN: {"population": {"id": client.population("Partners")}},
    }  # fmt: skip
    assert said in client.detail("PUT", f"/Users/{user}", body)
    assert held.users.get(user)["enabled"] is False


@pytest.mark.parametrize("members", [False, True])
def test_a_rename_whose_answer_is_lost(make_client, members):
    """A group's attributes whose answer was lost are perhaps done; its members, which were not begun, are not."""
    client = make_client(settings={"request_deadline": 30.0})
    group, user = client.group("Empty Room"), client.users_in("Employees")[0]
    client.sandbox.faults.plan("drop_after", "PUT", "/groups/", times=100)
    operations = [{"op": "replace", "path": "displayName", "value": "Full Room"}]
    if members:
        operations.append({"op": "add", "path": "members", "value": [{"value": user}]})
    answer = client.patch(f"/Groups/{group}", *operations)
    assert answer.status_code == 503
    rest = "; not done: members" if members else ""
    assert f"(perhaps done: attributes{rest}; the same" in answer.json["detail"]
    assert client.sandbox.directory.groups.get(group)["name"] == "Full Room"


def test_a_membership_whose_answer_is_lost(make_client):
    """Of one membership whose answer was lost it is said that it is perhaps done."""
    client = make_client(settings={"request_deadline": 30.0})
    group, user = client.group("Empty Room"), client.users_in("Employees")[0]
    client.sandbox.faults.plan("drop_after", "POST", "memberOfGroups", times=1)
    client.sandbox.faults.plan("error", "POST", "memberOfGroups", times=100)
    answer = client.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": user}]})
    assert answer.status_code == 503
    assert "perhaps done: members" in answer.json["detail"]
    assert client.members(group) == {user}
