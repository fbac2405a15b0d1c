"""How requests arrive: every connection is watched by one thread, and no thread waits for a client that sends slowly.

Knows sockets, deadlines and the crowd at the door. Whole requests are handed on; who answers them is not known here.
A connection is given back with `resume` or `dismiss`. Everything here is for one thread.
"""

from __future__ import annotations

import errno
import select
import selectors
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gunicorn.http import errors

from scimbridge.observe import logs
from scimbridge.observe.server_load import ServerLoad
from scimbridge.serve.bounds import ArrivalBounds
from scimbridge.serve.connection import ArrivalStage, ClientConnection, Peers
from scimbridge.serve.crowd import Crowd, Places
from scimbridge.serve.refusals import Crowded, SlowRequest

AT_ONCE = 32
"""Connections that are accepted before those that are there have their turn."""
FAREWELL = 2.0
"""Seconds that a client gets to read its last answer."""
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_TRANSIENT = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED, errno.EINTR})
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Reception:
    """What is done with what arrives: `whole` takes a connection with a whole request, `refuse` answers a refusal."""

    whole: Callable[[ClientConnection], object]
    refuse: Callable[[ClientConnection, BaseException], object]


class Arrivals:
    """All connections that no thread works for. `clock` counts seconds."""

    def __init__(
        self, poller: selectors.BaseSelector, config: Any, bounds: ArrivalBounds, places: Places, reception: Reception,
        load: ServerLoad, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._poller = poller
        self._config = config
        self._bounds = bounds
        self._places = places
        self._reception = reception
        self._load = load
        self._clock = clock
        self._crowd = Crowd[ClientConnection](bounds.connections, bounds.connections_per_address, bounds.most_bytes)
        self._leaving: dict[ClientConnection, None] = {}
        self._answering: set[ClientConnection] = set()
        self._idle = bounds.idle

    @property
    def count(self) -> int:
        """How many connections are open, those with an answer under way too."""
        return len(self._crowd) + len(self._leaving) + len(self._answering)

    @property
    def sending(self) -> int:
        """How many have begun a request that is not whole yet."""
        return self._crowd.sending

    # -- connections that come ----------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        """Take in who has come."""
        for _ in range(AT_ONCE):
            try:
                sock, client = listener.accept()
            except OSError as error:
                if error.errno in _FULL:
                    self._make_room()
                elif error.errno not in _TRANSIENT:
                    raise
                return
            self._enter(sock, Peers(client, listener.getsockname()))

    def _enter(self, sock: socket.socket, peers: Peers) -> None:
        largest, place = self._bounds.largest_body, self._places.name(peers.client)
        connection = ClientConnection(self._config, sock, peers, place, largest)
        # A client that does not read its answer is let go as well: the kernel's send timeout.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(self._bounds.body) or 1, 0))
        self._wait(connection, _READ)
        while (surplus := self._crowd.find_surplus(connection)) is not None:
            self._give_way(surplus)
            if surplus is connection:
                return
        if self.count > self._bounds.connections:
            self._make_room()

    def _make_room(self) -> None:
        """Let one go for those who wait outside, if there is one of whom nothing is under way."""
        surplus = next(iter(self._leaving), None) or self._crowd.find_first_of_most()
        if surplus is not None:
            self._give_way(surplus)

    def _give_way(self, surplus: ClientConnection) -> None:
        if surplus in self._leaving:
            self._close(surplus)
        else:
            self._end(surplus, Crowded(), "crowded" if surplus.is_sending else "idle")

    def _wait(self, connection: ClientConnection, events: int) -> None:
        """Watch over a connection from now on."""
        connection.since = self._clock()
        connection.deadline = connection.since + self._idle
        connection.is_sending = False
        self._poller.register(connection.sock, events, lambda _sock: self._look(connection))
        self._crowd.enter(connection)

    # -- what they send -----------------------------------------------------------------------------------------------

    def _look(self, connection: ClientConnection) -> None:
        """Go on with a connection of which something has come."""
        if connection in self._leaving:
            if not connection.throw_away():
                self._close(connection)
            return
        if connection not in self._crowd:  # let go since the events were asked for
            return
        self._note_sending(connection)
        try:
            if connection.stage is ArrivalStage.HANDSHAKE and not self._shake_hands(connection):
                return
            connection.receive()
            self._weigh(connection)
        except ssl.SSLError as error:
            _log.info("TLS refused" if connection.stage is ArrivalStage.HANDSHAKE else "TLS connection broken",
                      reason=error.reason)  # fmt: skip
            self._stop_watching(connection)
            self.dismiss(connection)
        except (OSError, ValueError) as error:
            _log.debug("client gone before its request was whole", reason=type(error).__name__)
            self._close(connection)
        else:
            if connection in self._crowd:
                self._advance(connection)

    def _note_sending(self, connection: ClientConnection) -> None:
        if not connection.is_sending:
            connection.is_sending = True
            connection.since = self._clock()
            connection.deadline = connection.since + self._bounds.head

    def _shake_hands(self, connection: ClientConnection) -> bool:
        raw = connection.sock
        wanted = connection.shake_hands()
        if connection.sock is not raw:  # the same descriptor in another object
            self._poller.unregister(connection.sock.fileno())
            self._poller.register(connection.sock, _READ, lambda _sock: self._look(connection))
        self._poller.modify(
            connection.sock,
            _WRITE if wanted == ssl.SSL_ERROR_WANT_WRITE else _READ,
            lambda _sock: self._look(connection),
        )
        if wanted:
            return False
        # Who is connected and sends nothing yet is as one without TLS.
        connection.is_sending = False
        connection.deadline = self._clock() + self._idle
        if not isinstance(connection.sock, ssl.SSLSocket) or not connection.sock.pending():
            return False
        self._note_sending(connection)
        return True

    def _advance(self, connection: ClientConnection) -> None:
        """Hand a request on where it is whole, or refuse it."""
        before = connection.stage
        try:
            is_whole = connection.advance()
        except (StopIteration, errors.NoMoreData):
            self._close(connection)
        except Exception as error:  # noqa: BLE001 - whatever the parser says, it is about this request alone
            self._load.count_refusal("malformed")
            self._refuse(connection, error)
        else:
            if is_whole and connection.has_answered and not _is_writable(connection.sock):
                # The client does not read its last answer: a thread would be held by the next one.
                self._poller.modify(connection.sock, _WRITE, lambda _sock: self._look(connection))
            elif is_whole:
                self._stop_watching(connection)
                connection.stage = ArrivalStage.ANSWER
                self._answering.add(connection)
                self._reception.whole(connection)
            elif connection.stage is not before:
                connection.since = self._clock()
                connection.deadline = connection.since + self._bounds.body

    def _weigh(self, connection: ClientConnection) -> None:
        """Keep what is held for all within its bound: who holds most gives way."""
        if connection.held <= 2 * 64 * 1024:
            return
        total = sum(each.held for each in self._crowd) + sum(each.held for each in self._answering)
        heaviest = self._crowd.find_heaviest(total)
        if heaviest is not None:
            self._load.count_refusal("memory")
            self._refuse(heaviest, Crowded())

    # -- connections that are given back ------------------------------------------------------------------------------

    def resume(self, connection: ClientConnection) -> None:
        """Wait for the next request of a connection whose last one is answered, and which is ready for it."""
        self._answering.discard(connection)
        try:
            connection.sock.setblocking(False)
            self._wait(connection, _READ)
        except (OSError, ValueError):
            connection.close()
            return
        if connection.held:  # it has come with the last one, and wakes nobody up
            self._note_sending(connection)
            self._advance(connection)

    def dismiss(self, connection: ClientConnection) -> None:
        """Let a connection go whose last answer is written, once its client has read that."""
        self._answering.discard(connection)
        if not connection.say_farewell():
            connection.close()
            return
        connection.deadline = self._clock() + FAREWELL
        self._leaving[connection] = None
        self._poller.register(connection.sock, _READ, lambda _sock: self._look(connection))

    def _refuse(self, connection: ClientConnection, error: BaseException) -> None:
        self._stop_watching(connection)
        self._reception.refuse(connection, error)
        self.dismiss(connection)

    # -- time ---------------------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """End what has had its time."""
        now = self._clock()
        for connection in [each for each in self._leaving if each.deadline <= now]:
            self._close(connection)
        for connection in self._crowd:
            if connection.deadline <= now or self._is_too_slow(connection, now):
                self._end(connection, SlowRequest(), "slow" if connection.is_sending else None)

    def _is_too_slow(self, connection: ClientConnection, now: float) -> bool:
        taken = now - connection.since
        is_due = connection.stage is ArrivalStage.BODY and taken > self._bounds.head
        return is_due and connection.held < taken * self._bounds.least_rate

    def end_all(self, error: Exception, reason: str) -> None:
        """Refuse what has not arrived whole, and let go of everybody else."""
        for connection in self._crowd:
            self._end(connection, error, reason if connection.is_sending else None)

    def _end(self, connection: ClientConnection, error: Exception, reason: str | None) -> None:
        """Let a connection go, with an answer where it has begun a request; None is no reason to count."""
        if reason is not None:
            self._load.count_refusal(reason)
        if connection.is_sending and connection.stage is not ArrivalStage.HANDSHAKE:
            self._refuse(connection, error)
        else:
            self._close(connection)

    def cap_idle(self, seconds: float) -> None:
        """Keep connections over which nothing is sent for so long at most, also those that are there."""
        self._idle = min(self._idle, seconds)
        latest = self._clock() + seconds
        for each in self._crowd:
            if not each.is_sending:
                each.deadline = min(each.deadline, latest)

    def close_all(self) -> None:
        """Close every connection that no thread works for."""
        for connection in (*self._leaving, *self._crowd):
            self._close(connection)

    def _stop_watching(self, connection: ClientConnection) -> None:
        self._poller.unregister(connection.sock)
        self._crowd.leave(connection)

    def _close(self, connection: ClientConnection) -> None:
        if connection in self._leaving:
            del self._leaving[connection]
            self._poller.unregister(connection.sock)
        else:
            self._stop_watching(connection)
        connection.close()


def _is_writable(sock: socket.socket) -> bool:
    looking = select.poll()
    looking.register(sock, select.POLLOUT)
    return bool(looking.poll(0))
