"""Two workers of one node, without a Redis."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent.parent
RATE, THREADS = 100, 16


def workers_that_called(node, pingone):
    """Return how many workers have a connection to PingOne."""
    port = int(pingone.sandbox.url.rpartition(":")[2])
    workers = psutil.Process(node.process.pid).children()
    return sum(any(each.raddr and each.raddr.port == port for each in worker.net_connections()) for worker in workers)


def test_workers_share_one_token_and_one_rate(make_pingone, start_nodes, side_by_side, wait_until):
    """Two workers that start under load ask for one token, and make no more calls together than the rate."""
    pingone = make_pingone(50)
    pingone.sandbox.faults.set(rate=RATE * 1.1, burst=RATE * 0.2)
    [node] = start_nodes(1, pingone.settings | {"SCIMBRIDGE_PINGONE_RATE": str(RATE)}, workers=2)
    users, stopped = pingone.user_ids(), threading.Event()

    def work(place):
        return Counter(node.scim("GET", f"/Users/{users[place]}").status for _ in iter(stopped.is_set, True))

    load = [side_by_side.submit(work, place) for place in range(THREADS)]
    wait_until(
        lambda: len(pingone.came) > 3 * RATE and workers_that_called(node, pingone) == 2, "calls of both workers"
    )
    stopped.set()
    answers = sum((each.result() for each in load), Counter())
    assert set(answers) == {200}
    assert pingone.calls("POST", "as/token") == 1
    assert all(each.status != 429 for each in pingone.sandbox.journal.entries)
    # When a call comes is noted after it was let go. Where the machine stands still in between, what was under way
    # comes at once: one call of each thread. Two workers that do not share their rate make twice as many.
    assert pingone.most_in_a_second() <= RATE * 1.1 + THREADS


class Console:
    """`scimbridge client` for one file."""

    def __init__(self, file):
        self._environ = {**os.environ, "SCIMBRIDGE_CLIENTS": str(file)}

    def __call__(self, *words):
        """Say something and return the secret that is shown, if any."""
        command = [sys.executable, "-m", "scimbridge.cli", "client", *words]
        told = subprocess.run(command, env=self._environ, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        found = re.search(r"scb_[\w-]+", told)
        return found and found[0]


@dataclass(frozen=True)
class Told:
    """One answer: when its request was sent, when it was there, and its status."""

    sent: float
    came: float
    status: int


class Load:
    """Callers that read one user again and again by secrets with names, until they are stopped."""

    def __init__(self, node, path, secrets):
        self.node, self.path, self.secrets = node, path, secrets
        self.answers, self.stopped = defaultdict(list), threading.Event()

    def work(self, name):
        """Ask with one secret."""
        while not self.stopped.is_set():
            sent = time.monotonic()
            status = self.node.scim("GET", self.path, secret=self.secrets[name]).status
            self.answers[name].append(Told(sent, time.monotonic(), status))

    def before(self, name, moment):
        """Return the statuses of what was answered before a moment."""
        return [each.status for each in self.answers[name] if each.came < moment]

    def after(self, name, moment):
        """Return the statuses of what was sent after a moment."""
        return [each.status for each in self.answers[name] if each.sent > moment]

    def has_gone_on(self, moment):
        """Whether all secrets were tried often enough since."""
        return all(len(self.after(name, moment)) >= 20 for name in self.secrets)

    def grant(self, name):
        """Return an access token for a secret."""
        shown = b64encode(f"hr:{self.secrets[name]}".encode()).decode()
        headers = {"Authorization": f"Basic {shown}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.node.ask("POST", "/oauth2/token", "grant_type=client_credentials", **headers)
        assert answer.status == 200, answer.content
        return answer.json["access_token"]

    def reads(self):
        """Return how often a worker has taken up a change of the clients file."""
        return self.node.log_file.read_text().count('"clients read anew"')


def test_secrets_are_rotated_and_revoked_under_load(make_pingone, start_nodes, side_by_side, tmp_path, wait_until):
    """Under load no valid secret is refused; a revoked one, with its tokens, is, as soon as both workers have looked.

    How soon a worker looks is held in tests/access/test_register.py, by a clock of the test.
    """
    file = tmp_path / "clients.toml"
    console, pingone = Console(file), make_pingone(50)
    secrets = {"old": console("add", "hr", "--scope", "users:read"), "other": console("add", "it", "--all-scopes")}
    [node] = start_nodes(1, pingone.settings | {"SCIMBRIDGE_CLIENTS": str(file)}, workers=2)
    load = Load(node, f"/Users/{pingone.user_ids()[0]}", secrets)

    def change(*words):
        """Have the file changed and read by both workers; return the secret shown, when that began and was over."""
        read, began = load.reads(), time.monotonic()
        secret = console(*words)
        wait_until(lambda: load.reads() == read + 2, "both workers' look at the file")
        return secret, began, time.monotonic()

    secrets["token of old"] = load.grant("old")
    callers = [side_by_side.submit(load.work, name) for name in ("old", "old", "token of old", "other")]
    secrets["new"], _began, rotated = change("rotate", "hr")
    secrets["token of new"] = load.grant("new")
    callers += [side_by_side.submit(load.work, name) for name in ("new", "new", "token of new", "other")]
    wait_until(lambda: load.has_gone_on(rotated), "answers")
    _secret, *old = change("revoke", "hr", "--secret", secrets["old"].split("_")[1])
    wait_until(lambda: load.has_gone_on(old[1]), "answers")
    _secret, *new = change("revoke", "hr")
    wait_until(lambda: load.has_gone_on(new[1]), "answers")
    load.stopped.set()
    for each in callers:
        each.result()

    for name, (began, over) in (("old", old), ("token of old", old), ("new", new), ("token of new", new)):
        assert set(load.before(name, began)) == {200}
        assert 200 not in load.after(name, over)
    assert {each.status for each in load.answers["other"]} == {200}
