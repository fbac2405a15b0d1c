"""Whether a client still waits for its answer, and whether it may have gone before it had it.

Asks the kernel about the connection and reads nothing from it, so that it is the same with TLS and without, and
whatever the client has sent already. Knows sockets, and nothing of requests. What cannot be seen is a client that
vanished without a word (a cut cable, a killed machine), and one behind a proxy that keeps its own connection.
"""

from __future__ import annotations

import fcntl
import select
import socket
import struct
import termios

_ENDED = select.POLLERR | select.POLLHUP | select.POLLNVAL  # both directions, or by a reset
_LEFT = getattr(select, "POLLRDHUP", 0)  # the client sends nothing more; only Linux tells it beside bytes that wait


def is_present(connection: socket.socket | None) -> bool:
    """Whether the client still holds its end of the connection; yes where the server does not show it to us."""
    if connection is None:
        return True
    events = _look(connection)
    if _LEFT:
        return not events & (_ENDED | _LEFT)
    return not events & _ENDED and not (events & select.POLLIN and _has_ended(connection))


def has_missed(connection: socket.socket | None) -> bool:
    """Whether a client may be without the answer that was just written: it was gone, or left before all had arrived."""
    if connection is None:
        return False
    events = _look(connection)
    return bool(events & _ENDED) or bool(events & _LEFT and _under_way(connection))


def _look(connection: socket.socket) -> int:
    if connection.fileno() < 0:
        return select.POLLNVAL
    looking = select.poll()
    looking.register(connection, select.POLLIN | _LEFT)
    return sum(events for _descriptor, events in looking.poll(0))


def _has_ended(connection: socket.socket) -> bool:
    try:
        # Past TLS, which lets nobody look without reading.
        return not socket.socket.recv(connection, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _under_way(connection: socket.socket) -> bool:
    """Whether bytes were sent that the other side has not confirmed."""
    try:
        [left] = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))
    except OSError:
        return False
    return bool(left)
