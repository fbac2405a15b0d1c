"""A node is told to stop, or to read its configuration anew, while it works."""

from __future__ import annotations

import re
import shutil
import signal
import threading
from collections import Counter
from pathlib import Path

MAPPINGS = Path(__file__).parent.parent.parent / "mappings"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
EXTENSION = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
# Of 40 requests eight are under way at a time. Those take some two seconds of the ten that they have, and those that
# wait at a stop are begun for three seconds more: too few for all at this rate, the fewer the slower the machine.
GROUPS, EACH, RATE, DEADLINE, THREADS = 40, 20, 100, 10, 8


def done(answer):
    """Return the least and the most members that an answer says are there."""
    if answer.status == 200:
        return EACH, EACH
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    detail = answer.json["detail"]
    if "nothing was done" in detail:
        return 0, 0
    least, number = re.match(r"(at least )?(\d+) of 20 membership changes are done", detail).groups()
    return int(number), EACH if least else int(number)


def test_a_stop_finishes_or_says_how_far_it_came(make_pingone, shared, start_nodes, side_by_side, wait_until):
    """At SIGTERM every request under way ends whole or as a true 503, and sent again at the other node it is exact."""
    pingone = make_pingone(GROUPS * EACH)
    more = {"STATE_URL": shared.url, "PINGONE_RATE": str(RATE), "REQUEST_DEADLINE": str(DEADLINE)}
    settings = pingone.settings | {f"SCIMBRIDGE_{name}": value for name, value in more.items()}
    first, second = start_nodes(2, settings, threads=THREADS)
    users = pingone.user_ids()
    wanted = {pingone.new_group(f"Team {number}"): users[EACH * number :][:EACH] for number in range(GROUPS)}

    def patch(node, group):
        members = [{"value": user} for user in wanted[group]]
        change = {"op": "add", "path": "members", "value": members}
        return node.scim("PATCH", f"/Groups/{group}", {"schemas": [PATCH_OP], "Operations": [change]})

    def finish(group):
        while patch(second, group).status == 503:
            pass

    running = {group: side_by_side.submit(patch, first, group) for group in wanted}
    wait_until(lambda: sum(len(pingone.members(group)) for group in wanted) > RATE / 2)
    first.signal(signal.SIGTERM)
    answers = {group: each.result() for group, each in running.items()}
    assert first.process.wait(60) == 0
    kinds = Counter(answer.status for answer in answers.values())
    assert kinds[200], "some were finished"
    assert kinds[503], "for some there was no time"
    for group, answer in answers.items():
        least, most = done(answer)
        assert least <= len(pingone.members(group)) <= most

    for each in [side_by_side.submit(finish, group) for group in wanted]:
        each.result()
    assert all(pingone.members(group) == set(users) for group, users in wanted.items())


def test_tables_are_taken_up_while_requests_go_on(make_pingone, start_nodes, side_by_side, tmp_path, wait_until):
    """SIGHUP with a faulty table changes nothing and says why; a right one is taken up by all, and no request fails."""
    tables = tmp_path / "tables"
    shutil.copytree(MAPPINGS, tables)
    pingone = make_pingone(50)
    [node] = start_nodes(1, pingone.settings | {"SCIMBRIDGE_MAPPINGS": str(tables)}, workers=2)
    user = next(each["id"] for each in pingone.sandbox.directory.users if "department" in each)
    users = (tables / "users.toml").read_text()
    stopped = threading.Event()

    def shows_department(_number=0):
        answer = node.scim("GET", f"/Users/{user}")
        assert answer.status == 200, answer.content
        return "department" in answer.json[EXTENSION]

    def work(_place):
        return [shows_department() for _ in iter(stopped.is_set, True)]

    def events(word):
        return sum(line["event"].startswith(word) for line in node.log)

    load = [side_by_side.submit(work, place) for place in range(6)]
    (tables / "users.toml").write_text(f'{users}\n["{EXTENSION}"]\ndepartment = "departmemt.."\n')
    node.signal(signal.SIGHUP)
    wait_until(lambda: events("reload refused"))
    [refused] = [line for line in node.log if line["event"].startswith("reload refused")]
    assert any("users.toml" in fault for fault in refused["faults"])
    assert not any(map(shows_department, range(20)))
    assert events("Booting worker") == 2

    head = f'["{EXTENSION}"]\n'
    assert head in users
    (tables / "users.toml").write_text(users.replace(head, f'{head}department = "department"\n'))
    node.signal(signal.SIGHUP)
    wait_until(lambda: events("Worker exiting") == 2)
    assert all(map(shows_department, range(20)))
    assert events("Booting worker") == 4
    stopped.set()
    assert all(set(each.result()) == {False, True} for each in load), "and no request failed meanwhile"
