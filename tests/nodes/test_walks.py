"""Readers of one token walk through a list that changes all the time: nobody who stays is missed.

WALKS=500 in the environment makes it as many walks as that for each way of running the bridge, and shows figures.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter

import pytest

WALKS = int(os.environ.get("WALKS", "18"))
READERS, USERS, STEP = 3, 450, 100
CHANGES = 50  # deletions and creations a second


class Company:
    """Users that come and go; remembers who was there since when, and who is gone."""

    def __init__(self, pingone):
        self.directory = pingone.sandbox.directory
        self.came = dict.fromkeys(pingone.user_ids(), 0.0)
        self.gone = {}
        self.stopped = threading.Event()
        self._random = random.Random(7)

    def change(self):
        """Delete one and create one, again and again."""
        while not self.stopped.wait(2 / CHANGES):
            with self.directory.lock:
                user = self._random.choice([*self.directory.users])
                self.directory.users.drop(user["id"])
                self.directory.edges.drop_member("users", user["id"])
                self.gone[user["id"]] = time.monotonic()
                fresh = {**user, "id": self.directory.new_id(), "username": f"new-{len(self.came)}"}
                fresh.pop("externalId", None)
                self.directory.users.add(fresh)
                self.directory.revision += 1
                self.came[fresh["id"]] = time.monotonic()

    def stayed(self, since, until):
        """Return who was there all the time."""
        with self.directory.lock:
            return {key for key, moment in self.came.items() if moment < since and self.gone.get(key, until) >= until}


class Readers:
    """Read all users again and again, to the empty page or to the total; count what they were given."""

    def __init__(self, nodes, company):
        self.nodes, self.company = nodes, company
        self.walks = self.missed = self.twice = self.refused = 0
        self.statuses, self.seconds = Counter(), []
        self._left = WALKS
        self._guard = threading.Lock()

    def read(self, one):
        """Walk until enough walks were made."""
        number = one
        while self._begins():
            began, found, start = time.monotonic(), [], 1
            while True:
                number += 1
                node = self.nodes[number % len(self.nodes)]
                answer = node.scim("GET", f"/Users?startIndex={start}&count={STEP}&attributes=id")
                self.statuses[answer.status] += 1
                self.seconds.append(answer.seconds)
                if answer.status != 200:
                    self.refused += 1
                    break
                listed = answer.json
                found += [each["id"] for each in listed["Resources"]]
                start += STEP
                if not listed["Resources"] or (one and start > listed["totalResults"]):
                    with self._guard:
                        self.walks += 1
                        self.missed += len(self.company.stayed(began, time.monotonic()) - set(found))
                        self.twice += len(found) - len(set(found))
                    break

    def _begins(self):
        with self._guard:
            self._left -= 1
            return self._left >= 0


@pytest.mark.timeout(3600 if "WALKS" in os.environ else 120)
@pytest.mark.parametrize("way", ["one worker", "two workers", "two nodes with Redis"])
def test_nobody_who_stays_is_missed(make_pingone, start_nodes, shared, side_by_side, way):
    """Three readers of one token, 50 changes a second: every walk has all who stayed; afterwards it has them once."""
    pingone = make_pingone(USERS)
    redis = {"SCIMBRIDGE_STATE_URL": shared.url} if "Redis" in way else {}
    number, workers = (2 if redis else 1), (2 if way == "two workers" else 1)
    nodes = start_nodes(number, pingone.settings | redis, workers=workers)
    company = Company(pingone)
    changing = side_by_side.submit(company.change)
    readers = Readers(nodes, company)
    for each in [side_by_side.submit(readers.read, one) for one in range(READERS)]:
        each.result()
    company.stopped.set()
    changing.result()
    figures = f"{way}: {readers.walks} walks, {len(company.gone)} deleted meanwhile, {readers.missed} missed, "
    middle = sorted(readers.seconds)[len(readers.seconds) // 2]
    figures += f"{readers.twice} given twice, answers {dict(readers.statuses)}, {middle:.3f} s each\n"
    if "WALKS" in os.environ:
        sys.stderr.write(figures)
    assert readers.missed == 0, figures
    assert set(readers.statuses) == {200}, figures
    assert clean_walk(nodes) == pingone.user_ids()
    assert clean_walk(nodes[::-1]) == pingone.user_ids()


def clean_walk(nodes):
    """Read all once by a query that nobody has asked, at the nodes in turn."""
    found = []
    for number, start in enumerate(range(1, USERS + 2 * STEP, STEP)):
        query = f"startIndex={start}&count={STEP}&attributes=userName"
        found += [each["id"] for each in nodes[number % len(nodes)].scim("GET", f"/Users?{query}").json["Resources"]]
    return found
