"""Where nobody can listen: told before gunicorn is started, in one sentence with what to do."""

from __future__ import annotations

import socket

import pytest

from scimbridge.serve.listening import CannotListen, check_address


def test_an_address_that_is_free_stays_free():
    """Looking takes nothing away: the same address can be had afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    check_address("127.0.0.1", port)
    check_address("127.0.0.1", port)


def test_a_port_that_is_taken_is_told_with_the_setting():
    """Who has the port may go, or another port be chosen."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(CannotListen, match=r"another program has this port.*SCIMBRIDGE_PORT"):
            check_address("127.0.0.1", holder.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("192.0.2.1", "has no such address"),
        ("bridge.invalid", "not known here"),
        ("2001:db8::1", "has no such address"),
    ],
)
def test_an_address_of_somebody_else_is_told(host, why):
    """An address that this machine does not have, of both kinds."""
    with pytest.raises(CannotListen, match=why):
        check_address(host, 8080)
