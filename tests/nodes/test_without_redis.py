"""Redis ends under two nodes and comes back."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

RATE, WRITERS, WAYS = 100, 8, ("startIndex", "cursor")
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Load:
    """Clients that change users until they are stopped; `answers` are status and seconds of each request."""

    nodes: list
    users: list[str]
    answers: list[tuple[int, float]] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def work(self, place):
        """Change the same user again and again, at the nodes in turn."""
        user, number = self.users[place], 0
        while not self.stopped.is_set():
            number += 1
            title = f"{place} {number}"
            change = [{"op": "replace", "path": "title", "value": title}]
            node = self.nodes[(place + number) % len(self.nodes)]
            answer = node.scim("PATCH", f"/Users/{user}", {"schemas": [PATCH_OP], "Operations": change})
            self.answers.append((answer.status, answer.seconds))
            self.given[user] = title

    def walk(self, way):
        """Read all users by startIndex or by cursor, at the nodes in turn, until stopped; return the walks."""
        walks = []
        while not self.stopped.is_set():
            ids, cursor = [], ""
            while cursor is not None:
                node = self.nodes[len(ids) // 100 % len(self.nodes)]
                place = f"cursor={cursor}" if way == "cursor" else f"startIndex={len(ids) + 1}"
                answer = node.scim("GET", f"/Users?{place}&count=100&attributes=userName")
                if (
                    answer.status == 503 and ids and way == "startIndex"
                ):  # others may walk where the node does not see it
                    assert "start the walk again" in answer.json["detail"]
                    ids.clear()
                    continue
                self.answers.append((answer.status, answer.seconds))
                listed = answer.json
                ids += [each["id"] for each in listed["Resources"]]
                more = listed.get("nextCursor") if way == "cursor" else ""
                cursor = None if len(ids) >= listed.get("totalResults", len(self.users)) else more
            walks.append(ids)
        return walks


def test_nodes_go_on_without_redis_and_come_back(make_pingone, shared, start_nodes, side_by_side, wait_until):
    """While Redis is gone and after it is back none but walks by index fail or wait; both nodes keep to one rate."""
    pingone = make_pingone(500)
    pingone.sandbox.faults.set(rate=RATE * 1.1, burst=RATE * 0.2)
    settings = pingone.settings | {"SCIMBRIDGE_STATE_URL": shared.url, "SCIMBRIDGE_PINGONE_RATE": str(RATE)}
    nodes = start_nodes(2, settings)
    load = Load(nodes, pingone.user_ids())

    def await_more_calls():
        # So many that each node has renewed its share of the rate several times.
        until = len(pingone.came) + 2 * RATE
        wait_until(lambda: len(pingone.came) > until, "enough calls")

    def all_say(state, cut_off):
        wait_until(lambda: all(node.ask("GET", "/health/ready").json["state"] == state for node in nodes), state)
        assert all(node.ask("GET", "/health/ready").status == 200 for node in nodes)
        assert all(node.metric("scimbridge_state_cut_off") == cut_off for node in nodes)

    writers = [side_by_side.submit(load.work, place) for place in range(WRITERS)]
    walkers = [side_by_side.submit(load.walk, way) for way in WAYS]
    await_more_calls()
    all_say("in reach", 0)
    shared.kill()
    all_say("cut off", 1)
    await_more_calls()
    shared.start()
    all_say("in reach", 0)
    await_more_calls()
    load.stopped.set()

    for walker in walkers:
        assert all(len(walk) == len(set(walk)) == 500 for walk in walker.result())
    for writer in writers:
        writer.result()
    assert {status for status, _seconds in load.answers} == {200}
    # Some tenths of a second, however slow the machine; who waited for what a Redis that is gone holds waits for ten.
    assert max(seconds for _status, seconds in load.answers) < 9
    titles = {each["id"]: each.get("title") for each in pingone.sandbox.directory.users}
    assert all(titles[user] == title for user, title in load.given.items())
    for node in nodes:
        told = [line["event"] for line in node.log if line["event"].startswith("shared state")]
        gone, back = "shared state does not answer; this node goes on by itself", "shared state answers again"
        assert told
        assert told == [gone, back] * (len(told) // 2), "each time apart, should the machine have made more of them"
    # When a call comes is noted after it was let go. Where the machine stands still in between, what was under way
    # comes at once: one call of each client. Nodes that do not share their rate make twice as many.
    assert pingone.most_in_a_second() <= RATE * 1.1 + WRITERS + len(WAYS)
    refused = [each for each in pingone.sandbox.journal.entries if each.status == 429]
    assert len(refused) <= 1
