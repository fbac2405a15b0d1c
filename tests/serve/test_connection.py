"""A connection reads what has arrived without waiting, and at no more cost than its bytes."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.http import errors

from scimbridge.serve.arrived import ArrivedBytes
from scimbridge.serve.connection import ClientConnection, Peers

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n" + (b"X: " + b"a" * 8000 + b"\r\n") * 90


@pytest.fixture
def ends():
    """Return a connection and the client's end of it."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        yield ClientConnection(Config(), ours, Peers(("127.0.0.1", 1), ("127.0.0.1", 2)), "", 1000), theirs


@pytest.fixture
def reads(monkeypatch):
    """Return the sizes of what is read, as they come."""
    taken, read = [], ArrivedBytes.read

    def noting(self, size=None, read_ahead=None):
        found = read(self, size, read_ahead)
        taken.append(len(found))
        return found

    monkeypatch.setattr(ArrivedBytes, "read", noting)
    return taken


def send(client, connection, data):
    """Have bytes arrive in pieces, as many as a socket takes."""
    for at in range(0, len(data), 8192):
        client.sendall(data[at : at + 8192])
        connection.receive()


def test_a_long_head_is_read_at_once(ends, reads):
    """Gunicorn's parser looks from the first byte again for each piece of a head, in the thread that serves all."""
    connection, client = ends
    send(client, connection, HEAD + b"\r\n")
    assert connection.advance()
    assert len(reads) == 1


def test_half_a_head_is_not_parsed(ends, reads):
    """Where a client ends before its head does, nothing is looked at any more."""
    connection, client = ends
    send(client, connection, HEAD)
    client.shutdown(socket.SHUT_WR)
    connection.receive()
    with pytest.raises(errors.NoMoreData):
        connection.advance()
    assert reads == []
