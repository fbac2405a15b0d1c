"""One of two nodes is killed, and the client goes on at the other."""

from __future__ import annotations

import pytest

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def pair(make_pingone, shared, start_nodes):
    """Two nodes that share a Redis, and their PingOne with 2,000 users."""
    pingone = make_pingone(2000)
    settings = pingone.settings | {"SCIMBRIDGE_STATE_URL": shared.url}
    return pingone, *start_nodes(2, settings)


@pytest.mark.parametrize("way", ["startIndex", "cursor"])
def test_a_walk_goes_on_at_the_other_node(pair, side_by_side, way):
    """A walk in which the nodes take turns, users behind it are deleted and one node is killed has every id once."""
    pingone, first, second = pair
    there, ids, cursor, nodes = pingone.user_ids(), [], "", [first, second]

    def page(node):
        place = f"startIndex={len(ids) + 1}" if way == "startIndex" else f"cursor={cursor}"
        return node.scim("GET", f"/Users?{place}&count=100&attributes=userName")

    while len(ids) < 2000:
        if len(ids) == 900:
            for gone in ids[100:105]:
                assert first.scim("DELETE", f"/Users/{gone}").status == 204
            with pingone.holding("GET", "users") as held:
                lost = side_by_side.submit(page, second)
                assert held.wait(60)
                second.kill()
            assert lost.exception() is not None
            nodes = [first, first]
        answer = page(nodes[len(ids) // 100 % 2])
        assert answer.status == 200, answer.content
        listed = answer.json
        exist = 1995 if len(ids) >= 900 else 2000
        ids += [user["id"] for user in listed["Resources"]]
        assert listed["totalResults"] == max(exist, len(ids)), "what there is, and never less than was delivered"
        cursor = listed.get("nextCursor")
        assert len(listed["Resources"]) == 100
    assert sorted(ids) == sorted(there)
    assert pingone.calls("GET", "users") == 21, "one call for each page, and the one that nobody read"


def test_changes_of_a_killed_node_are_exact_after_their_repetition(pair, side_by_side, wait_until):
    """A node dies in the middle of a group update and of a create; repeated at the other, both end as asked."""
    pingone, first, second = pair
    wanted, group = set(pingone.user_ids()[:300]), pingone.new_group("Everybody")
    members = [{"value": each} for each in sorted(wanted)]
    update = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "members", "value": members}]}
    user = {"schemas": [USER], "userName": "ada.lovelace", "emails": [{"value": "ada@example.org", "type": "work"}]}
    requests = (("PATCH", f"/Groups/{group}", update), ("POST", "/Users", user))

    pingone.sandbox.faults.set(latency=0.01)
    with pingone.holding("POST", "users") as held:
        lost = [side_by_side.submit(first.scim, *request) for request in requests]
        assert held.wait(60)
        wait_until(lambda: len(pingone.members(group)) >= 150, "half of the members")
        first.kill()
    assert all(each.exception() is not None for each in lost)
    assert 150 <= len(pingone.members(group)) < 300
    assert len(pingone.user_ids()) == 2001

    changed, created = [each.result() for each in [side_by_side.submit(second.scim, *each) for each in requests]]
    assert changed.status == 200, changed.content
    assert created.status == 201, created.content
    # The turns of a dead node are over after ten seconds (state/test_leases.py); who waits in vain has a 503 after 50.
    assert max(changed.seconds, created.seconds) < 40
    assert pingone.members(group) == wanted
    assert len(pingone.user_ids()) == 2001
    assert created.json["id"] in pingone.user_ids()
