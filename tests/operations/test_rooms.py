"""The operations as each client is served them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from scimbridge.access.caller import Caller
from scimbridge.operations.rooms import Rooms, open_catalogue


def test_clients_that_come_at_once_share_one_room():
    """Threads that ask for the same at the same time make it once, and none comes between another's looks."""
    made, again, start = [], threading.Event(), threading.Barrier(2)

    def serve(caller):
        made.append(caller.name)
        if len(made) > 1:
            again.set()
        again.wait(0.2)
        return SimpleNamespace(endpoints={})

    rooms = Rooms(open_catalogue(None), SimpleNamespace(to=serve), None, None, None)

    def come(name):
        start.wait()
        return rooms.to(Caller(name))

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(come, ["a", "b"])
    assert one is other
    assert len(made) == 1
