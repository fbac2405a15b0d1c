"""Requests for one resource at once leave what some order of them would leave, and disables do not queue."""

from __future__ import annotations

import itertools
import threading

import pytest

from scimbridge.pingone.sending.rate import WithRate

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def change(op, path, value):
    return {"schemas": [PATCH], "Operations": [{"op": op, "path": path, "value": value}]}


def at_once(client, *requests):
    """Send requests from as many threads; return their statuses in order."""
    statuses = [0] * len(requests)
    start = threading.Barrier(len(requests))

    def send(place, method, path, body):
        start.wait()
        answer = client.app.test_client().open(f"/scim/v2{path}", method=method, json=body, headers=client.headers)
        statuses[place] = answer.status_code

    threads = [threading.Thread(target=send, args=(place, *each)) for place, each in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.parametrize("round_", range(3))
def test_patches_of_one_group(client, round_):
    """Additions, removals and a replacement of one group's members end as some order of them would."""
    client.sandbox.faults.set(jitter=0.01)
    users = client.users_in("Employees")[:12]
    group = client.good("POST", "/Groups", {"displayName": f"Race {round_}", "members": members(users[:4])})["id"]
    steps = [
        (lambda held: held | set(users[4:8]), change("add", "members", members(users[4:8]))),
        (lambda held: held - set(users[2:6]), change("remove", "members", members(users[2:6]))),
        (lambda _held: set(users[6:12]), change("replace", "members", members(users[6:12]))),
    ]
    path = f"/Groups/{group}"
    assert set(at_once(client, *(("PATCH", path, body) for _effect, body in steps))) <= {200, 204}
    possible = []
    for order in itertools.permutations(effect for effect, _body in steps):
        held = set(users[:4])
        for effect in order:
            held = effect(held)
        possible.append(held)
    assert client.members(group) in possible


def members(ids):
    return [{"value": each} for each in ids]


@pytest.mark.parametrize("round_", range(3))
def test_put_beside_patch(client, round_):
    """A PUT and two PATCHes of one user end as some order of them would."""
    client.sandbox.faults.set(jitter=0.01)
    user = client.good("POST", "/Users", {"userName": f"race{round_}", "title": "old"})["id"]
    put = {"userName": f"race{round_}", "title": "put", "nickName": "put"}
    statuses = at_once(
        client,
        ("PUT", f"/Users/{user}", put),
        ("PATCH", f"/Users/{user}", change("replace", "title", "patch")),
        ("PATCH", f"/Users/{user}", change("replace", "active", False)),
    )
    assert set(statuses) == {200}
    held = client.sandbox.directory.users.get(user)
    assert held["nickname"] == "put"
    assert held["title"] in ("put", "patch")
    assert held["enabled"] is False


def test_ten_deletes(client):
    """Of ten deletes of one user exactly one is 204, the others find it gone."""
    user = client.good("POST", "/Users", {"userName": "gone"})["id"]
    statuses = at_once(client, *[("DELETE", f"/Users/{user}", None)] * 10)
    assert sorted(statuses) == [204] + [404] * 9


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("PATCH", change("replace", "active", False)),
        ("PUT", {"userName": "leaver", "active": False}),
        ("PATCH", {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False, "title": "x"}}]}),
        ("DELETE", None),
    ],
)
def test_all_calls_of_a_disable_go_first(client, monkeypatch, method, body):
    """Every call that a disable or a delete costs goes before what others wait for, reads included."""
    user = client.good("POST", "/Users", {"userName": "leaver"})["id"]
    urgent = []
    enter = WithRate.__call__
    monkeypatch.setattr(
        WithRate, "__call__", lambda self, request, call: (urgent.append(call.urgent), enter(self, request, call))[1]
    )
    assert client.send(method, f"/Users/{user}", body).status_code in (200, 204)
    assert urgent
    assert all(urgent)


def test_large_create_goes_on_where_it_stopped(make_client, clock):
    """A group whose members did not fit into one request's time is finished by the same request, which repeats none."""
    client = make_client(settings={"request_deadline": 30.0})
    body = {"displayName": "Large", "members": members(client.users_in("Employees")[:100])}
    assert len(body["members"]) == 100
    client.sandbox.faults.plan("error", "POST", "memberOfGroups", times=10_000, skip=60)
    answer = client.send("POST", "/Groups", body)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    client.sandbox.faults.clear()
    clock.sleep(5)
    assert client.good("POST", "/Groups", body)["displayName"] == "Large"
    adds = [call for call in client.calls if call.endswith("memberOfGroups") and call.startswith("POST")]
    assert len(adds) < 100
    assert len(client.members(client.group("Large"))) == 100


def test_a_large_change_beside_a_rename_is_resumed(make_client):
    """Sent again, a rename with many members makes only what is missing: the members that are there cost no call."""
    client = make_client(settings={"page_size": 100})
    group = client.good("POST", "/Groups", {"displayName": "Large"})["id"]
    users = client.users_in("Employees")[:60]
    operations = [
        {"op": "replace", "path": "displayName", "value": "Larger"},
        {"op": "add", "path": "members", "value": [{"value": user} for user in users]},
    ]
    client.patch(f"/Groups/{group}", operations[0], {**operations[1], "value": operations[1]["value"][:50]})
    assert client.patch(f"/Groups/{group}", *operations).status_code == 200
    assert client.members(group) == set(users)
    assert client.calls.count("POST /users/{user}/memberOfGroups") == 10
