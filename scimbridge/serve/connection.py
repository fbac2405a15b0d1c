"""One connection of a client, from the handshake to the end of each of its requests, without ever waiting.

Knows sockets, TLS and gunicorn's parser. Who may come, how long it may take and which thread answers is decided
elsewhere. Everything here is for one thread, the one that watches over all connections, save what is said of answers.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from enum import Enum, auto
from io import BytesIO
from typing import Any

from gunicorn.http import RequestParser, errors
from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.sock import ssl_wrap_socket

from scimbridge.serve.arrived import PIECE, ArrivedBytes
from scimbridge.serve.framing import HEAD_END, ChunkScan, HeadScan, join_chunks
from scimbridge.serve.refusals import LONGEST_HEADER, LONGEST_REQUEST_LINE, MOST_HEADERS, NotArrived, Truncated

LONGEST_HEAD = LONGEST_REQUEST_LINE + MOST_HEADERS * (LONGEST_HEADER + 2) + 8
AT_ONCE = 64 * 1024
"""Bytes that are received before others have their turn."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ArrivalStage(Enum):
    """How far a connection is."""

    HANDSHAKE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    """A whole request waits for a thread or has one; nothing is read meanwhile."""
    FAREWELL = auto()
    """The last answer is written; what the client still sends is thrown away until it has read it (RFC 9112 §9.6)."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Both ends of a connection, as the listening socket tells them."""

    client: Any
    server: Any


class ClientConnection:
    """A connection. `since` is when its present stage began, `deadline` when that has to be over."""

    def __init__(self, config: Any, sock: socket.socket, peers: Peers, place: str, largest_body: int) -> None:
        """`place` is where it comes from, as the crowd counts it; `largest_body` is how many bytes are waited for."""
        self.sock = sock
        self.client, self.server = peers.client, peers.server
        self.place = place
        self.stage = ArrivalStage.HANDSHAKE if config.is_ssl else ArrivalStage.HEAD
        self.since = self.deadline = 0.0
        self.certificate: bytes | None = None
        self.request: Any = None  # gunicorn's, once its head is there
        self.is_sending = False
        self.has_answered = False
        self._config = config
        self._largest = largest_body
        self._unreader = ArrivedBytes()
        self._parser: Any = None
        self._head = HeadScan(LONGEST_HEAD)
        self._chunks: ChunkScan | None = None
        self._is_whole = True
        sock.setblocking(False)

    @property
    def held(self) -> int:
        """How many bytes are held that were not read yet."""
        return self._unreader.held

    def peek_body(self, most: int) -> bytes:
        """Return the body while nobody has read it; nothing where it is longer than `most` bytes on the wire."""
        if self.held > most:
            return b""
        data = bytes(self._unreader.data)
        if self._chunks is not None:
            return join_chunks(data)
        return data[: self.request.body.reader.length]

    @property
    def is_body_whole(self) -> bool:
        """Whether the request under way is there to its end, so that another one may follow it."""
        return self._is_whole

    def shake_hands(self) -> int:
        """Go on with TLS. Return 0 when both sides agree, else what to wait for, as ssl says it.

        Raises OSError where they do not.
        """
        secured: ssl.SSLSocket = (
            self.sock if isinstance(self.sock, ssl.SSLSocket) else ssl_wrap_socket(self.sock, self._config)
        )
        self.sock = secured
        try:
            secured.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            return int(error.errno or ssl.SSL_ERROR_WANT_READ)
        self.certificate = secured.getpeercert(binary_form=True)
        self.stage = ArrivalStage.HEAD
        return 0

    def receive(self) -> bool:
        """Take what has arrived; return whether anything may come after it. Raises OSError."""
        taken = 0
        while taken < AT_ONCE:
            try:
                received = self.sock.recv(AT_ONCE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return True
            if not received:
                self._unreader.has_ended = True
                return False
            taken += len(received)
            self._unreader.feed(received)
            if not isinstance(self.sock, ssl.SSLSocket):
                return True
        # What TLS has decrypted already wakes nobody up.
        while isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            self._unreader.feed(self.sock.recv(self.sock.pending()))
        return True

    def advance(self) -> bool:
        """Whether a whole request is there now. Raises what gunicorn's parser raises, and our own refusals."""
        if self.stage is ArrivalStage.HEAD:
            if not self._head.is_whole(self._unreader.data):
                if self._unreader.has_ended:
                    raise errors.NoMoreData
                return False
            self._read_head()
            self.stage = ArrivalStage.BODY
        if self._has_body():
            return True
        if self._unreader.has_ended:
            raise Truncated
        return False

    def _read_head(self) -> None:
        if self._parser is None:
            self._parser = RequestParser(self._config, self.sock, self.client)
            self._parser.unreader = self._unreader
        # At once: gunicorn looks from the first byte again for every piece of a head.
        self._unreader.piece = max(PIECE, self._unreader.data.find(HEAD_END) + len(HEAD_END))
        self.request = next(self._parser)
        self._unreader.piece = PIECE
        self._unreader.forget_read()
        reader = self.request.body.reader
        self._chunks = ChunkScan(self._largest) if isinstance(reader, ChunkedReader) else None
        self._is_whole = False

    def _has_body(self) -> bool:
        """Whether the body is there, or it is so large that nobody waits for it."""
        request = self.request
        if self._chunks is not None:
            is_enough = self._chunks.is_whole(self._unreader.data)
            self._is_whole = is_enough and not self._chunks.is_too_large
        else:
            length = request.body.reader.length if isinstance(request.body.reader, LengthReader) else 0
            self._is_whole = self.held >= length
            is_enough = self._is_whole or length > self._largest
        if request._expected_100_continue:  # noqa: SLF001 - gunicorn would write it from the thread, too late
            request._expected_100_continue = False  # noqa: SLF001 - the same
            if not is_enough:
                self.sock.send(CONTINUE)
        return is_enough

    def read_chunks(self) -> None:
        """Put the chunks of a whole body together before anybody acts on the request.

        So a malformed one is refused, instead of breaking whoever reads it, and what is answered is answered once.
        Raises what gunicorn's parser raises.
        """
        if self._chunks is not None and self._is_whole:
            try:
                content = self.request.body.read()
            except (NotArrived, errors.NoMoreData):  # it goes on, or ends, where nothing well formed does
                raise errors.InvalidChunkSize(b"") from None
            self.request.body = Body(BytesIO(content))

    def begin_next(self) -> bool:
        """Make ready for the next request, of which some may have arrived with the last one.

        Return whether it is known where that one begins.
        """
        if not self._parser.finish_body():
            return False
        self._unreader.forget_read()
        self.request, self._chunks, self._head = None, None, HeadScan(LONGEST_HEAD)
        self.stage, self.has_answered, self._is_whole = ArrivalStage.HEAD, True, True
        return True

    def throw_away(self) -> bool:
        """Throw away what the client still sends; return whether more may come."""
        try:
            return bool(self.sock.recv(AT_ONCE))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def say_farewell(self) -> bool:
        """Send nothing more; return whether the client may still be reading."""
        self._unreader = ArrivedBytes()
        self.stage = ArrivalStage.FAREWELL
        try:
            self.sock.setblocking(False)
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close it."""
        self.sock.close()
