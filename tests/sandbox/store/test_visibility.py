"""What was just created and does not show yet."""

from __future__ import annotations

from scimbridge.sandbox.store.visibility import Visibility


def test_keys_show_after_their_delay(clock):
    """A delayed key is hidden until its time, others never."""
    visibility = Visibility(clock)
    visibility.delay("a", 5)
    visibility.delay("b", 0)
    assert visibility.hides("a")
    assert not visibility.hides("b")
    assert visibility.active
    clock.now += 5
    assert not visibility.hides("a")
    assert not visibility.active


def test_a_new_user_is_unseen_but_there(api):
    """With a delay GET is 404 and lists leave it out, but its name is taken and writes reach it."""
    group = api.group("G")
    api.user("old")
    api.sandbox.faults.set(visibility_delay=60)
    user = api.user("new")
    assert api.call("GET", f"/users/{user['id']}").status_code == 404
    listed = api.good("GET", "/users")
    assert (listed["count"], [one["username"] for one in listed["_embedded"]["users"]]) == (1, ["old"])
    assert api.usernames('username eq "new"') == set()
    assert api.fault("POST", "/users", {"username": "new"})["code"] == "UNIQUENESS_VIOLATION"
    assert api.call("PATCH", f"/users/{user['id']}", {"title": "T"}).status_code == 200
    assert api.join(user, group).status_code == 201
    hidden = api.group("H")
    assert api.call("GET", f"/groups/{hidden['id']}").status_code == 404
    assert api.good("GET", "/groups")["count"] == 1


def test_memberships_have_a_delay_of_their_own(api):
    """A membership may be unseen for a while, though adding it again is refused."""
    user, group = api.user("a"), api.group("G")
    api.sandbox.faults.set(membership_visibility_delay=60)
    api.join(user, group)
    assert api.call("GET", f"/users/{user['id']}/memberOfGroups/{group['id']}").status_code == 404
    assert api.usernames(f'memberOfGroups[id eq "{group["id"]}"]') == set()
    assert api.join(user, group).status_code == 400


def test_what_is_hidden_shows_later(api):
    """When the delay is over everything is as if there had been none."""
    now = [1000.0]
    api.sandbox.directory.visibility._clock = lambda: now[0]
    api.sandbox.faults.set(visibility_delay=5)
    user = api.user("a")
    assert api.good("GET", "/users")["count"] == 0
    now[0] += 5
    assert api.good("GET", "/users")["count"] == 1
    assert api.good("GET", f"/users/{user['id']}") == user


def test_lists_of_memberships_may_lag(api):
    """With a lag filters, counts and a user's groups are of a while ago, for who came and for who went."""
    now = [1000.0]
    user, other, group = api.user("a"), api.user("b"), api.group("G")
    api.join(user, group)
    api.sandbox.directory.listed._past._clock = lambda: now[0]
    api.sandbox.faults.set(membership_lag=3)
    members, path = f'memberOfGroups[id eq "{group["id"]}"]', f"/users/{user['id']}/memberOfGroups"
    assert api.call("DELETE", f"{path}/{group['id']}").status_code == 204
    api.join(other, group)
    assert api.usernames(members) == {"a"}
    assert api.good("GET", f"/groups/{group['id']}")["directMemberCounts"]["users"] == 1
    assert len(api.good("GET", path)["_embedded"]["groupMemberships"]) == 1
    assert api.call("GET", f"{path}/{group['id']}").status_code == 404
    now[0] += 3
    assert api.usernames(members) == {"b"}
    assert api.good("GET", path)["_embedded"]["groupMemberships"] == []
