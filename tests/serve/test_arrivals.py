"""Connections are watched by one thread, and none of them is looked at once it was let go."""

from __future__ import annotations

import selectors
import socket
from contextlib import closing

from gunicorn.config import Config

from scimbridge.observe.server_load import ServerLoad
from scimbridge.serve.arrivals import Arrivals, Reception
from scimbridge.serve.bounds import ArrivalBounds
from scimbridge.serve.crowd import Places


def test_a_connection_that_gave_way_is_not_looked_at():
    """Who is let go for a newcomer, and had sent something at the same moment, does no harm."""
    load, handed = ServerLoad(), []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener, selectors.DefaultSelector() as poller:
        listener.setblocking(False)
        arrivals = Arrivals(
            poller, Config(), ArrivalBounds(connections_per_address=1), Places(),
            Reception(handed.append, lambda *_: None), load, lambda: 0.0,
        )  # fmt: skip
        with closing(socket.create_connection(listener.getsockname())) as first:
            arrivals.accept(listener)
            assert arrivals.count == 1
            first.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            ready = poller.select(10)
            with closing(socket.create_connection(listener.getsockname())) as second:
                arrivals.accept(listener)
                for key, _events in ready:
                    key.data(key.fileobj)
                assert handed == []
                assert load.refused == {"idle": 1}
                second.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                for key, _events in poller.select(10):
                    key.data(key.fileobj)
                assert [each.request.method for each in handed] == ["GET"]
                arrivals.dismiss(handed[0])
        arrivals.close_all()
        assert arrivals.count == 0
