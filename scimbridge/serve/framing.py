"""Where a request ends: the end of its head, and of a body that comes in chunks (RFC 9112 §7.1).

Looks at bytes and knows no sockets. Whether a request is well formed is judged by gunicorn's parser alone: what can
only be malformed counts as arrived here, so that the parser refuses it at once.
"""

from __future__ import annotations

from scimbridge.serve.refusals import LONGEST_HEADER, LONGEST_REQUEST_LINE, LongHead, LongRequestLine, WastefulChunks

LINE_END = b"\r\n"
HEAD_END = b"\r\n\r\n"
HEXADECIMAL = b"0123456789abcdefABCDEF"
MOST_TRAILERS = 64 * 1024
FRAMING_GRANTED = 64 * 1024
"""Bytes of framing that are taken whatever they frame; beyond, a body is refused that is more framing than content."""


def join_chunks(data: bytes) -> bytes:
    """Return the content of a body in chunks that is whole; of a malformed one, as much as there is."""
    content, at = bytearray(), 0
    while (end := data.find(LINE_END, at)) >= 0:
        digits = data[at:end].partition(b";")[0].strip()
        size = int(digits, 16) if digits and not digits.strip(HEXADECIMAL) else 0
        if not size:
            break
        begin = end + len(LINE_END)
        content += data[begin : begin + size]
        at = begin + size + len(LINE_END)
    return bytes(content)


class HeadScan:
    """Looks for the end of a head in bytes that grow. `most` is how long it may be."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._searched = self._feeds = self._ends = 0

    def is_whole(self, data: bytearray) -> bool:
        """Whether the head that begins `data` is there, or can be seen to be malformed.

        Raises `LongRequestLine` and `LongHead` where no more is to be waited for.
        """
        begin = max(0, self._searched - len(HEAD_END) + 1)
        if data.find(HEAD_END, begin) >= 0:
            return True
        self._ends += data.count(LINE_END, max(0, self._searched - 1))
        self._feeds += data.count(b"\n", self._searched)
        self._searched = len(data)
        if self._feeds != self._ends:  # a line that ends with LF alone
            return True
        if not self._ends and len(data) > LONGEST_REQUEST_LINE + len(LINE_END):
            raise LongRequestLine(len(data), LONGEST_REQUEST_LINE)
        if len(data) > self._most:
            raise LongHead("a head without an end")
        return False


class ChunkScan:
    """Looks for the end of a body in chunks, in bytes that grow.

    `most` is how many bytes of content are waited for, `is_too_large` tells afterwards that there are more of them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._at = self._searched = 0
        self._left = 0  # of the chunk under way, with the line end behind it
        self._content = self._framing = 0
        self._in_trailers = False
        self.is_too_large = False

    def is_whole(self, data: bytearray) -> bool:
        """Whether the body that begins `data` is there, is too large, or can be seen to be malformed.

        Raises `WastefulChunks`.
        """
        while True:
            if self._in_trailers:
                return self._are_trailers_whole(data)
            if self._left:
                taken = min(self._left, len(data) - self._at)
                self._at += taken
                self._left -= taken
                if self._left or self._content > self._most:
                    self.is_too_large = self._content - max(0, self._left - len(LINE_END)) > self._most
                    return self.is_too_large
            self._searched = max(self._searched, self._at)
            end = data.find(LINE_END, self._searched)
            if end < 0:
                self._searched = max(self._at, len(data) - 1)
                return len(data) - self._at > LONGEST_HEADER
            if not self._read_size(bytes(data[self._at : end])):
                return True
            self._at = end + len(LINE_END)

    def _read_size(self, line: bytes) -> bool:
        """Take up a line that says how long a chunk is; return whether it says so."""
        digits = line.partition(b";")[0].strip()
        if not digits or len(digits) > 16 or digits.strip(HEXADECIMAL):  # noqa: PLR2004 - 64 bits
            return False
        size = int(digits, 16)
        self._framing += len(line) + 2 * len(LINE_END)
        self._content += size
        if self._framing > FRAMING_GRANTED and self._framing > self._content:
            raise WastefulChunks
        self._in_trailers = size == 0
        self._left = size + len(LINE_END) if size else 0
        return True

    def _are_trailers_whole(self, data: bytearray) -> bool:
        if data.startswith(LINE_END, self._at):
            return True
        found = data.find(HEAD_END, max(self._at, self._searched - len(HEAD_END) + 1)) >= 0
        self._searched = len(data)
        return found or len(data) - self._at > MOST_TRAILERS
