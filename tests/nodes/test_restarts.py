"""One node, no Redis: what it knows outlives a worker, a hang-up and the node itself, with one worker as with two."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ADA = {"schemas": [USER], "userName": "ada.lovelace", "emails": [{"value": "ada@example.org", "type": "work"}]}


class Company:
    """A PingOne and the one node before it, which can be ended in several ways and is there again afterwards."""

    def __init__(self, pingone, start_nodes, wait_until, workers):
        self.pingone = pingone
        self._start, self._wait_until = start_nodes, wait_until
        self._workers = workers
        self._settings = pingone.settings
        self.prolonged = 0  # locks that were left when it was killed, and would last for ten minutes more
        [self.node] = start_nodes(1, self._settings, workers=workers)

    def end(self, way):
        """Let a worker or all of them end, and wait until others are in their place."""
        {"hang-up": self._hang_up, "worker": self._kill_worker, "node": self.kill_node, "stop": self._stop}[way]()

    def _workers_now(self):
        return {child.pid for child in psutil.Process(self.node.process.pid).children()}

    def _hang_up(self):
        before = self._workers_now()
        self.node.signal(signal.SIGHUP)
        self._wait_until(lambda: not before & self._workers_now(), "the end of the old workers")
        self.node.await_start()

    def _kill_worker(self):
        before, file = self._workers_now(), self.file
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        self._prolong_locks(file)
        self._wait_until(lambda: len(self._workers_now() - before) == self._workers, "new workers")
        self.node.await_start()

    def kill_node(self):
        """End everything at once, and start anew."""
        file = self.file
        self.node.kill()
        self._prolong_locks(file)
        self.start_again()

    def _stop(self):
        self.node.signal(signal.SIGTERM)
        assert self.node.process.wait(60) == 0
        self.start_again()

    def _prolong_locks(self, file):
        """Let the locks that the dead have left last for ten minutes, so that who waits for one is refused first."""
        with closing(sqlite3.connect(file, timeout=60)) as connection, connection:
            self.prolonged = connection.execute("UPDATE locks SET ends_at = ends_at + 600").rowcount

    @property
    def file(self):
        """Where the node keeps what it knows."""
        opened = psutil.Process(self.node.worker()).open_files()
        return next(Path(each.path) for each in opened if each.path.endswith("state.db"))

    def start_again(self):
        """Start where the node before was."""
        [self.node] = self._start(1, self._settings, workers=self._workers, port=self.node.port)


@pytest.fixture
def make_company(make_pingone, start_nodes, wait_until):
    def make(seed=50, workers=1):
        return Company(make_pingone(seed), start_nodes, wait_until, workers)

    return make


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("way", ["hang-up", "worker", "node", "stop"])
def test_a_walk_misses_nobody(make_company, way, workers):
    """Users behind a walk are deleted, then the bridge's processes end: the walk goes on where it was."""
    company = make_company(450, workers)
    there, ids = set(company.pingone.user_ids()), []
    while True:
        page = company.node.scim("GET", f"/Users?startIndex={len(ids) + 1}&count=100&attributes=userName")
        assert page.status == 200, page.content
        found = [user["id"] for user in page.json.get("Resources", ())]
        if not found:
            break
        ids += found
        if len(ids) == 300:
            for gone in ids[100:103]:
                assert company.node.scim("DELETE", f"/Users/{gone}").status == 204
            company.end(way)
    assert sorted(ids) == sorted(there)


@pytest.mark.parametrize("way", ["worker", "node"])
def test_a_create_is_answered_when_it_is_repeated(make_company, side_by_side, way):
    """The only worker dies, or the node, while PingOne's answer to a create is awaited: the repetition is 201."""
    company = make_company()
    with company.pingone.holding("POST", "users") as held:
        lost = side_by_side.submit(company.node.scim, "POST", "/Users", ADA)
        assert held.wait(60)
        company.end(way)
    assert lost.exception() is not None
    again = company.node.scim("POST", "/Users", ADA)
    assert again.status == 201, again.content
    assert company.prolonged, "nobody waits for the turn of a process that is dead: it would be refused before it ends"
    assert company.node.scim("POST", "/Users", ADA).status == 409, "who was answered and asks again has a duplicate"


def test_a_killed_node_bars_nothing(make_company, side_by_side):
    """What a node held when it was killed is free for the next one at once, and its share of the rate too."""
    company = make_company()
    group = company.pingone.new_group("Everybody")
    members = [{"value": each} for each in company.pingone.user_ids()]
    change = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "members", "value": members}]}
    with company.pingone.holding("POST", "memberOfGroups") as held:
        lost = side_by_side.submit(company.node.scim, "PATCH", f"/Groups/{group}", change)
        assert held.wait(60)
        company.kill_node()
    assert lost.exception() is not None
    done = company.node.scim("PATCH", f"/Groups/{group}", change)
    assert done.status == 200, done.content
    assert company.prolonged, "and nobody waited for it, which would have been in vain"
    assert len(company.pingone.members(group)) == 50


def test_a_token_is_not_asked_for_again(make_company):
    """A node that starts anew goes on with the access token that it has."""
    company = make_company()
    user = f"/Users/{company.pingone.user_ids()[0]}"
    assert company.node.scim("GET", user).status == 200
    company.kill_node()
    assert company.node.scim("GET", user).status == 200
    assert company.pingone.calls("POST", "as/token") == 1


def test_another_address_is_another_bridge(make_company, start_nodes):
    """A node at another port of the same machine sees nothing of the first one's."""
    company = make_company()
    [other] = start_nodes(1, company.pingone.settings)
    user = f"/Users/{company.pingone.user_ids()[0]}"
    assert company.node.scim("GET", user).status == other.scim("GET", user).status == 200
    assert company.pingone.calls("POST", "as/token") == 2


def test_a_damaged_file_is_put_aside(make_company, tmp_path_factory):
    """A node whose file was spoilt starts all the same, says so in its log, and works."""
    company = make_company()
    user = f"/Users/{company.pingone.user_ids()[0]}"
    assert company.node.scim("GET", user).status == 200
    file = company.file
    company.node.kill()
    with file.open("r+b") as spoilt:
        spoilt.write(b"nonsense" * 1000)
    company.start_again()
    assert company.node.scim("GET", user).status == 200
    assert any("put aside" in line.get("trouble", "") for line in company.node.log)
    assert Path(f"{file}.damaged").exists()
