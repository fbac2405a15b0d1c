"""What has arrived is read as from a socket, and nobody waits for more."""

from __future__ import annotations

import pytest

from scimbridge.serve.arrived import PIECE, ArrivedBytes
from scimbridge.serve.refusals import NotArrived


def test_reading():
    """So many bytes are read as are asked for, a piece where nothing is said, and what is given back comes again."""
    arrived = ArrivedBytes()
    arrived.feed(b"a" * PIECE + b"bcd")
    assert arrived.read(2) == b"aa"
    assert arrived.read() == b"a" * (PIECE - 2) + b"bc"
    arrived.unread(b"bc")
    assert arrived.held == 3
    with pytest.raises(ValueError, match="read last"):
        arrived.unread(b"x")
    arrived.forget_read()
    assert arrived.data == b"bcd"
    assert arrived.take_buffered() == b"bcd"


def test_reading_beyond_what_has_arrived():
    """More than there is raises, unless the client has ended: then there is nothing more, as at a socket."""
    arrived = ArrivedBytes()
    arrived.feed(b"abc")
    with pytest.raises(NotArrived):
        arrived.read(4)
    assert arrived.read(3) == b"abc"
    with pytest.raises(NotArrived):
        arrived.read()
    arrived.has_ended = True
    assert arrived.read() == arrived.read(5) == b""
