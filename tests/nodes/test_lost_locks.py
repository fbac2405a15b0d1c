"""Redis forgets all locks in the middle of a change: nobody is told of a success that another may have undone."""

from __future__ import annotations

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def test_a_change_that_lost_its_lock_is_no_success(make_pingone, shared, start_nodes, side_by_side, wait_until):
    """Redis is flushed while 300 members are added and a second node changes the group: the first is answered 503."""
    pingone = make_pingone(400)
    pingone.sandbox.faults.set(latency=0.1)
    first, second = start_nodes(2, pingone.settings | {"SCIMBRIDGE_STATE_URL": shared.url})
    group, users = pingone.new_group("Everybody"), pingone.user_ids()

    def patch(node, op, members):
        change = {"op": op, "path": "members", "value": [{"value": each} for each in members]}
        return node.scim("PATCH", f"/Groups/{group}", {"schemas": [PATCH_OP], "Operations": [change]})

    long = side_by_side.submit(patch, first, "add", users[:300])
    wait_until(lambda: len(pingone.members(group)) > 30, "some members")
    shared.flush()
    short = patch(second, "add", users[300:305])
    assert short.status in (200, 204), short.content
    lost = long.result()
    assert lost.status == 503, lost.content
    assert lost.headers["Retry-After"]
    again = patch(first, "add", users[:300])
    assert again.status in (200, 204), again.content
    assert pingone.members(group) == set(users[:305])
