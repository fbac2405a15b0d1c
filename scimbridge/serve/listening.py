"""Whether the bridge can listen where it is told to, asked before gunicorn, which tries for seconds.

Knows sockets and what the system answers; nothing of gunicorn and of settings.
"""

from __future__ import annotations

import errno
import socket


class CannotListen(Exception):
    """Nobody can listen there now; the one sentence says why, and what can be done."""


def check_address(host: str, port: int) -> None:
    """Bind the address once and let it go. Raises `CannotListen`."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        # As gunicorn does it: an address with a colon is IPv6, every other one is IPv4 or a name of one.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise CannotListen(f"cannot listen at {where}: {explain_refusal(error)}") from None


def explain_refusal(error: Exception) -> str:
    """Return why the system lets nobody listen, and what can be done."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return (
            "another program has this port; stop it, or choose another port with --port or SCIMBRIDGE_PORT"
            " (`ss -ltnp` shows who has it)"
        )
    if number in (errno.EACCES, errno.EPERM):
        return "this user may not take this port; choose one above 1023 with --port or SCIMBRIDGE_PORT"
    if isinstance(error, socket.gaierror):
        return "the name is not known here; write an address of this machine, or 0.0.0.0 for all of them"
    if number in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return "this machine has no such address; write one that it has, or 0.0.0.0 for all of them"
    return f"{getattr(error, 'strerror', None) or error}; choose another address with --host and --port"
