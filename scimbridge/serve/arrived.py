"""The bytes of a connection that have arrived, as gunicorn's parser reads them: at once, or not at all.

Knows bytes and gunicorn's way of reading; no sockets and nothing of time.
"""

from __future__ import annotations

from gunicorn.http.unreader import Unreader

from scimbridge.serve.refusals import NotArrived

PIECE = 8192
"""Bytes that a reader of a body gets at a time: it copies what is left of them for every chunk."""


class ArrivedBytes(Unreader):  # type: ignore[misc]  # gunicorn has no types for it
    """What was received and is not read yet: `data` from `at` on. Reading beyond it raises `NotArrived`.

    `piece` is how many bytes a reader gets who does not say how many.
    """

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()
        self.at = 0
        self.piece = PIECE
        self.has_ended = False

    @property
    def held(self) -> int:
        """How many bytes are not read yet."""
        return len(self.data) - self.at

    def feed(self, received: bytes) -> None:
        """Take bytes that were received."""
        self.data += received

    def forget_read(self) -> None:
        """Let go of what was read, so that what is left begins at 0."""
        del self.data[: self.at]
        self.at = 0

    def read(self, size: int | None = None, read_ahead: int | None = None) -> bytes:
        """Return `size` bytes, or a piece; nothing where the client has ended. Raises `NotArrived`."""
        wanted = max(self.piece, read_ahead or 0) if size is None or size < 0 else size
        found = bytes(self.data[self.at : self.at + wanted])
        is_short = not found if size is None or size < 0 else len(found) < wanted
        if is_short and wanted and not self.has_ended:
            raise NotArrived
        self.at += len(found)
        return found

    def unread(self, data: bytes) -> None:
        """Take back the last bytes that were read."""
        if bytes(self.data[self.at - len(data) : self.at]) != bytes(data):
            raise ValueError("what is unread has to be what was read last")
        self.at -= len(data)

    def take_buffered(self) -> bytes:
        """Return all that is held."""
        return self.read(self.held)
